/** A function's environment or build is wrong: nothing is done until it is deployed again. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly retriable = false;
}

/** Builds the one line every configuration error has: what was wrong, the value received, what is allowed, what to do. */
export function configError(what: string, received: string | undefined, allowed: string, remedy: string): ConfigError {
  const shown = received === undefined ? 'nothing' : JSON.stringify(received.slice(0, 200));
  return new ConfigError(`${what}: got ${shown}; allowed: ${allowed}. ${remedy}`);
}
