/**
 * Place of one event in its shard: the sequence number zero-padded to 56 digits, a dot, and the sub-sequence in six digits.
 * Code-unit order is stream order.
 */
export type Position = string;

/** One user record as it left the stream, unpacked but not yet parsed. */
export interface RawEvent {
  readonly position: Position;
  readonly sequence: string;
  readonly subSequence: number;
  /** Kinesis arrival stamp, epoch ms. */
  readonly arrivalMs: number;
  readonly partitionKey: string;
  readonly bytes: Uint8Array;
}

/** Value of one event field: text, boolean, or a safe integer (money in minor units, fixed-point scaled, times in epoch ms). */
export type FieldValue = string | number | boolean;

/** One valid event. `values` holds every declared field that was present, `event_id` and `event_time` included. */
export interface Event {
  readonly type: string;
  readonly id: string;
  /** Event time, epoch ms. */
  readonly timeMs: number;
  /** Value of the partition-key field. */
  readonly key: string;
  readonly values: Readonly<Record<string, FieldValue>>;
}

/** Why bytes did not become an event. `code` is stable and upper-case; `path` is a field path such as `amount`, or ''. */
export interface Rejection {
  readonly code: string;
  readonly path: string;
  /** What was wrong, the value received, what is allowed. */
  readonly message: string;
}

/** Outcome of decoding one user record. */
export type Parsed = { readonly event: Event } | { readonly rejection: Rejection };

/** The one bin an event ends in. */
export type Lane = 'accepted' | 'late' | 'duplicate' | 'quarantined';
