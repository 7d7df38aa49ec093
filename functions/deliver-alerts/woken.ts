import type { Snooze } from '../../core/alerts/snooze.ts';
import { entityName } from './arrival.ts';

/** Snoozes that ended before their time are looked at for so long: their cases are noted for the end that was planned. */
const LOOK_MS = 86_400_000;

/** Entities that somebody woke a short time ago. */
export function recentlyWoken(snoozes: readonly Snooze[], nowMs: number): string[] {
  return snoozes
    .filter(({ wokenBy, untilMs }) => wokenBy !== undefined && untilMs <= nowMs && untilMs > nowMs - LOOK_MS)
    .map((one) => entityName(one));
}
