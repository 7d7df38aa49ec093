import { describe, expect, test } from 'vitest';
import { compileAggregate } from '../../../core/aggregates/aggregate.ts';
import { canonically, resultsOf } from '../../../core/windows/results.ts';
import { addToSlice, mergeSlices, newSlice, type SliceState } from '../../../core/windows/slice.ts';
import { everyMeasure, fields, payment } from '../aggregates/support.ts';

const fn = compileAggregate(everyMeasure, fields);

function sliceOf(groups: Readonly<Record<string, readonly number[]>>): SliceState {
  const slice = newSlice();
  for (const [groupKey, amounts] of Object.entries(groups)) {
    for (const amount of amounts) addToSlice(slice, groupKey, payment(amount, `c${amount}`), fn);
  }
  return slice;
}

const sumsOf = (slices: readonly SliceState[]) =>
  Object.entries(mergeSlices(slices, fn).groups).map(([groupKey, acc]) => [groupKey, fn.result(acc)['sum']]);

describe('slices', () => {
  test('groups of several slices are merged by key', () => {
    expect(sumsOf([sliceOf({ a: [1, 2], b: [5] }), sliceOf({ b: [7], c: [9] }), newSlice()])).toEqual([
      ['a', 3],
      ['b', 12],
      ['c', 9],
    ]);
  });

  test('merging changes no slice, and adding to the merge later changes none either', () => {
    const many = Array.from({ length: 1_200 }, (_, i) => i);
    const slices = [sliceOf({ a: [1, 2], b: many }), sliceOf({ a: many.slice(0, 17), b: [3] })];
    const before = JSON.stringify(slices);
    const first = sumsOf(slices);
    for (const acc of Object.values(mergeSlices(slices, fn).groups))
      for (const amount of many) fn.add(acc, payment(amount, `other${amount}`));
    expect(JSON.stringify(slices)).toBe(before);
    expect(sumsOf(slices)).toEqual(first);
  });

  test('a group named __proto__ is a group like any other', () => {
    const slice = newSlice();
    for (const groupKey of ['__proto__', 'constructor', '__proto__']) addToSlice(slice, groupKey, payment(5), fn);
    expect(sumsOf([slice, slice])).toEqual([
      ['__proto__', 20],
      ['constructor', 10],
    ]);
    expect(sumsOf([slice])).toEqual([
      ['__proto__', 10],
      ['constructor', 5],
    ]);
  });
});

describe('results', () => {
  test('rows of a window are sorted by group key in code-unit order and end after the size', () => {
    const merged = mergeSlices([sliceOf({ b: [1], Z: [2], a: [3] })], fn);
    const rows = resultsOf({ name: 'payments_1m', reachMs: 60_000, fn }, -60_000, merged);
    expect(rows.map(({ groupKey }) => groupKey)).toEqual(['Z', 'a', 'b']);
    expect(rows[0]).toEqual({
      aggregate: 'payments_1m',
      groupKey: 'Z',
      startMs: -60_000,
      endMs: 0,
      values: fn.result(merged.groups['Z'] ?? fn.empty()),
    });
  });

  test('the canonical order is start, then group key', () => {
    const row = (startMs: number, groupKey: string) => ({ aggregate: 'x', groupKey, startMs, endMs: startMs + 1, values: {} });
    const rows = [row(2, 'a'), row(-1, 'b'), row(2, 'B'), row(10, 'a')].sort(canonically);
    expect(rows.map(({ startMs, groupKey }) => `${startMs}${groupKey}`)).toEqual(['-1b', '2B', '2a', '10a']);
  });
});
