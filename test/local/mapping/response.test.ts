import { describe, expect, test } from 'vitest';
import { outcomeOf } from '../../../local/mapping/response.ts';

const BATCH = ['10', '20', '30', '40'].map((sequence) => ({ sequence, partitionKey: 'k', arrivalMs: 0, data: new Uint8Array(0) }));
const failed = (...ids: unknown[]): unknown => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });

describe('partial batch response', () => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty answer', {}],
    ['a null list', { batchItemFailures: null }],
    ['an empty list', { batchItemFailures: [] }],
  ])('%s is success of the whole batch', (_name, response) => {
    expect(outcomeOf(response, BATCH)).toEqual({ done: 4, wholeFailed: false });
  });

  test.each([
    ['text', 'ok'],
    ['a list', []],
    ['another key', { failures: [] }],
    ['a list that is none', { batchItemFailures: '10' }],
    ['a bare sequence number', { batchItemFailures: ['10'] }],
    ['an identifier under another key', { batchItemFailures: [{ sequenceNumber: '10' }] }],
    ['a null identifier', failed(null)],
    ['an empty identifier', failed('')],
    ['a number', failed(10)],
    ['an unknown identifier beside a good one', failed('30', '99')],
  ])('%s fails the whole batch', (_name, response) => {
    expect(outcomeOf(response, BATCH)).toEqual({ done: 0, wholeFailed: true });
  });

  test('the lowest named record is where the batch goes on, in whatever order they are named', () => {
    expect(outcomeOf(failed('40', '20', '30'), BATCH)).toEqual({ done: 1, wholeFailed: false });
  });

  test('the first record named means nothing is done, yet the batch did not fail as a whole', () => {
    expect(outcomeOf(failed('10'), BATCH)).toEqual({ done: 0, wholeFailed: false });
  });
});
