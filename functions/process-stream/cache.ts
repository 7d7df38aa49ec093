interface Entry<T> {
  readonly version: number;
  readonly state: T;
}

/**
 * State items kept in memory between batches of one shard. Two generations stand in for an exact order of use: a full young one
 * becomes the old one, and what is used again moves back; so the cache holds between half and all of `countMax`.
 */
export class ItemCache<T> {
  private young = new Map<string, Entry<T>>();
  private old = new Map<string, Entry<T>>();
  private readonly youngMax: number;

  /** `countMax` bounds the number of items kept. */
  constructor(countMax: number) {
    this.youngMax = Math.ceil(countMax / 2);
  }

  /** The cached item; undefined if it is not here. */
  get(id: string): Entry<T> | undefined {
    const entry = this.young.get(id);
    if (entry !== undefined) return entry;
    const older = this.old.get(id);
    if (older !== undefined) this.keep(id, older);
    return older;
  }

  /** Remembers an item as it was just written or read. */
  set(id: string, version: number, state: T): void {
    this.keep(id, { version, state });
  }

  /** Forgets everything: the stored state may have moved on. */
  clear(): void {
    this.young.clear();
    this.old.clear();
  }

  private keep(id: string, entry: Entry<T>): void {
    this.young.set(id, entry);
    if (this.young.size <= this.youngMax) return;
    this.old = this.young;
    this.young = new Map();
  }
}
