import type { ItemKey, StateItem, StateStore, StateWrite } from '../../core/ports.ts';
import type { Actor } from './actor.ts';

interface Held {
  readonly item: StateItem;
  readonly expiresAtMs: number | undefined;
}

/** What the world wants to hear of the state table. */
export interface TableListener {
  /** A write that applied; `isNew` if there was no item. */
  applied(write: StateWrite, isNew: boolean): void;
}

/** The state table itself: every call happens at one moment. */
export class SimTable {
  /** Switch of a planted bug: writes apply whatever version they expect. */
  ignoresVersions = false;
  private readonly partitions = new Map<string, Map<string, Held>>();
  private readonly nowMs: () => number;
  private readonly listener: TableListener;

  constructor(nowMs: () => number, listener: TableListener) {
    this.nowMs = nowMs;
    this.listener = listener;
  }

  get(keys: readonly ItemKey[]): (StateItem | undefined)[] {
    return keys.map(({ pk, sk }) => this.live(pk, sk));
  }

  query(pk: string): StateItem[] {
    const sortKeys = [...(this.partitions.get(pk)?.keys() ?? [])].sort();
    return sortKeys.flatMap((sk) => this.live(pk, sk) ?? []);
  }

  put(writes: readonly StateWrite[]): boolean[] {
    return writes.map((write) => this.write(write));
  }

  remove(keys: readonly ItemKey[]): void {
    for (const { pk, sk } of keys) this.partitions.get(pk)?.delete(sk);
  }

  /** Partition keys with at least one item. */
  partitionKeys(): string[] {
    return [...this.partitions].filter(([, items]) => items.size > 0).map(([pk]) => pk);
  }

  /** The table as an instance sees it: each call takes time and may fail; removals and puts of several items may be cut short. */
  seenBy(actor: Actor): StateStore {
    return {
      get: (keys) => actor.call('get', { whole: () => this.get(keys), isRead: true }),
      query: (pk) => actor.call('query', { whole: () => this.query(pk), isRead: true }),
      put: (writes) =>
        actor.call('put', { whole: () => this.put(writes), part: () => void this.put(writes.slice(0, Math.ceil(writes.length / 2))) }),
      remove: (keys) =>
        actor.call('remove', { whole: () => this.remove(keys), part: () => this.remove(keys.slice(0, Math.ceil(keys.length / 2))) }),
    };
  }

  private live(pk: string, sk: string): StateItem | undefined {
    const held = this.partitions.get(pk)?.get(sk);
    if (held === undefined || (held.expiresAtMs !== undefined && held.expiresAtMs < this.nowMs())) return undefined;
    return held.item;
  }

  private write(write: StateWrite): boolean {
    const { pk, sk, expectedVersion, body, expiresAtMs } = write;
    const version = this.live(pk, sk)?.version ?? 0;
    if (version !== expectedVersion && !this.ignoresVersions) return false;
    const partition = this.partitions.get(pk) ?? new Map<string, Held>();
    this.partitions.set(pk, partition);
    partition.set(sk, { item: { pk, sk, version: version + 1, body }, expiresAtMs });
    this.listener.applied(write, version === 0);
    return true;
  }
}
