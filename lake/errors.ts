/** What can be wrong with the lake, as people look it up. */
export type LakeFault =
  | 'MANIFEST_DAMAGED'
  | 'MANIFEST_NEWER'
  | 'OBJECT_MISSING'
  | 'FILE_UNREADABLE'
  | 'SCHEMA_NEWER'
  | 'SCHEMA_MISMATCH'
  | 'VERIFICATION_FAILED'
  | 'PARTITION_CHANGED'
  | 'TOO_WIDE'
  | 'TOO_SLOW'
  | 'STORE_FULL'
  | 'STORE_DENIED';

/** Something in the lake is not as it must be: what is published stays as it is. The message says what, where, and how to go on. */
export class LakeError extends Error {
  override readonly name = 'LakeError';
  readonly fault: LakeFault;
  /** True if the same call may do better a moment later. */
  readonly retriable: boolean;

  constructor(
    fault: LakeFault,
    message: string,
    { cause, retriable = false }: { readonly cause?: unknown; readonly retriable?: boolean } = {},
  ) {
    super(`${fault}: ${message}`, cause === undefined ? {} : { cause });
    this.fault = fault;
    this.retriable = retriable;
  }
}
