/** Why a backfill cannot go on, as people look it up. */
export type BackfillFault =
  | 'NOTHING_FINAL'
  | 'BACKFILL_OVERLAPS'
  | 'ARCHIVE_INCOMPLETE'
  | 'ARCHIVE_WITHOUT_KEYS'
  | 'DEFINITION_CHANGED'
  | 'RULES_UNKNOWN'
  | 'RANGE_TOO_LARGE'
  | 'SESSION_TOO_LONG'
  | 'CHANGED_SINCE_APPROVAL'
  | 'WORK_MISSING'
  | 'TABLES_DAMAGED'
  | 'LOAD_OVERLAPS'
  | 'LOAD_NOT_FINAL'
  | 'LOAD_EMPTY';

/** A backfill cannot go on; nothing that is published was changed by it. The message says what, where, and how to go on. */
export class BackfillError extends Error {
  override readonly name = 'BackfillError';
  readonly retriable = false;
  readonly fault: BackfillFault;

  constructor(fault: BackfillFault, message: string) {
    super(`${fault}: ${message}`);
    this.fault = fault;
  }
}

/** The SQL engine has not finished: the same step asks again. */
export class StillRunning extends Error {
  override readonly name = 'StillRunning';
  readonly retriable = true;
}

/** What was recomputed is not what is published, or on record. */
export class VerificationDiffers extends Error {
  override readonly name = 'VerificationDiffers';
  readonly retriable = false;
}

/** A person refused to publish. */
export class ApprovalRefused extends Error {
  override readonly name = 'ApprovalRefused';
  readonly retriable = false;
}
