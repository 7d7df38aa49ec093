import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyFeature } from '../../../core/definition/features.ts';
import { currency, money, text } from '../../../core/definition/fields.ts';
import { definePipeline } from '../../../core/definition/pipeline.ts';
import type { Event, FieldValue } from '../../../core/model.ts';
import { compileRules } from '../../../core/rules/compile.ts';
import type { FeatureValues } from '../../../core/rules/decision.ts';
import type { Explanation } from '../../../core/rules/explain.ts';

const DAY_MS = 86_400_000;
const feature = { over: 'payment', windowMs: DAY_MS, tileMs: DAY_MS, description: 'x' } as const;
const pipeline = definePipeline({
  name: 'test',
  version: 1,
  eventTypes: {
    payment: {
      description: 'A payment.',
      table: 'payments',
      key: 'customer',
      fields: { customer: text(), amount: money({ currencyField: 'currency' }), currency: currency(), country: text({ optional: true }) },
    },
  },
  aggregates: {},
  features: {
    count_1d: keyFeature({ ...feature, measure: 'count' }),
    mean_1d: keyFeature({ ...feature, measure: 'mean', field: 'amount', per: ['currency'] }),
  },
  decision: { over: 'payment', reviewPoints: 4, declinePoints: 10 },
});

function explain(
  conditions: readonly (readonly [condition: string, points: number])[],
  values: Record<string, FieldValue>,
  features: FeatureValues,
): Explanation {
  const rules = conditions.map(([condition, points], i) => ({
    ...({
      id: `r${i}`,
      version: 1,
      owner: 'o',
      status: 'active',
      description: 'd',
      on: 'payment',
      condition,
      points,
      reason: 'x',
    } as const),
    alert: { groupBy: 'customer', coolDownMs: 1 },
  }));
  const all = { event_id: 'e', event_time: 1_000, customer: 'c', amount: 500, currency: 'EUR', ...values };
  const event: Event = { type: 'payment', id: 'e', timeMs: 1_000, key: 'c', values: all };
  return compileRules({ rules, lists: [] }, pipeline, 'v').explain(event, features);
}

const one = (condition: string, values: Record<string, FieldValue>, features: FeatureValues = { count_1d: 7, mean_1d: 100 }) =>
  explain([[condition, 4]], values, features).rules[0];

describe('the smallest change that turns a rule', () => {
  test.each<[string, number, number]>([
    ['event.amount_minor > 22000', 23_000, 22_000],
    ['event.amount_minor >= 22000', 23_000, 21_999],
    ['event.amount_minor > 22000', 21_000, 22_001],
    ['event.amount_minor < 100', 50, 100],
    ['event.amount_minor == 500', 500, 499],
    ['double(event.amount_minor) > 3.0 * features.mean_1d', 301, 300],
    ['event.amount_minor / 7 >= 3', 30, 20],
    ['!(event.amount_minor <= 100)', 101, 100],
    ['event.amount_minor > 100 && event.amount_minor < 1000', 500, 100],
    ['event.amount_minor > 100 || event.amount_minor > 300', 500, 100],
  ])('%s of %d turns at %d', (condition, amount, to) => {
    const found = one(condition, { amount });
    expect(found?.flips.filter(({ path }) => path === 'event.amount_minor')).toEqual([{ path: 'event.amount_minor', from: amount, to }]);
  });

  test('may be that of a feature', () => {
    expect(one('features.count_1d >= 5 && event.amount_minor > 100', {})?.flips).toEqual([
      { path: 'features.count_1d', from: 7, to: 4 },
      { path: 'event.amount_minor', from: 500, to: 100 },
    ]);
    const [mean] =
      one('double(event.amount_minor) > 3.0 * features.mean_1d', {})?.flips.filter(({ path }) => path === 'features.mean_1d') ?? [];
    expect(mean?.to).toBeCloseTo(500 / 3, 6);
  });

  test('is not told of rules without a value, or which no number turns', () => {
    expect(one('features.mean_1d > 1.0', {}, { count_1d: 0, mean_1d: null })).toMatchObject({ outcome: 'no history', flips: [] });
    expect(one('event.currency == "EUR"', {})).toMatchObject({ outcome: 'fired', flips: [] });
    expect(one('event.amount_minor > 100 && event.currency == "SEK"', {})).toMatchObject({ outcome: 'not fired', flips: [] });
  });

  test('is the smallest, for any bounds and amounts', () => {
    const bound = fc.integer({ min: -50, max: 50 });
    const condition = fc
      .array(fc.tuple(fc.constantFrom('>', '>=', '<', '<=', '==', '!='), bound, fc.constantFrom('&&', '||')), {
        minLength: 1,
        maxLength: 4,
      })
      .map((parts) => parts.map(([sign, to, join], i) => `${i === 0 ? '' : ` ${join} `}event.amount_minor ${sign} ${to}`).join(''));
    fc.assert(
      fc.property(condition, fc.integer({ min: -60, max: 60 }), (text, amount) => {
        const fires = (value: number): boolean => one(text, { amount: value })?.outcome === 'fired';
        const [flip] = one(text, { amount })?.flips ?? [];
        const away = Array.from({ length: 120 }, (_, i) => i + 1).find(
          (step) => fires(amount - step) !== fires(amount) || fires(amount + step) !== fires(amount),
        );
        expect(flip === undefined ? undefined : Math.abs(flip.to - amount)).toBe(away);
      }),
      { numRuns: 60 },
    );
  });
});

test('every test of a condition is told with what it compared, held or not', () => {
  expect(one('event.amount_minor > 100 && (features.count_1d > 9 || event.country == "NL")', {})).toEqual({
    ...{ ruleId: 'r0', status: 'active', points: 4, outcome: 'failed', flips: [] },
    tests: [
      { test: 'event.amount_minor > 100', value: 500, bound: 100, holds: true },
      { test: 'features.count_1d > 9', value: 7, bound: 9, holds: false },
      { test: 'event.country == "NL"', bound: 'NL', fault: 'event.country is absent' },
    ],
    values: { 'event.amount_minor': 500, 'features.count_1d': 7 },
  });
});

test('a change that turns one rule is told of the decision only if it turns that, too', () => {
  const { decision, flips } = explain(
    [
      ['event.amount_minor > 100', 4],
      ['event.amount_minor > 200', 10],
      ['features.count_1d > 6', 1],
    ],
    {},
    { count_1d: 7, mean_1d: null },
  );
  expect(decision).toMatchObject({ outcome: 'decline', score: 15 });
  expect(flips).toEqual([
    { path: 'event.amount_minor', from: 500, to: 100, ruleId: 'r0', outcome: 'approve' },
    { path: 'event.amount_minor', from: 500, to: 200, ruleId: 'r1', outcome: 'review' },
  ]);
});
