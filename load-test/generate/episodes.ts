import { createRandom } from '../../core/random.ts';

/** When things are compromised, and how many of how many. */
export interface EpisodeOptions {
  readonly seed: number;
  readonly everyMs: number;
  readonly forMs: number;
  /** Begin together. */
  readonly count: number;
  /** Things there are, numbered from 0. */
  readonly of: number;
}

/**
 * Compromise in episodes, as the fraud detection handbook simulates it by days: every so often some terminals or customers begin to
 * be defrauded, each for a while. All producers of one seed agree on which, since each episode is drawn from its number.
 */
export class Episodes {
  private readonly options: EpisodeOptions;
  private readonly active: Uint8Array;
  private readonly running: { readonly endMs: number; readonly members: readonly number[] }[] = [];
  private begun = 0;

  constructor(options: EpisodeOptions) {
    this.options = options;
    this.active = new Uint8Array(options.of);
  }

  /** Whether one is compromised, at a time in ms from the start that never falls from call to call. */
  holds(member: number, timeMs: number): boolean {
    if (timeMs >= this.begun * this.options.everyMs) this.begin(timeMs);
    for (let first = this.running[0]; first !== undefined && first.endMs <= timeMs; first = this.running[0]) this.end();
    return (this.active[member] ?? 0) > 0;
  }

  private begin(timeMs: number): void {
    const { seed, everyMs, forMs, count, of } = this.options;
    for (; this.begun * everyMs <= timeMs; this.begun++) {
      const startMs = this.begun * everyMs;
      if (startMs + forMs <= timeMs) continue;
      const random = createRandom(seed + this.begun * 7_919);
      const members = Array.from({ length: count }, () => random.below(of));
      for (const member of members) this.active[member] = (this.active[member] ?? 0) + 1;
      this.running.push({ endMs: startMs + forMs, members });
    }
  }

  private end(): void {
    for (const member of this.running.shift()?.members ?? []) this.active[member] = (this.active[member] ?? 1) - 1;
  }
}
