import { describe, expect, test } from 'vitest';
import { messageFor, refuses } from './support.ts';

const BUDGET = { perDay: 100, currency: 'EUR' };

describe('what a pipeline says about alerts', () => {
  test.each([
    ['nothing', undefined],
    ['an amount', { amount: 'price' }],
    ['a budget', { amount: 'price', budget: BUDGET }],
    ['a budget on its limits, with rates', { amount: 'price', budget: { perDay: 500, currency: 'EUR', rates: { USD: 0.9, JPY: 0.006 } } }],
  ])('%s is accepted', (_, alerts) => {
    expect(messageFor({ alerts })).toBe('accepted');
  });

  refuses([
    ['an amount that is no field', 'alerts', { amount: 'cost' }, '.amount: got "cost"; allowed: a field of kind money'],
    ['an amount that is no money', 'alerts', { amount: 'shop_id' }, '.amount: got "shop_id of kind string"'],
    ['a budget without an amount', 'alerts', { budget: BUDGET }, '.amount: got undefined; allowed: a money field'],
    [
      'a budget of none',
      'alerts',
      { amount: 'price', budget: { ...BUDGET, perDay: 0 } },
      '.budget.perDay: got 0; allowed: a whole number in 1..500',
    ],
    ['a budget of too many', 'alerts', { amount: 'price', budget: { ...BUDGET, perDay: 501 } }, '.budget.perDay: got 501'],
    ['a currency that is none', 'alerts', { amount: 'price', budget: { ...BUDGET, currency: 'EURO' } }, '.budget.currency: got "EURO"'],
    ['a rate of none', 'alerts', { amount: 'price', budget: { ...BUDGET, rates: { XYZ: 1 } } }, '.budget.rates: got "XYZ"'],
    ['a rate of zero', 'alerts', { amount: 'price', budget: { ...BUDGET, rates: { USD: 0 } } }, '.budget.rates.USD: got 0'],
    ['a rate of its own currency', 'alerts', { amount: 'price', budget: { ...BUDGET, rates: { EUR: 1 } } }, '.budget.rates: got "EUR"'],
  ]);

  test('needs a decision', () => {
    expect(messageFor({ alerts: { amount: 'price' }, decision: undefined, features: undefined })).toContain('alerts: got');
  });
});
