import { OutdatedBuildError, RetriableError } from '../../core/errors.ts';
import type { Position } from '../../core/model.ts';
import type { Plan } from '../../core/plan.ts';
import type { StateStore } from '../../core/ports.ts';
import { type CloserState, parseCloser, tileFrontierOf } from '../../core/state/closer.ts';
import { closerKey, shardKey, shardsPk } from '../../core/state/keys.ts';
import { type Context, isPending, newShard, parseShard, recordedWatermark, type ShardState, sameContext } from '../../core/state/shard.ts';

/** The shard as read strongly at the start of a batch. */
export interface OpenedShard {
  readonly state: ShardState;
  readonly version: number;
  readonly closer: CloserState;
}

/** Reads the shard item and the closer's item; a shard that was never seen starts at the floor of its parents and the pipeline. */
export async function openShard(
  store: StateStore,
  plan: Plan,
  where: {
    readonly streamEpoch: string;
    readonly shardId: string;
    readonly parentsOf: (shardId: string) => Promise<readonly string[] | undefined>;
  },
): Promise<OpenedShard> {
  const [item, closerItem] = await store.get([shardKey(where.streamEpoch, where.shardId), closerKey(where.streamEpoch)]);
  const closer = parseCloser(closerItem?.body);
  if (item !== undefined) return { state: parseShard(item.body), version: item.version, closer };
  const parents = await where.parentsOf(where.shardId);
  // A shard that starts without its parents would take no floor from them.
  if (parents === undefined)
    throw new RetriableError(`shard ${where.shardId} is not in the stream's list yet; the batch will be tried again`);
  const known = parents.length === 0 ? [] : await knownBefore(store, parents, where);
  return { state: newShard(childFloor(plan, known, closer), ancestorsOf(where.streamEpoch, parents, known)), version: 0, closer };
}

/** Shards on record that a shard follows: its parents, and in the place of one that never had a record, that one's own. */
async function knownBefore(
  store: StateStore,
  parents: readonly string[],
  where: { readonly streamEpoch: string; readonly parentsOf: (shardId: string) => Promise<readonly string[] | undefined> },
): Promise<KnownShard[]> {
  const items = new Map((await store.query(shardsPk(where.streamEpoch))).map(({ sk, body }) => [sk, body]));
  const known = new Map<string, KnownShard>();
  const left = [...parents];
  for (let shardId = left.pop(); shardId !== undefined; shardId = left.pop()) {
    const body = items.get(shardId);
    if (body === undefined) left.push(...((await where.parentsOf(shardId)) ?? []));
    else known.set(shardId, { shardId, state: parseShard(body) });
  }
  return [...known.values()];
}

interface KnownShard {
  readonly shardId: string;
  readonly state: ShardState;
}

/** Floor of a child shard: the least watermark of its parents, or the pipeline's if that is higher. */
export function childFloor(plan: Plan, parents: readonly KnownShard[], closer: CloserState): number | null {
  const bound = plan.pipeline.time.outOfOrdernessMs;
  const watermarks = parents.map(({ state }) => recordedWatermark(state, bound)).filter((one) => one !== null);
  const least = watermarks.length === 0 ? null : Math.min(...watermarks);
  if (least === null || closer.closedMs === null) return least ?? closer.closedMs;
  return Math.max(least, closer.closedMs);
}

/** Parents of a shard and their ancestors, as profiles name them. */
export function ancestorsOf(streamEpoch: string, parents: readonly string[], known: readonly KnownShard[]): string[] {
  const named = [...parents, ...known.map(({ shardId }) => shardId)].map((shardId) => shardRefOf(streamEpoch, shardId));
  return [...new Set([...named, ...known.flatMap(({ state }) => state.ancestors)])].slice(0, ANCESTORS_MAX);
}

/** Ancestors remembered at most: profiles touched since so many reshards ago no longer name older ones. */
const ANCESTORS_MAX = 64;

/** Name of a shard inside profiles: sequences are comparable only within one epoch of a stream. */
export function shardRefOf(streamEpoch: string, shardId: string): string {
  return `${streamEpoch}/${shardId}`;
}

/** A batch that was begun: its context is on record. */
export interface BegunBatch {
  readonly state: ShardState;
  readonly version: number;
  readonly context: Context;
  /** Last position this batch may cover. */
  readonly through: Position;
  /** Whether the context differs from the one before it. */
  readonly isContextNew: boolean;
}

/**
 * Records `{context, through}` before anything else is written. While an earlier batch was begun and not finished, its context
 * is used again and the batch ends where that one ended: a record is never judged under two contexts. If all of that batch has left
 * the stream since (given up, or past its retention), this one takes its context over and ends where it ends itself.
 */
export async function beginBatch(
  store: StateStore,
  plan: Plan,
  opened: OpenedShard,
  batch: {
    readonly streamEpoch: string;
    readonly shardId: string;
    readonly first: Position;
    readonly last: Position;
    readonly ruleSet: string;
  },
): Promise<BegunBatch> {
  const { state, closer } = opened;
  if (state.context !== null && state.context.definition > plan.pipeline.version) {
    throw new OutdatedBuildError(
      `pipeline ${plan.pipeline.name}: state was written by definition version ${state.context.definition}, this build has ${plan.pipeline.version}; deploy the newer build`,
    );
  }
  const isBegun = isPending(state) && state.through !== null;
  const pending = isBegun && state.through !== null && state.through >= batch.first ? state.through : undefined;
  const frontier = plan.tileMs === null ? null : tileFrontierOf(closer.closedMs, plan.pipeline.time.allowedLatenessMs, plan.tileMs);
  const fresh: Context = {
    floorMs: state.floorMs,
    tileFrontierMs: frontier,
    ruleSet: batch.ruleSet,
    definition: plan.pipeline.version,
  };
  const context = isBegun && state.context !== null ? state.context : fresh;
  const through = pending !== undefined && pending < batch.last ? pending : batch.last;
  const contextAfter = sameContext(context, state.context) ? state.contextAfter : (state.hi ?? '');
  const isContextNew = contextAfter === (state.hi ?? '');
  const next: ShardState = { ...state, context, contextAfter, through: pending ?? through, attempts: state.attempts + 1 };
  const [written] = await store.put([
    { ...shardKey(batch.streamEpoch, batch.shardId), expectedVersion: opened.version, body: JSON.stringify(next) },
  ]);
  if (!written) throw new RetriableError(`shard ${batch.shardId}: its item changed while a batch was begun; the batch will be tried again`);
  return { state: next, version: opened.version + 1, context, through, isContextNew };
}
