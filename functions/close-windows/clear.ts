import { type CloseRange, clearableSlices, dueTimers } from '../../core/closing.ts';
import { TIMER_MS } from '../../core/fold.ts';
import type { ItemKey } from '../../core/ports.ts';
import { sliceKey, slicePart, timerKey } from '../../core/state/keys.ts';
import { floorTo } from '../../core/time/tiles.ts';
import type { CloseWindowsPorts } from './handler.ts';
import { shardItems } from './shards.ts';

/** Items removed in one call at most: bounds memory when a long range is cleared at once. */
const REMOVED_AT_ONCE = 1_000;

/**
 * Clears the state of windows that were emitted, after the closer's item says so. Safe to repeat. An overdue write may bring a
 * part back; no shard lists it and its window lies behind the closed watermark, so it is never emitted.
 */
export async function clearClosed(ports: CloseWindowsPorts, range: CloseRange): Promise<void> {
  const shards = await shardItems(ports);
  const states = shards.map(({ state }) => state);
  const clearedTo = floorTo(range.toMs, TIMER_MS);
  const minutes = dueTimers(states, { fromMs: range.fromMs, toMs: clearedTo }).filter((minute) => minute + TIMER_MS <= clearedTo);
  const slices = clearableSlices(ports.plan, states, range);
  const keys = shards.flatMap(({ shardId }): ItemKey[] => [
    ...slices.flatMap(({ family, startMs }) =>
      Array.from({ length: family.buckets }, (_, bucket) => sliceKey(family.name, startMs, slicePart(ports.streamEpoch, shardId, bucket))),
    ),
    ...minutes.map((minute) => timerKey(minute, ports.streamEpoch, shardId)),
  ]);
  for (let at = 0; at < keys.length; at += REMOVED_AT_ONCE) await ports.store.remove(keys.slice(at, at + REMOVED_AT_ONCE));
}
