import { sequenceOf } from '../../core/decode/position.ts';
import { RetriableError } from '../../core/errors.ts';
import type { Plan } from '../../core/plan.ts';
import type { ShardInfo, StateItem } from '../../core/ports.ts';
import type { CloserState } from '../../core/state/closer.ts';
import { shardKey, shardsPk } from '../../core/state/keys.ts';
import { isPending, newShard, parseShard, recordedWatermark, type ShardState } from '../../core/state/shard.ts';
import { ancestorsOf, childFloor, shardRefOf } from '../process-stream/begin.ts';
import type { CloseWindowsPorts } from './handler.ts';

/** A shard that counts for the pipeline's watermark. */
export interface LiveShard {
  readonly shardId: string;
  /** Undefined while the shard has no item: nothing of it was processed. */
  readonly state: ShardState | undefined;
  readonly version: number;
  readonly watermarkMs: number | null;
  readonly isPending: boolean;
  /** Last sequence finished, as the stream spells it; undefined before the first. */
  readonly lastSequence: string | undefined;
}

/** All shard states on record, drained parents included. */
export async function shardItems(ports: CloseWindowsPorts): Promise<{ readonly shardId: string; readonly state: ShardState }[]> {
  return (await ports.store.query(shardsPk(ports.streamEpoch))).map(({ sk, body }) => ({ shardId: sk, state: parseShard(body) }));
}

/**
 * Live shards: those the stream lists, but a split or merged parent only until each child has its item. A child of drained
 * parents gets its item here if no record made one yet, so that an empty child cannot let the watermark pass unrecorded.
 */
export async function liveShards(ports: CloseWindowsPorts, closer: CloserState): Promise<LiveShard[]> {
  const listed = await ports.shards.list();
  const items = new Map((await ports.store.query(shardsPk(ports.streamEpoch))).map((item) => [item.sk, item]));
  assertCurrent(ports, listed, [...items.values()]);
  const live = listed.map(({ shardId }): LiveShard => {
    const item = items.get(shardId);
    return liveShardOf(ports.plan, shardId, item === undefined ? undefined : parseShard(item.body), item?.version ?? 0);
  });
  for (const info of listed) await createChild(ports, closer, info, live, listed);
  const hasItem = (shardId: string): boolean => live.some((one) => one.shardId === shardId && one.state !== undefined);
  return live.filter(({ shardId, state }) => {
    const info = listed.find((one) => one.shardId === shardId);
    // Its parents stand for it until they are drained. An item made for it now would let them go too early.
    if (state === undefined && listed.some((one) => info?.parents.includes(one.shardId))) return false;
    const children = listed.filter(({ parents }) => parents.includes(shardId));
    return info === undefined || info.open || children.length === 0 || !children.every((child) => hasItem(child.shardId));
  });
}

/**
 * A list that calls a shard open whose child has its item already is an old one. The child would be missing from the minimum, and
 * windows would close before it.
 */
function assertCurrent(ports: CloseWindowsPorts, listed: readonly ShardInfo[], items: readonly StateItem[]): void {
  const ancestors = new Set(items.flatMap(({ body }) => parseShard(body).ancestors));
  const old = listed.find(({ shardId, open }) => open && ancestors.has(shardRefOf(ports.streamEpoch, shardId)));
  if (old !== undefined)
    throw new RetriableError(
      `the list of shards calls ${old.shardId} open, but its children have been read; the round will be tried again`,
    );
}

function liveShardOf(plan: Plan, shardId: string, state: ShardState | undefined, version: number): LiveShard {
  const hi = state?.hi ?? undefined;
  return {
    shardId,
    state,
    version,
    watermarkMs: state === undefined ? null : recordedWatermark(state, plan.pipeline.time.outOfOrdernessMs),
    isPending: state !== undefined && isPending(state),
    lastSequence: hi === undefined ? undefined : sequenceOf(hi),
  };
}

async function createChild(
  ports: CloseWindowsPorts,
  closer: CloserState,
  info: ShardInfo,
  live: LiveShard[],
  listed: readonly ShardInfo[],
): Promise<void> {
  const at = live.findIndex(({ shardId }) => shardId === info.shardId);
  const parents = info.parents.filter((parent) => listed.some(({ shardId }) => shardId === parent));
  if (at < 0 || live[at]?.state !== undefined || parents.length === 0) return;
  const known: { shardId: string; state: ShardState }[] = [];
  for (const parent of parents) {
    const shard = live.find(({ shardId }) => shardId === parent);
    if (shard?.state === undefined || shard.isPending || (await ports.shards.hasUnread(parent, shard.lastSequence))) return;
    known.push({ shardId: parent, state: shard.state });
  }
  const state = newShard(childFloor(ports.plan, known, closer), ancestorsOf(ports.streamEpoch, parents, known));
  const [written] = await ports.store.put([
    { ...shardKey(ports.streamEpoch, info.shardId), expectedVersion: 0, body: JSON.stringify(state) },
  ]);
  if (written) live[at] = liveShardOf(ports.plan, info.shardId, state, 1);
}

/** Least watermark of the shards; null if one of them has none yet. */
export function leastWatermark(shards: readonly LiveShard[]): number | null {
  let least: number | null = null;
  for (const { watermarkMs } of shards) {
    if (watermarkMs === null) return null;
    least = least === null ? watermarkMs : Math.min(least, watermarkMs);
  }
  return least;
}

/**
 * Raises the floors of shards to `floorMs` where their watermark is lower, by compare-and-swap. A shard in the middle of a batch
 * is left alone. Returns the shards whose watermark is now at least `floorMs`.
 */
export async function raiseFloors(ports: CloseWindowsPorts, shards: readonly LiveShard[], floorMs: number): Promise<LiveShard[]> {
  const raised: LiveShard[] = [];
  for (const shard of shards) {
    if (shard.watermarkMs !== null && shard.watermarkMs >= floorMs) {
      raised.push(shard);
      continue;
    }
    if (shard.isPending) continue;
    const state: ShardState = { ...(shard.state ?? newShard(null, [])), floorMs };
    const [written] = await ports.store.put([
      { ...shardKey(ports.streamEpoch, shard.shardId), expectedVersion: shard.version, body: JSON.stringify(state) },
    ]);
    if (written) raised.push({ ...shard, state, version: shard.version + 1, watermarkMs: floorMs });
  }
  return raised;
}
