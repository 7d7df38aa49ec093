/** A configuration value, context value or file that the deployer got wrong: one clear line. Never retriable. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly retriable = false;
}

/** Builds the one line every configuration error has: what was wrong, the value received, what is allowed. */
export function configurationError(what: string, received: unknown, allowed: string): ConfigurationError {
  return new ConfigurationError(`${what}: got ${String(JSON.stringify(received)).slice(0, 200)}; allowed: ${allowed}`);
}
