import type { StreamRecord } from '../../functions/adapters/kinesis-source.ts';

/** What a handler's answer means for its batch: how many records, from the first, are done. */
export interface Outcome {
  readonly done: number;
  /** True when the answer names no valid record: nothing is done and the batch may be halved. */
  readonly wholeFailed: boolean;
}

const WHOLE_FAILED: Outcome = { done: 0, wholeFailed: true };

function failuresOf(response: unknown): readonly unknown[] | undefined {
  if (response === null || response === undefined) return [];
  if (typeof response !== 'object' || Array.isArray(response)) return undefined;
  if (!('batchItemFailures' in response)) return Object.keys(response).length === 0 ? [] : undefined;
  const failures = response.batchItemFailures;
  if (failures === null || failures === undefined) return [];
  return Array.isArray(failures) ? failures : undefined;
}

function identifierOf(failure: unknown): string | undefined {
  if (failure === null || typeof failure !== 'object' || !('itemIdentifier' in failure)) return undefined;
  return typeof failure.itemIdentifier === 'string' ? failure.itemIdentifier : undefined;
}

/**
 * Reads a partial batch response by Lambda's rules: nothing, an empty answer or an empty list is success; the lowest named
 * sequence number is where the batch goes on; an empty, missing or unknown identifier, or any other shape, fails the whole.
 */
export function outcomeOf(response: unknown, batch: readonly StreamRecord[]): Outcome {
  const failures = failuresOf(response);
  if (failures === undefined) return WHOLE_FAILED;
  let done = batch.length;
  for (const failure of failures) {
    const identifier = identifierOf(failure);
    const index = identifier === undefined ? -1 : batch.findIndex((record) => record.sequence === identifier);
    if (index < 0) return WHOLE_FAILED;
    if (index < done) done = index;
  }
  return { done, wholeFailed: false };
}
