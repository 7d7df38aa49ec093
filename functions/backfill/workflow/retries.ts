import { FINAL_ERRORS, STILL_RUNNING } from '../events.ts';
import type { Retrier } from './language.ts';

/** Longest that Lambda lets the function run, seconds. */
export const FUNCTION_TIMEOUT_S = 900;
/** A task is given up only after its function is dead for certain, so that nothing it did can come after what follows. */
export const TASK_TIMEOUT_S = FUNCTION_TIMEOUT_S + 60;

/** A query of the engine is asked for about four hours: half of 60 s on the average, by the jitter. */
const STILL_RUNNING_ATTEMPTS = 480;

/** Faults of services that another try gets over, as the service names them. */
const PASSING_ERRORS = [
  'RetriableError',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
];

const final = (...more: readonly string[]): Retrier => ({ ErrorEquals: [...FINAL_ERRORS, ...more], MaxAttempts: 0 });
const spread = { JitterStrategy: 'FULL' } as const;

const stillRunning: Retrier = {
  ErrorEquals: [STILL_RUNNING],
  IntervalSeconds: 10,
  BackoffRate: 1.5,
  MaxDelaySeconds: 60,
  MaxAttempts: STILL_RUNNING_ATTEMPTS,
  ...spread,
};
const passing = (...more: readonly string[]): Retrier => ({
  ErrorEquals: [...PASSING_ERRORS, ...more],
  IntervalSeconds: 5,
  BackoffRate: 2,
  MaxDelaySeconds: 120,
  MaxAttempts: 8,
  ...spread,
});
/** Everything else: out of memory, the end of the function's time, a bug. A repeat does no harm, and often gets over the first two. */
const unknown: Retrier = {
  ErrorEquals: ['States.TaskFailed'],
  IntervalSeconds: 10,
  BackoffRate: 3,
  MaxDelaySeconds: 120,
  MaxAttempts: 2,
  ...spread,
};

/** Of a step: final errors never, the engine at work for long, faults of services often, all else twice. */
export const STEP_RETRIES: readonly Retrier[] = [final(), stillRunning, passing('States.Timeout'), unknown];
/** Of asking a person: its time being up is an answer, too. */
export const ASK_RETRIES: readonly Retrier[] = [final('States.Timeout'), passing(), unknown];
/** Of a map: reading the list and writing the results. What failed in an item was tried again there. */
export const MAP_RETRIES: readonly Retrier[] = [
  {
    ErrorEquals: ['States.ItemReaderFailed', 'States.ResultWriterFailed'],
    IntervalSeconds: 5,
    BackoffRate: 2,
    MaxDelaySeconds: 60,
    MaxAttempts: 3,
    ...spread,
  },
];
