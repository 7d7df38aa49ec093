import { Logger } from '@aws-lambda-powertools/logger';
import { maskText } from '../../core/cards/mask.ts';
import { ServiceError } from '../adapters/errors.ts';

/** Structured log of one function: JSON lines with ids and counts, never with what an event says. */
export interface Log {
  /** Whether single events are logged: LOG_LEVEL is DEBUG. */
  readonly isDebug: boolean;
  debug(message: string, ids: LogIds): void;
  info(message: string, ids: LogIds): void;
  warn(message: string, ids: LogIds): void;
  /** An error by name, message and fault; values that it carries stay out. */
  error(message: string, error: unknown, ids: LogIds): void;
}

/** Correlation ids and counts of one line. */
export type LogIds = Readonly<Record<string, string | number | null>>;

/** The log of a function; level and service name come from LOG_LEVEL and POWERTOOLS_SERVICE_NAME. */
export function openLog(): Log {
  const logger = new Logger();
  return {
    isDebug: logger.getLevelName() === 'DEBUG',
    debug: (message, ids) => logger.debug(message, ids),
    info: (message, ids) => logger.info(message, ids),
    warn: (message, ids) => logger.warn(message, ids),
    error: (message, error, ids) => logger.error(message, { ...ids, ...factsOf(error) }),
  };
}

/** Errors of clients carry requests and answers as members, and those carry data: only these few are told, card numbers masked. */
function factsOf(error: unknown): LogIds {
  if (!(error instanceof Error)) return { error: maskText(String(error)) };
  const fault = error instanceof ServiceError ? { fault: error.fault } : {};
  return { error_name: error.name, error_message: maskText(error.message), stack: maskText(error.stack ?? ''), ...fault };
}
