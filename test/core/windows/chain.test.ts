import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileAggregate } from '../../../core/aggregates/aggregate.ts';
import { RetriableError } from '../../../core/errors.ts';
import type { StateItem } from '../../../core/ports.ts';
import { generationsOf, isCompactionDue, linkBodies, linkKey, readChain } from '../../../core/windows/chain.ts';
import { addToSlice, mergeSlices, newSlice, type SliceState } from '../../../core/windows/slice.ts';
import { everyMeasure, fields, payment } from '../aggregates/support.ts';

const fn = compileAggregate(everyMeasure, fields);

function sliceOf(groupKeys: readonly string[]): SliceState {
  const slice = newSlice();
  for (const groupKey of groupKeys) addToSlice(slice, groupKey, payment(5), fn);
  return slice;
}

function itemsOf(slice: SliceState, attempt: number, prev: number | null): StateItem[] {
  return linkBodies(slice, prev).map((body, part) => ({ pk: 'p', sk: linkKey(attempt, part), version: 1, body }));
}

const countsOf = (slices: readonly SliceState[]) =>
  Object.fromEntries(Object.entries(mergeSlices(slices, fn).groups).map(([groupKey, acc]) => [groupKey, fn.result(acc)['count']]));

describe('chains of links', () => {
  test('links read back from the newest to the first of the generation, and what failed attempts left is not among them', () => {
    const items = [
      ...itemsOf(sliceOf(['a', 'b']), 3, null),
      ...itemsOf(sliceOf(['failed']), 4, 3),
      ...itemsOf(sliceOf(['a', 'c']), 5, 3),
      ...itemsOf(sliceOf(['failed after']), 6, 5),
    ];
    expect(countsOf(readChain(items, 5))).toEqual({ a: 2, b: 1, c: 1 });
    expect(countsOf(readChain(items, 3))).toEqual({ a: 1, b: 1 });
  });

  test('a missing link or part is an error that can be tried again, never a smaller sum', () => {
    const many = Array.from({ length: 2_000 }, (_, i) => `group ${i} ${'x'.repeat(100)}`);
    const items = [...itemsOf(sliceOf(many), 1, null), ...itemsOf(sliceOf(['a']), 2, 1)];
    expect(items.length).toBeGreaterThan(3);
    for (const missing of items) {
      const rest = items.filter((item) => item !== missing);
      expect(() => readChain(rest, 2)).toThrow(RetriableError);
    }
  });

  test('any groups come back, in parts that an item can hold', () => {
    const groupKeys = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', '"', '\\')), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(groupKeys, fc.nat({ max: 400 }), (keys, more) => {
        const slice = sliceOf([...keys, ...Array.from({ length: more }, (_, i) => `${'ß'.repeat(300)}${i}`)]);
        const items = itemsOf(slice, 7, null);
        expect(countsOf(readChain(items, 7))).toEqual(countsOf([slice]));
        for (const { body } of items) expect(Buffer.byteLength(body)).toBeLessThan(300_000);
      }),
      { numRuns: 30 },
    );
  });

  test('links sort by attempt and part', () => {
    const keys = [linkKey(9, 0), linkKey(9, 1), linkKey(9, 10), linkKey(10, 0), linkKey(1_000_000, 0)];
    expect([...keys].sort()).toEqual(keys);
  });

  test('a chain is merged when what came since is longer than the limit and longer than the first link', () => {
    expect(isCompactionDue([0, 0, 1, 500, 90], 10, 100)).toBe(false);
    expect(isCompactionDue([0, 0, 1, 50, 90], 11, 100)).toBe(true);
    expect(isCompactionDue([0, 0, 1, 500, 90], 410, 100)).toBe(false);
    expect(isCompactionDue([0, 0, 1, 500, 90], 411, 100)).toBe(true);
  });

  test('a slice of one link has one generation; others may have left items in any up to the next', () => {
    expect(generationsOf([0, 0, 1, 10, 0])).toEqual([0]);
    expect(generationsOf([0, 0, 1, 10, 5])).toEqual([0, 1]);
    expect(generationsOf([0, 2, 1, 10, 0])).toEqual([0, 1, 2, 3]);
  });
});
