import { RetriableError } from '../../core/errors.ts';
import type { StateWrite } from '../../core/ports.ts';
import { parseCloser } from '../../core/state/closer.ts';
import { closerKey, shardsPk, WARM_KEY } from '../../core/state/keys.ts';
import { isPending, parseShard, type ShardState } from '../../core/state/shard.ts';
import { parseWarm, type ReadHorizon, type WarmRecord } from '../../core/state/warm.ts';
import type { WarmPorts } from './ports.ts';

/** A shard on record, as it was left. */
export interface LeftShard {
  readonly shardId: string;
  readonly version: number;
  readonly state: ShardState;
}

/** The state as the last process left it. */
export interface LeftState {
  readonly record: WarmRecord | undefined;
  readonly shards: readonly LeftShard[];
  readonly horizon: ReadHorizon;
}

/** Reads what decides about a warm start. */
export async function readLeft({ store, plan, streamEpoch }: WarmPorts): Promise<LeftState> {
  const [record, closer] = await store.get([WARM_KEY, closerKey(streamEpoch)]);
  const items = await store.query(shardsPk(streamEpoch));
  const shards = items.map(({ sk, version, body }): LeftShard => ({ shardId: sk, version, state: parseShard(body) }));
  const frontiers = shards.flatMap(({ state }) => (isPending(state) ? [state.context?.tileFrontierMs ?? Number.POSITIVE_INFINITY] : []));
  const { closedMs } = parseCloser(closer?.body);
  const { allowedLatenessMs } = plan.pipeline.time;
  return { record: parseWarm(record?.body), shards, horizon: { closedMs, allowedLatenessMs, frontierMs: Math.min(...frontiers) } };
}

/** Writes the record of warm rings. */
export async function writeRecord(ports: WarmPorts, record: WarmRecord): Promise<void> {
  const [item] = await ports.store.get([WARM_KEY]);
  await swap(ports, [{ ...WARM_KEY, expectedVersion: item?.version ?? 0, body: JSON.stringify(record) }]);
}

/** Writes items. Throws RetriableError if somebody else has written one. */
export async function swap({ store }: WarmPorts, writes: readonly StateWrite[]): Promise<void> {
  if (writes.length === 0) return;
  const lost = writes[(await store.put(writes)).indexOf(false)];
  if (lost !== undefined)
    throw new RetriableError(
      `state item ${lost.pk} ${lost.sk} changed while features were filled; end what else writes it, and start again`,
    );
}
