import type { ListEntry, RuleList } from './list.ts';

/** A list as rules and decisions look at it: the entries that hold at the time of the event that is judged. */
export class ListView {
  readonly list: RuleList;
  private readonly entries: ReadonlyMap<unknown, ListEntry>;
  private nowMs = 0;

  constructor(list: RuleList) {
    this.list = list;
    this.entries = new Map(list.entries.map((entry) => [entry.value, entry]));
  }

  /** Number of entries, void ones among them. */
  get size(): number {
    return this.entries.size;
  }

  /** Sets the event time, epoch ms, that entries must hold at. */
  asOf(timeMs: number): void {
    this.nowMs = timeMs;
  }

  has(value: unknown): boolean {
    return this.find(value) !== undefined;
  }

  /** The entry of a value, if it holds. */
  find(value: unknown): ListEntry | undefined {
    const entry = this.entries.get(value);
    return entry?.untilMs !== undefined && this.nowMs >= entry.untilMs ? undefined : entry;
  }
}
