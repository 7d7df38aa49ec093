import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RuleOptions, ruleValues } from '../../../core/backtest/rule-value.ts';
import { allRows, DAY_MS, rowsOf, type Sketch, START_MS, tableOf } from './rows.ts';

const OPTIONS: RuleOptions = { fromMs: START_MS, toMs: START_MS + 16 * DAY_MS };
const valuesOf = (sketches: readonly Sketch[], options: RuleOptions = OPTIONS) => {
  const table = tableOf(sketches);
  return ruleValues(table, allRows(table), options);
};

test('fraud that no other rule caught, its money and the overlap', () => {
  const { values, overlap } = valuesOf([
    { fired: ['a', 'b'], fraud: true },
    { fired: ['a'], fraud: true, amountMinor: 250 },
    { fired: ['a'], fraud: true, amountMinor: 7, currency: 'JPY' },
    { fired: ['b'], fraud: false },
    { fired: ['b'], fraud: null },
    { fired: [], fraud: true },
  ]);
  expect(values).toMatchObject([
    {
      ...{ rule: 'a', fired: 3, frauds: 3, legit: 0, precision: 1, near_misses: null },
      alone: { fired: 2, frauds: 2, legit: 0, precision: 1 },
      alone_fraud: [
        { currency: 'EUR', count: 1, amount: '2.50' },
        { currency: 'JPY', count: 1, amount: '7' },
      ],
    },
    { rule: 'b', fired: 3, frauds: 1, legit: 1, precision: 0.5, alone: { fired: 2, frauds: 0, legit: 1, precision: 0 }, alone_fraud: [] },
  ]);
  expect(overlap).toEqual({
    rules: ['a', 'b'],
    counts: [
      [3, 1],
      [1, 3],
    ],
  });
});

test('weeks are seven days from the start of the range, the last one what is left', () => {
  const { values } = valuesOf([
    { at: 0, fired: ['a'], fraud: true },
    { at: 6.99, fired: ['a'] },
    { at: 7, fired: ['a'], fraud: true },
    { at: 15.9, fired: ['a'], fraud: null },
  ]);
  expect(values[0]?.weeks).toEqual([
    { from: '2026-01-05', fired: 2, frauds: 1, legit: 1, precision: 0.5 },
    { from: '2026-01-12', fired: 1, frauds: 1, legit: 0, precision: 1 },
    { from: '2026-01-19', fired: 1, frauds: 0, legit: 0, precision: null },
  ]);
});

test('an active rule that never fired has a row of its own', () => {
  const { values } = valuesOf([{ fired: ['b'] }], { ...OPTIONS, rules: ['a', 'b'] });
  expect(values.map(({ rule, fired, precision, near_misses }) => [rule, fired, precision, near_misses])).toEqual([
    ['a', 0, null, null],
    ['b', 1, 0, null],
  ]);
  expect(values[0]?.weeks).toHaveLength(3);
});

test('near misses of a rule, with the fraud among them and its money, change nothing else', () => {
  const { values, overlap } = valuesOf([
    { fired: [], nearMisses: ['a'], fraud: true, amountMinor: 250 },
    { fired: ['b'], nearMisses: ['a'], fraud: true, amountMinor: 50 },
    { fired: ['b'], nearMisses: ['a', 'c'], fraud: false },
    { fired: ['b'], nearMisses: ['a'], fraud: null },
    { fired: ['a', 'b'], nearMisses: [], fraud: true },
  ]);
  expect(values).toMatchObject([
    {
      ...{ rule: 'a', fired: 1, alone: { fired: 0 } },
      near_misses: { count: 4, frauds: 2, legit: 1, precision: 2 / 3, fraud: [{ currency: 'EUR', count: 2, amount: '3.00' }] },
    },
    { rule: 'b', fired: 4, alone: { fired: 3, frauds: 1 }, near_misses: { count: 0, frauds: 0, legit: 0, precision: null, fraud: [] } },
    { rule: 'c', fired: 0, near_misses: { count: 1, frauds: 0, legit: 1, precision: 0, fraud: [] } },
  ]);
  expect(overlap.counts).toEqual([
    [1, 1, 0],
    [1, 4, 0],
    [0, 0, 0],
  ]);
});

test('near misses of rows that are left out do not count', () => {
  const table = tableOf([{ nearMisses: ['a'] }, { nearMisses: ['a', 'z'] }]);
  const { values } = ruleValues(table, Int32Array.of(0), OPTIONS);
  expect(values.map(({ rule, near_misses }) => [rule, near_misses?.count])).toEqual([['a', 1]]);
});

test('a rule that fired on other rows only is none of the rules of these', () => {
  const table = tableOf([{ fired: ['a'] }, { fired: ['z'] }]);
  expect(ruleValues(table, Int32Array.of(0), OPTIONS).overlap).toEqual({ rules: ['a'], counts: [[1]] });
});

test('counts equal those of a plain pass over the rows', () => {
  const sketch = fc.record({
    ...{ at: fc.double({ min: 0, max: 15.9, noNaN: true }), fired: fc.subarray(['a', 'b', 'c', 'd']) },
    fraud: fc.constantFrom(true, false, null),
  });
  fc.assert(
    fc.property(fc.array(sketch, { maxLength: 40 }), (sketches) => {
      const rows = rowsOf(sketches);
      const { values, overlap } = valuesOf(sketches);
      for (const { rule, fired, frauds, alone } of values) {
        const own = rows.filter((row) => row.fired.includes(rule));
        expect(fired).toBe(own.length);
        expect(frauds).toBe(own.filter(({ fraud }) => fraud === true).length);
        expect(alone.fired).toBe(own.filter((row) => row.fired.length === 1).length);
        const together = overlap.rules.map((other) => own.filter((row) => row.fired.includes(other)).length);
        expect(overlap.counts[overlap.rules.indexOf(rule)]).toEqual(together);
      }
      expect(overlap.rules).toEqual([...new Set(rows.flatMap((row) => row.fired))].sort());
    }),
  );
});
