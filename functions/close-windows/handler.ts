import { endOfInputWatermark } from '../../core/closing.ts';
import { RetriableError } from '../../core/errors.ts';
import type { Plan } from '../../core/plan.ts';
import type { Clock, Delivery, StateStore, StreamShards } from '../../core/ports.ts';
import { type CloserState, type OpenedCloser, parseCloser } from '../../core/state/closer.ts';
import { closerKey } from '../../core/state/keys.ts';
import type { RowBuilder } from '../../lake/rows.ts';
import { clearClosed } from './clear.ts';
import { closeThrough } from './close.ts';
import { type LiveShard, leastWatermark, liveShards, raiseFloors } from './shards.ts';
import type { SliceReader } from './slices.ts';

/** What the closer needs from outside. */
export interface CloseWindowsPorts {
  readonly plan: Plan;
  readonly rows: RowBuilder;
  readonly store: StateStore;
  readonly delivery: Delivery;
  readonly shards: StreamShards;
  readonly clock: Clock;
  readonly streamEpoch: string;
}

/**
 * Why a round runs. `live`: idle shards are told by the clock. `barrier`: every shard has been read up to `floorMs` (event time),
 * so that its watermark stands at least there. `end`: no more input; floors rise just enough to close the last window.
 */
export type CloseRound = { readonly kind: 'live' } | { readonly kind: 'barrier'; readonly floorMs: number } | { readonly kind: 'end' };

/** Result of one round. */
export interface CloseReport {
  /** Watermark behind which every window has been emitted; null before the first. */
  readonly closedMs: number | null;
  readonly windowsClosed: number;
}

/** Makes the closer: emits each window once its end + allowed lateness lies strictly behind the least watermark of the live shards. */
export function createCloseWindows(ports: CloseWindowsPorts): (round: CloseRound) => Promise<CloseReport> {
  return async (round) => {
    const opened = await openCloser(ports);
    const shards = await liveShards(ports, opened.state);
    const { targetMs, watch } = await targetOf(ports, opened.state, shards, round);
    let { state, version } = opened;
    let reader: SliceReader | undefined;
    const advances = targetMs !== null && (state.closedMs === null || targetMs > state.closedMs);
    if (advances) {
      const { closed, slices } = await closeThrough(ports, opened, { targetMs, isEndOfInput: round.kind === 'end' });
      state = { ...state, ...closed };
      reader = slices;
    }
    if (advances || round.kind === 'live') {
      state = { ...state, watch, lastRoundMs: ports.clock() };
      version = await swapCloser(ports, version, state);
    }
    if (state.closedMs !== null && state.clearedMs !== state.closedMs) {
      await clearClosed(ports, { fromMs: state.clearedMs, toMs: state.closedMs }, reader);
      state = { ...state, clearedMs: state.closedMs };
      await swapCloser(ports, version, state);
    }
    return { closedMs: state.closedMs, windowsClosed: state.windowsClosed };
  };
}

async function openCloser(ports: CloseWindowsPorts): Promise<OpenedCloser> {
  const [item] = await ports.store.get([closerKey(ports.streamEpoch)]);
  return { state: parseCloser(item?.body), version: item?.version ?? 0 };
}

async function swapCloser(ports: CloseWindowsPorts, version: number, state: CloserState): Promise<number> {
  const [written] = await ports.store.put([{ ...closerKey(ports.streamEpoch), expectedVersion: version, body: JSON.stringify(state) }]);
  if (!written) throw new RetriableError('another closer finished this round first; the next round goes on from there');
  return version + 1;
}

interface Target {
  readonly targetMs: number | null;
  readonly watch: CloserState['watch'];
}

async function targetOf(ports: CloseWindowsPorts, closer: CloserState, shards: LiveShard[], round: CloseRound): Promise<Target> {
  if (round.kind === 'live') return liveTarget(ports, closer, shards);
  const floorMs = round.kind === 'barrier' ? round.floorMs : endWatermark(ports, closer, shards);
  // A batch that a crash cut off was begun behind this barrier or an earlier one: leave its shard alone.
  if (floorMs === null || (closer.closedMs !== null && floorMs <= closer.closedMs)) return { targetMs: null, watch: closer.watch };
  const raised = await raiseFloors(ports, shards, floorMs);
  if (raised.length < shards.length) throw new RetriableError('a shard was busy while its floor was raised; the round will be tried again');
  return { targetMs: floorMs, watch: closer.watch };
}

function endWatermark(ports: CloseWindowsPorts, closer: CloserState, shards: readonly LiveShard[]): number | null {
  const end = endOfInputWatermark(
    ports.plan,
    shards.flatMap(({ state }) => (state === undefined ? [] : [state])),
  );
  const least = leastWatermark(shards);
  if (end === null) return least;
  return Math.max(end, closer.closedMs ?? end, least ?? end);
}

/** An idle shard no longer holds the watermark: its floor follows the others, or the clock when all are idle. */
async function liveTarget(ports: CloseWindowsPorts, closer: CloserState, shards: LiveShard[]): Promise<Target> {
  const now = ports.clock();
  const watch = watchOf(closer, shards, now);
  const idle: LiveShard[] = [];
  for (const shard of shards) {
    const seen = watch[shard.shardId];
    const isQuiet = seen !== undefined && now - seen.sinceMs >= ports.plan.pipeline.time.idleTimeoutMs && !shard.isPending;
    if (isQuiet && !(await ports.shards.hasUnread(shard.shardId, shard.lastSequence))) idle.push(shard);
  }
  const busy = shards.filter((shard) => !idle.includes(shard));
  const targetMs = busy.length > 0 ? leastWatermark(busy) : allIdleWatermark(closer, shards, now);
  if (targetMs === null || idle.length === 0) return { targetMs: busy.length === shards.length ? targetMs : null, watch };
  const raised = await raiseFloors(ports, idle, targetMs);
  return { targetMs: raised.length === idle.length ? targetMs : null, watch };
}

function watchOf(closer: CloserState, shards: readonly LiveShard[], now: number): CloserState['watch'] {
  return Object.fromEntries(
    shards.map(({ shardId, state }) => {
      const hi = state?.hi ?? null;
      const before = closer.watch[shardId];
      return [shardId, before !== undefined && before.hi === hi ? before : { hi, sinceMs: now }];
    }),
  );
}

function allIdleWatermark(closer: CloserState, shards: readonly LiveShard[], now: number): number | null {
  const watermarks = shards.flatMap(({ watermarkMs }) => (watermarkMs === null ? [] : [watermarkMs]));
  if (watermarks.length === 0) return null;
  const elapsedMs = closer.lastRoundMs === null ? 0 : Math.max(0, now - closer.lastRoundMs);
  return Math.max(...watermarks) + elapsedMs;
}
