/** One stream record that must end in quarantine as exactly one unit. */
export interface MalformedCase {
  readonly name: string;
  /** Data of the stream record. */
  readonly data: Buffer;
  /** Quarantine code. */
  readonly code: string;
  /** Field path, '' where no single field is to blame. */
  readonly path: string;
}
