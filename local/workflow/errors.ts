import type { Json } from '../../functions/backfill/workflow/language.ts';

/** A failed state as the service names it: retriers and catchers go by `name`, and put `message` into the state data as the cause. */
export class StateError extends Error {
  override readonly name: string;
  /** Read by the library: whether retriers and catchers see it. */
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;

  constructor(name: string, cause: string, isSeen = true) {
    super(cause);
    this.name = name;
    this.isRetryable = isSeen;
    this.isCatchable = isSeen;
  }
}

/** What the function threw, as the service has it: its name, and a cause that is JSON. */
export function functionError(error: unknown): StateError {
  if (error instanceof StateError) return error;
  const [name, message] = error instanceof Error ? [error.name, error.message] : ['Error', String(error)];
  return new StateError(name, JSON.stringify({ errorType: name, errorMessage: message, trace: [] }));
}

/** The end of a stopped execution: no retrier or catcher sees it. */
export function stopped(): StateError {
  return new StateError('Stopped', 'the execution was stopped', false);
}

/** Most bytes that the service hands from state to state. */
const PAYLOAD_BYTES_MAX = 256 * 1024;

/** A value as the service hands it on: JSON of at most 256 KiB. Throws the StateError of the service if it is larger. */
export function handedOn(value: unknown): Json {
  const text = JSON.stringify(value ?? null);
  const bytes = Buffer.byteLength(text);
  if (bytes > PAYLOAD_BYTES_MAX) throw new StateError('States.DataLimitExceeded', `${bytes} bytes; allowed: ${PAYLOAD_BYTES_MAX}`, false);
  return JSON.parse(text) as Json;
}
