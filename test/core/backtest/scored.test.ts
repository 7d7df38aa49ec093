import { expect, test } from 'vitest';
import { dateOf, dayOf, FRAUD, LEGIT, scoredTable, UNLABELLED } from '../../../core/backtest/scored.ts';
import { rowsOf, START_MS, tableOf } from './rows.ts';

test('columns hold what the rows say', () => {
  const table = tableOf([
    { key: 'ada', score: 7, outcome: 'review', fired: ['a', 'b'], fraud: true, amountMinor: 1_250n },
    { at: 1, key: 'bob', score: -2, fraud: null, currency: 'JPY' },
    { at: 2, key: 'ada', outcome: 'decline', fired: ['a', 'b'] },
  ]);
  expect([...table.keys].map((key) => table.keyNames[key])).toEqual(['ada', 'bob', 'ada']);
  expect([...table.firedSets].map((set) => table.firedNames[set])).toEqual([['a', 'b'], [], ['a', 'b']]);
  expect([...table.currencies].map((code) => table.currencyNames[code])).toEqual(['EUR', 'JPY', 'EUR']);
  expect([...table.truths]).toEqual([FRAUD, UNLABELLED, LEGIT]);
  expect([...table.outcomes]).toEqual([1, 0, 2]);
  expect([...table.scores]).toEqual([7, -2, 0]);
  expect([...table.amountsMinor]).toEqual([1_250, 100, 100]);
});

test('rows out of order, and points or amounts that are no whole numbers, are refused with the value', () => {
  expect(() => scoredTable(rowsOf([{ at: 1 }, { at: 0 }]).reverse())).toThrow(/eventMs of e1: got \d+; allowed: \d+ or later/);
  expect(() => tableOf([{ score: 0.5 }])).toThrow('score of e0: got 0.5; allowed: a whole number');
  expect(() => tableOf([{ score: Number.NaN }])).toThrow('score of e0: got NaN');
  expect(() => tableOf([{ amountMinor: 2n ** 60n }])).toThrow('amountMinor of e0');
});

test('a UTC day begins at midnight', () => {
  expect(dateOf(dayOf(START_MS))).toBe('2026-01-05');
  expect(dateOf(dayOf(START_MS - 1))).toBe('2026-01-04');
});
