import { type CloseRange, clearableSlices, dueTimers } from '../../core/closing.ts';
import { TIMER_MS } from '../../core/fold.ts';
import type { ItemKey } from '../../core/ports.ts';
import { TIMERS } from '../../core/state/shard.ts';
import { floorTo } from '../../core/time/tiles.ts';
import type { CloseWindowsPorts } from './handler.ts';
import { shardItems } from './shards.ts';
import { SliceReader } from './slices.ts';

/** Items removed in one call at most: bounds memory when a long range is cleared at once. */
const REMOVED_AT_ONCE = 1_000;

/**
 * Clears the state of windows that were emitted, after the closer's item says so. Safe to repeat. `reader` is that of the round
 * which emitted them, if it was this one. An overdue write may bring an item back; no chain reaches it, so it is never read.
 */
export async function clearClosed(ports: CloseWindowsPorts, range: CloseRange, reader?: SliceReader): Promise<void> {
  const shards = await shardItems(ports);
  const states = shards.map(({ state }) => state);
  const slices = reader ?? new SliceReader(ports, shards);
  const clearedTo = floorTo(range.toMs, TIMER_MS);
  const minutes = dueTimers(states, { fromMs: range.fromMs, toMs: clearedTo }).filter((minute) => minute + TIMER_MS <= clearedTo);
  const done = [
    ...clearableSlices(ports.plan, states, range).map(({ family, startMs }) => ({ name: family.name, startMs })),
    ...minutes.map((startMs) => ({ name: TIMERS, startMs })),
  ];
  let keys: ItemKey[] = [];
  for (const { name, startMs } of done) {
    keys.push(...(await slices.itemsOf(name, startMs)));
    if (keys.length < REMOVED_AT_ONCE) continue;
    await ports.store.remove(keys);
    keys = [];
  }
  if (keys.length > 0) await ports.store.remove(keys);
}
