import { usageError } from '../../core/errors.ts';
import { PAYLOAD_BYTES_MAX, payloadBytes } from './event.ts';
import type { ShardReader } from './reader.ts';

/** Lambda's limits for a Kinesis mapping. */
const BATCH_SIZE_MAX = 10_000;
const WINDOW_MS_MAX = 300_000;

/** What Lambda takes when nothing is said. */
export const BATCH_SIZE_DEFAULT = 100;

/** Checks a batch size. Throws UsageError. */
export function checkedBatchSize(batchSize: number | undefined): number {
  const size = batchSize ?? BATCH_SIZE_DEFAULT;
  if (!Number.isInteger(size) || size < 1 || size > BATCH_SIZE_MAX)
    throw usageError('batch size', size, `an integer from 1 to ${BATCH_SIZE_MAX}`);
  return size;
}

/** Checks a batching window, ms. Throws UsageError. */
export function checkedWindowMs(windowMs: number | undefined): number {
  const window = windowMs ?? 0;
  if (!(window >= 0 && window <= WINDOW_MS_MAX)) throw usageError('batching window in ms', window, `a number from 0 to ${WINDOW_MS_MAX}`);
  return window;
}

/** How many buffered records make up the next batch, and whether it can take no more. */
export interface Cut {
  readonly count: number;
  readonly full: boolean;
}

/** Cuts the next batch: at most `batchSize` records and Lambda's payload limit, never less than one record if there is one. */
export function cutBatch(reader: ShardReader, batchSize: number): Cut {
  let bytes = 0;
  let count = 0;
  for (; count < batchSize; count++) {
    const record = reader.peek(count);
    if (record === undefined) return { count, full: false };
    bytes += payloadBytes(record);
    if (bytes > PAYLOAD_BYTES_MAX && count > 0) break;
  }
  return { count, full: true };
}
