import { RetriableError, UsageError } from '../../core/errors.ts';

/** What kind of fault a service met; each has one remedy. */
export type ServiceFault = 'ACCESS_DENIED' | 'KEY_UNUSABLE' | 'MISSING' | 'THROTTLED' | 'UNREACHABLE' | 'REFUSED';

/** A service did not do what was asked: the batch fails and nothing counts as stored. `fault` tells why, the message what to do. */
export class ServiceError extends RetriableError {
  readonly fault: ServiceFault;

  constructor(fault: ServiceFault, message: string, cause: unknown) {
    super(message, { cause });
    this.fault = fault;
  }
}

/** A state item that the table cannot hold. Trying again cannot help: the item must be split or its limits lowered. */
export class ItemTooLargeError extends Error {
  override readonly name = 'ItemTooLargeError';
  readonly retriable = false;
}

/** A row that no delivery can take. Trying again cannot help. */
export class RowTooLargeError extends Error {
  override readonly name = 'RowTooLargeError';
  readonly retriable = false;
}

/** An event that no stream record can hold, found before anything was sent. */
export class EventTooLargeError extends Error {
  override readonly name = 'EventTooLargeError';
  readonly retriable = false;
}

/** A query that the engine refused or that failed by its own fault: bad SQL, an unknown table, too many bytes to scan. */
export class QueryError extends UsageError {}

/** A deployed function failed by its own fault; the message holds what it said. */
export class FunctionFailedError extends Error {
  override readonly name = 'FunctionFailedError';
  /** What it said, JSON as a rule. */
  readonly payload: string;
  /** Name of the error that it threw; undefined if it ended otherwise. */
  readonly errorType: string | undefined;

  constructor(message: string, payload: string) {
    super(message);
    this.payload = payload;
    this.errorType = /"errorType"\s*:\s*"([^"]+)"/.exec(payload)?.[1];
  }
}
