import { expect, test } from 'vitest';
import { dayRows, outcomeQuality, qualityCeiling } from '../../../core/backtest/outcomes.ts';
import { allRows, DAY_MS, START_MS, tableOf } from './rows.ts';

const table = tableOf([
  { outcome: 'decline', fraud: true },
  { outcome: 'review', fraud: false },
  { outcome: 'review', fraud: null },
  { outcome: 'approve', fraud: true },
  { at: 2, outcome: 'approve', fraud: true },
  { at: 2, outcome: 'decline', fraud: false },
]);

test('alerts are what was reviewed or declined; those without a label count as alerts only', () => {
  expect(outcomeQuality(table, allRows(table), { worst: 'review', days: 4 })).toEqual({
    ...{ alerts: 4, frauds: 1, legit: 2, precision: 1 / 3, recall: 1 / 3, f1: 1 / 3, alerts_per_day: 1 },
  });
  expect(outcomeQuality(table, allRows(table), { worst: 'decline', days: 4 })).toMatchObject({
    alerts: 2,
    frauds: 1,
    precision: 0.5,
    alerts_per_day: 0.5,
  });
});

test('with as many alerts nobody catches more frauds than there are, nor more than there are alerts', () => {
  const review = outcomeQuality(table, allRows(table), { worst: 'review', days: 4 });
  expect(qualityCeiling(review, 3)).toEqual({ precision: 1, recall: 1 });
  expect(qualityCeiling(review, 6)).toEqual({ precision: 1, recall: 0.5 });
  expect(qualityCeiling(review, 1)).toEqual({ precision: 1 / 3, recall: 1 });
  expect(qualityCeiling(review, 0)).toEqual({ precision: 0, recall: null });
});

test('each day of the range has a row, also one without transactions', () => {
  expect(dayRows(table, allRows(table), { fromMs: START_MS, toMs: START_MS + 3 * DAY_MS })).toEqual([
    { day: '2026-01-05', transactions: 4, frauds: 2, alerts: 3, caught: 1, unlabelled: 1 },
    { day: '2026-01-06', transactions: 0, frauds: 0, alerts: 0, caught: 0, unlabelled: 0 },
    { day: '2026-01-07', transactions: 2, frauds: 1, alerts: 1, caught: 0, unlabelled: 0 },
  ]);
});
