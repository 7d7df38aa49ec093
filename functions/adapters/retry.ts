import { setTimeout as pause } from 'node:timers/promises';
import { outcomeOf, type ServiceCall, serviceError } from './service-error.ts';

/** How an adapter tries again. Chance and waiting are handed in, so that tests need neither luck nor time. */
export interface RetryOptions {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
  /** Tries of one call, default 8: with full jitter about 5 s of waiting, well inside a function's time. */
  readonly attemptsMax?: number;
}

const ATTEMPTS_MAX = 8;
/** First ceiling: a throttled table or stream refills every second, so shorter waits only spread the crowd. */
const CEILING_FIRST_MS = 50;
/** Greatest ceiling: longer waits would outlive the caller's own time. */
const CEILING_MAX_MS = 3_000;

/** Full jitter: a wait between 0 and a ceiling that doubles with each failure (from 1), ms. */
export function backoffMs(failures: number, random: () => number): number {
  return Math.floor(random() * Math.min(CEILING_MAX_MS, CEILING_FIRST_MS * 2 ** Math.min(failures - 1, 20)));
}

/** Waits out one more failure, or throws what failed once the tries are used up. */
export async function backOff(options: RetryOptions, failures: number, failure: () => Error): Promise<void> {
  if (failures >= (options.attemptsMax ?? ATTEMPTS_MAX)) throw failure();
  await (options.sleep ?? pause)(backoffMs(failures, options.random));
}

/** Makes a call that may safely be made twice: again while it is throttled or its answer lost. Throws ServiceError. */
export async function withRetry<T>(options: RetryOptions, call: ServiceCall, work: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome === 'refused' || outcome === 'foreign') throw serviceError(call, error);
      await backOff(options, failures, () => serviceError(call, error));
    }
  }
}
