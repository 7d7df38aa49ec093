import type { SliceUpdate } from '../../core/fold.ts';
import type { ItemKey } from '../../core/ports.ts';
import { shardKey, slicePk } from '../../core/state/keys.ts';
import { generationsOf, type SliceHead } from '../../core/windows/chain.ts';
import { isTileFamily } from '../../core/windows/families.ts';
import { SliceChains } from '../process-stream/slices.ts';
import type { WarmPorts } from './ports.ts';
import { type LeftShard, swap } from './state.ts';

type Heads = Record<string, SliceHead[]>;

interface OpenShard extends LeftShard {
  readonly chains: SliceChains;
  readonly heads: Heads;
}

/**
 * Open tiles as slices of their shards, where the closer looks for them. What shards held of the rings before is dropped first, so that
 * a second try counts nothing of the first one. Each shard takes an attempt for the links, as a batch does: nobody shares it.
 */
export class OpenTiles {
  private readonly ports: WarmPorts;
  private readonly shards: readonly OpenShard[];

  private constructor(ports: WarmPorts, shards: readonly OpenShard[]) {
    this.ports = ports;
    this.shards = shards;
  }

  /** Drops what shards hold of all rings of tiles but the `kept` ones, by the name of their window family. */
  static async begin(ports: WarmPorts, left: readonly LeftShard[], kept: ReadonlySet<string>): Promise<OpenTiles> {
    const shards: OpenShard[] = [];
    for (const { shardId, version, state } of left) {
      const all = Object.entries(state.open);
      const dropped = all.filter(([name]) => isTileFamily(name) && !kept.has(name));
      const open = Object.fromEntries(all.filter((entry) => !dropped.includes(entry)));
      const next = { ...state, open, attempts: state.attempts + 1 };
      await swap(ports, [{ ...shardKey(ports.streamEpoch, shardId), expectedVersion: version, body: JSON.stringify(next) }]);
      await removeSlices(ports, shardId, dropped);
      const chains = new SliceChains({ store: ports.store, streamEpoch: ports.streamEpoch, shardId });
      shards.push({ shardId, version: version + 1, state: next, chains, heads: {} });
    }
    return new OpenTiles(ports, shards);
  }

  /** Whether there is a shard that could hold a tile. */
  get hasShards(): boolean {
    return this.shards.length > 0;
  }

  /** Writes all that a shard on record adds to one tile; tiles of a ring come in order of time. */
  async add(shardId: string, update: SliceUpdate): Promise<void> {
    const shard = this.shards.find((one) => one.shardId === shardId);
    if (shard === undefined) throw new Error(`shard ${shardId} is not on record`);
    const { heads } = await shard.chains.append(shard.state.attempts, [update], {});
    shard.heads[update.name] = [...(shard.heads[update.name] ?? []), ...(heads[update.name] ?? [])];
  }

  /** Makes the slices count: the shard items name them. */
  async finish(): Promise<void> {
    for (const { shardId, version, state, heads } of this.shards) {
      if (Object.keys(heads).length === 0) continue;
      const next = { ...state, open: { ...state.open, ...heads } };
      await swap(this.ports, [{ ...shardKey(this.ports.streamEpoch, shardId), expectedVersion: version, body: JSON.stringify(next) }]);
    }
  }
}

async function removeSlices(
  ports: WarmPorts,
  shardId: string,
  dropped: readonly (readonly [string, readonly SliceHead[]])[],
): Promise<void> {
  const keys: ItemKey[] = [];
  for (const [name, heads] of dropped) {
    for (const head of heads) {
      for (const generation of generationsOf(head)) {
        const pk = slicePk({ name, startMs: head[0], streamEpoch: ports.streamEpoch, shardId }, generation);
        keys.push(...(await ports.store.query(pk)).map(({ sk }) => ({ pk, sk })));
      }
    }
  }
  if (keys.length > 0) await ports.store.remove(keys);
}
