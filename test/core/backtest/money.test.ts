import fc from 'fast-check';
import { expect, test } from 'vitest';
import { amountText, minorOf, moneyOf } from '../../../core/backtest/money.ts';
import { allRows, type Sketch, tableOf } from './rows.ts';

const moneyOfAll = (sketches: readonly Sketch[]) => {
  const table = tableOf(sketches);
  return moneyOf(table, allRows(table));
};

test('money is summed by currency, outcome and truth, and by day', () => {
  const { total, daily } = moneyOfAll([
    { outcome: 'decline', fraud: true, amountMinor: 12_345 },
    { outcome: 'review', fraud: true, amountMinor: 5 },
    { outcome: 'decline', fraud: false, amountMinor: 700 },
    { outcome: 'decline', fraud: null, amountMinor: 900 },
    { at: 1, outcome: 'approve', fraud: true, amountMinor: 100 },
    { at: 1, outcome: 'approve', fraud: true, amountMinor: 100, currency: 'JPY' },
    { at: 1, outcome: 'approve', fraud: false, amountMinor: -250 },
  ]);
  const none = { count: 0, amount: '0.00' };
  expect(total).toEqual([
    {
      currency: 'EUR',
      fraud_declined: { count: 1, amount: '123.45' },
      fraud_reviewed: { count: 1, amount: '0.05' },
      fraud_missed: { count: 1, amount: '1.00' },
      legit_declined: { count: 1, amount: '7.00' },
      legit_reviewed: none,
      legit_approved: { count: 1, amount: '-2.50' },
      unlabelled_declined: { count: 1, amount: '9.00' },
      unlabelled_reviewed: none,
      unlabelled_approved: none,
    },
    expect.objectContaining({ currency: 'JPY', fraud_missed: { count: 1, amount: '100' }, legit_declined: { count: 0, amount: '0' } }),
  ]);
  expect(daily.map(({ day, currency, fraud_missed }) => [day, currency, fraud_missed.amount])).toEqual([
    ['2026-01-05', 'EUR', '0.00'],
    ['2026-01-06', 'EUR', '1.00'],
    ['2026-01-06', 'JPY', '100'],
  ]);
});

test('sums past what a double holds are exact', () => {
  const most = Number.MAX_SAFE_INTEGER;
  expect(moneyOfAll([{ amountMinor: most }, { amountMinor: most }, { amountMinor: 1 }]).total[0]?.legit_approved.amount).toBe(
    '180143985094819.83',
  );
});

test('an amount is an exact decimal of its currency and reads back', () => {
  expect(amountText(-5n, 'EUR')).toBe('-0.05');
  expect(amountText(1_234n, 'KWD')).toBe('1.234');
  expect(amountText(7n, '???')).toBe('7');
  fc.assert(
    fc.property(fc.bigInt(), fc.constantFrom('EUR', 'JPY', 'KWD', 'CLF'), (minor, currency) => {
      expect(minorOf(amountText(minor, currency))).toBe(minor);
    }),
  );
});
