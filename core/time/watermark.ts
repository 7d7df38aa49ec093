/** Event clock of one shard, epoch ms. */
export interface ShardClock {
  /** Greatest event time that moved the clock; null before the first. */
  readonly maxEventMs: number | null;
  /** Lower bound of the watermark, recorded by the closer; null when there is none. */
  readonly floorMs: number | null;
}

/** A producer's clock may run ahead by this much; events beyond it would make everyone else's late, so they do not move the watermark. */
export const AHEAD_MAX_MS = 300_000;

/** The clock after an event; an event more than `aheadMaxMs` ahead of its arrival leaves it as it was. The clock never moves back. */
export function observe(clock: ShardClock, eventMs: number, arrivalMs: number, aheadMaxMs = AHEAD_MAX_MS): ShardClock {
  if (eventMs - arrivalMs > aheadMaxMs) return clock;
  if (clock.maxEventMs !== null && eventMs <= clock.maxEventMs) return clock;
  return { maxEventMs: eventMs, floorMs: clock.floorMs };
}

/** Watermark of a shard, epoch ms: its greatest event time less the bound, or its floor if higher; null before either is known. */
export function watermarkOf(clock: ShardClock, outOfOrdernessMs: number): number | null {
  const { maxEventMs, floorMs } = clock;
  if (maxEventMs === null) return floorMs;
  const seenMs = maxEventMs - outOfOrdernessMs;
  return floorMs !== null && floorMs > seenMs ? floorMs : seenMs;
}

/** Whether an event is late: strictly below the watermark less the allowed lateness. Nothing is late before the first watermark. */
export function isLate(timeMs: number, watermarkMs: number | null, allowedLatenessMs: number): boolean {
  return watermarkMs !== null && timeMs < watermarkMs - allowedLatenessMs;
}

/** Whether a window with the exclusive end `endMs` is final: the watermark is strictly past its end plus the allowed lateness. */
export function isFinal(endMs: number, watermarkMs: number | null, allowedLatenessMs: number): boolean {
  return watermarkMs !== null && watermarkMs > endMs + allowedLatenessMs;
}
