/** A definition, option or file that the caller got wrong: one clear line, exit code 2. Never retriable. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly retriable = false;
}

/** Builds the one line every usage error has: what was wrong, the value received, what is allowed. */
export function usageError(what: string, received: unknown, allowed: string): UsageError {
  const shown = typeof received === 'string' ? JSON.stringify(received) : String(received);
  return new UsageError(`${what}: got ${shown.slice(0, 200)}; allowed: ${allowed}`);
}

/** An infrastructure fault (store, delivery, a lost swap): the batch fails and the stream hands it out again. */
export class RetriableError extends Error {
  override readonly name = 'RetriableError';
  readonly retriable = true;
}

/** State written by a newer definition than this build knows: the batch must wait for the newer build. */
export class OutdatedBuildError extends Error {
  override readonly name = 'OutdatedBuildError';
  readonly retriable = true;
}
