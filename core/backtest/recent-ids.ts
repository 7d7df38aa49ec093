import type { Event } from '../model.ts';

/** Ids that have come, as long as the pipeline remembers them: a repeat in that time is none of its own. */
export class RecentIds {
  private readonly memoryMs: number;
  /** In order of their times, as events come. */
  private readonly timesMs = new Map<string, number>();

  constructor(memoryMs: number) {
    this.memoryMs = memoryMs;
  }

  /** Whether an event repeats one that is remembered; if not, it is remembered from now on. Events come in order of time. */
  isRepeat({ type, key, id, timeMs }: Event): boolean {
    for (const [name, atMs] of this.timesMs) {
      if (atMs >= timeMs - this.memoryMs) break;
      this.timesMs.delete(name);
    }
    // No field holds a NUL.
    const name = `${type}\0${key}\0${id}`;
    if (this.timesMs.has(name)) return true;
    this.timesMs.set(name, timeMs);
    return false;
  }
}
