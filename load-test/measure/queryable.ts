import type { LakeQuery } from '../run/target.ts';
import type { Sample } from '../send/messages.ts';
import { latencyHistogram, recordMs } from './histogram.ts';

/** Payments looked for in one query. */
const LOOKED_FOR_MAX = 300;
/** Payments may have happened this long before they were sent, ms. */
const BEHIND_MAX_MS = 120_000;
/** A look takes at most this part of the time: more would load what is measured. */
const DUTY = 0.2;

/** Finds out when sampled payments can be queried, by looking again and again; latencies are too long by one look at most. */
export class QueryableWatch {
  readonly histogram = latencyHistogram();
  private readonly lake: LakeQuery;
  private readonly clock: () => number;
  private readonly pollMs: number;
  private readonly pending = new Map<string, number>();
  private nextMs = 0;
  private looking: Promise<void> | undefined;

  constructor(lake: LakeQuery, { clock, pollMs }: { readonly clock: () => number; readonly pollMs: number }) {
    this.lake = lake;
    this.clock = clock;
    this.pollMs = pollMs;
  }

  add(samples: readonly Sample[]): void {
    for (const { id, intendedMs } of samples) this.pending.set(id, intendedMs);
  }

  get missing(): number {
    return this.pending.size;
  }

  /** Looks if it is time to and no look is under way. */
  look(): void {
    if (this.looking !== undefined || this.pending.size === 0 || this.clock() < this.nextMs) return;
    const startMs = this.clock();
    this.looking = this.find()
      // A lake that cannot be read now is looked at again; what stays missing is counted.
      .catch(() => undefined)
      .finally(() => {
        this.looking = undefined;
        this.nextMs = Math.max(startMs + this.pollMs, this.clock() + ((this.clock() - startMs) * (1 - DUTY)) / DUTY);
      });
  }

  /** Waits for the look under way. */
  async settle(): Promise<void> {
    await this.looking;
  }

  private async find(): Promise<void> {
    const wanted = [...this.pending].slice(0, LOOKED_FOR_MAX);
    const sinceMs = Math.min(...wanted.map(([, intendedMs]) => intendedMs)) - BEHIND_MAX_MS;
    const ids = wanted.map(([id]) => `'${id}'`).join(', ');
    const { rows } = await this.lake.query(
      `SELECT event_id FROM transactions WHERE event_time >= ${sqlTime(sinceMs)} AND event_id IN (${ids})`,
    );
    const now = this.clock();
    for (const [id] of rows) {
      const intendedMs = this.pending.get(String(id));
      if (intendedMs === undefined) continue;
      recordMs(this.histogram, now - intendedMs);
      this.pending.delete(String(id));
    }
  }
}

/** A moment as a literal of SQL, in every engine of the lake. */
export function sqlTime(timeMs: number): string {
  return `TIMESTAMP '${new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')}'`;
}
