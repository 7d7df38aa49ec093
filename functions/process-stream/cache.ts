/** State items kept in memory between batches of one shard, least recently used first out. */
export class ItemCache<T> {
  private readonly entries = new Map<string, { readonly version: number; readonly state: T }>();
  private readonly countMax: number;

  /** `countMax` bounds the number of items kept. */
  constructor(countMax: number) {
    this.countMax = countMax;
  }

  /** The cached item, now the most recently used. */
  get(id: string): { readonly version: number; readonly state: T } | undefined {
    const entry = this.entries.get(id);
    if (entry === undefined) return undefined;
    this.entries.delete(id);
    this.entries.set(id, entry);
    return entry;
  }

  /** Remembers an item as it was just written or read. */
  set(id: string, version: number, state: T): void {
    this.entries.delete(id);
    this.entries.set(id, { version, state });
    if (this.entries.size <= this.countMax) return;
    const oldest = this.entries.keys().next();
    if (!oldest.done) this.entries.delete(oldest.value);
  }

  /** Forgets everything: the stored state may have moved on. */
  clear(): void {
    this.entries.clear();
  }
}
