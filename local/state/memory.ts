import type { Clock, ItemKey, StateItem, StateStore, StateWrite } from '../../core/ports.ts';

interface Held {
  readonly item: StateItem;
  readonly expiresAtMs: number | undefined;
}

/** State in memory, for tests; expiry follows the clock handed in. */
export class MemoryStateStore implements StateStore {
  private readonly partitions = new Map<string, Map<string, Held>>();
  private readonly clock: Clock;

  constructor(clock: Clock = () => 0) {
    this.clock = clock;
  }

  async get(keys: readonly ItemKey[]): Promise<(StateItem | undefined)[]> {
    return keys.map(({ pk, sk }) => this.live(pk, sk));
  }

  async query(pk: string): Promise<StateItem[]> {
    const sortKeys = [...(this.partitions.get(pk)?.keys() ?? [])].sort();
    return sortKeys.map((sk) => this.live(pk, sk)).filter((item) => item !== undefined);
  }

  async put(writes: readonly StateWrite[]): Promise<boolean[]> {
    return writes.map((write) => this.write(write));
  }

  async remove(keys: readonly ItemKey[]): Promise<void> {
    for (const { pk, sk } of keys) this.partitions.get(pk)?.delete(sk);
  }

  private live(pk: string, sk: string): StateItem | undefined {
    const held = this.partitions.get(pk)?.get(sk);
    if (held === undefined) return undefined;
    if (held.expiresAtMs === undefined || held.expiresAtMs >= this.clock()) return held.item;
    this.partitions.get(pk)?.delete(sk);
    return undefined;
  }

  private write({ pk, sk, expectedVersion, body, expiresAtMs }: StateWrite): boolean {
    if ((this.live(pk, sk)?.version ?? 0) !== expectedVersion) return false;
    let partition = this.partitions.get(pk);
    if (partition === undefined) {
      partition = new Map();
      this.partitions.set(pk, partition);
    }
    partition.set(sk, { item: { pk, sk, version: expectedVersion + 1, body }, expiresAtMs });
    return true;
  }
}
