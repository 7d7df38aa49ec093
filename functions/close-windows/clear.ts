import { clearableSlices, type CloseRange, dueTimers } from '../../core/closing.ts';
import { TIMER_MS } from '../../core/fold.ts';
import { slicePk, timerPk } from '../../core/state/keys.ts';
import { floorTo } from '../../core/time/tiles.ts';
import type { CloseWindowsPorts } from './handler.ts';
import { allShards } from './shards.ts';

/** A tombstone outlives any write that may still be on its way: four times the longest Lambda run of 15 minutes. */
const TOMBSTONE_MS = 3_600_000;

/**
 * Clears the state of windows that were emitted: each slice part becomes a tombstone, so that neither an overdue write can
 * revive the window nor an overdue closer emit a part of it. Safe to repeat.
 */
export async function clearClosed(ports: CloseWindowsPorts, range: CloseRange): Promise<void> {
  const shards = await allShards(ports);
  const expiresAtMs = ports.clock() + TOMBSTONE_MS;
  for (const { family, startMs } of clearableSlices(ports.plan, shards, range)) {
    const parts = await ports.store.query(slicePk(family.name, startMs));
    const live = parts.filter(({ body }) => body !== TOMBSTONE);
    await ports.store.put(live.map(({ pk, sk, version }) => ({ pk, sk, expectedVersion: version, body: TOMBSTONE, expiresAtMs })));
  }
  const clearedTo = floorTo(range.toMs, TIMER_MS);
  const minutes = dueTimers(shards, { fromMs: range.fromMs, toMs: clearedTo }).filter((minute) => minute + TIMER_MS <= clearedTo);
  for (const minute of minutes) {
    const timers = await ports.store.query(timerPk(minute));
    await ports.store.remove(timers.map(({ pk, sk }) => ({ pk, sk })));
  }
}

const TOMBSTONE = '{"closed":true}';
