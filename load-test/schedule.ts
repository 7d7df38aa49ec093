import { usageError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';

/** Options of an open-model schedule. */
export interface ScheduleOptions {
  /** Time of the schedule's start, epoch ms. */
  readonly startMs: number;
  /** Mean arrivals per second of the schedule's own time, above 0. */
  readonly eventsPerSecond: number;
}

/**
 * Arrival times of an open model, epoch ms with fractions, never falling: independent arrivals at a mean rate, whatever the system
 * under load does. A slow system therefore shows as a growing lag and not as a lower offered rate.
 */
export function* openSchedule(random: Random, { startMs, eventsPerSecond }: ScheduleOptions): Generator<number, never> {
  if (!(eventsPerSecond > 0 && Number.isFinite(eventsPerSecond))) throw usageError('eventsPerSecond', eventsPerSecond, 'a number above 0');
  const meanGapMs = 1000 / eventsPerSecond;
  let timeMs = startMs;
  for (;;) {
    timeMs += random.exponential() * meanGapMs;
    yield timeMs;
  }
}
