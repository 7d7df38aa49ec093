import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../../core/model.ts';
import { createRandom } from '../../../core/random.ts';
import { compileRules } from '../../../core/rules/compile.ts';
import { compileBins } from '../../../core/scorecard/bins.ts';
import { type FittedScorecard, fitScorecard, scoreOf } from '../../../core/scorecard/fit.ts';
import { cardRules, firedIn } from '../../../core/scorecard/rules.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { BINS, cardOf, drawnCounts } from './card.ts';

const WEIGHTS = [
  [0, 0.5, 1, 4],
  [0, 0.4, 1.2, 3],
  [3, 1, 0],
];
const fittedCard = (bins = BINS): FittedScorecard =>
  fitScorecard(cardOf(bins), drawnCounts(createRandom(3), { intercept: -5, rows: 60_000, weights: WEIGHTS }));
const fitted = fittedCard();

function paymentOf(amount: number, currency: string): Event {
  const values = { event_id: 'p', event_time: 0, customer_id: 'ada', terminal_id: 't', amount, currency };
  return { type: 'transaction', id: 'p', timeMs: 0, key: 'ada', values };
}

/** Values around every threshold, on it, and none. */
const near = (at: readonly number[], step: number) =>
  fc.oneof(...at.flatMap((one) => [fc.constant(one - step), fc.constant(one), fc.constant(one + step)]), fc.constant(0));
const given = fc.record({
  amount: near(BINS[0]?.at ?? [], 1),
  currency: fc.constantFrom('EUR', 'USD'),
  ratio: fc.option(near(BINS[1]?.at ?? [], Number.EPSILON * 4)),
  age: fc.option(near(BINS[2]?.at ?? [], 1)),
});

describe('the rules of a scorecard', () => {
  const judged = (card: FittedScorecard) => {
    const rules = compileRules({ rules: cardRules(card, { pipeline, status: 'active' }), lists: [] }, pipeline, 'card');
    const placesOf = compileBins(card.card, pipeline);
    return ({ amount, currency, ratio, age }: { amount: number; currency: string; ratio: number | null; age: number | null }) => {
      const event = paymentOf(amount, currency);
      const features = { customer_ratio_30d: ratio, terminal_run_age_days_28d: age };
      return { decision: rules.judge(event, features), places: placesOf(event, features) };
    };
  };

  test.each([
    ['as they are', BINS],
    ['with a condition of two parts', BINS.map((bin) => ({ ...bin, where: 'event.currency == "EUR" || event.currency == "CHF"' }))],
  ])('give the points of the table, %s', (_, bins) => {
    const card = fittedCard(bins);
    const of = judged(card);
    const seen = new Set<number>();
    fc.assert(
      fc.property(given, (one) => {
        const { decision, places } = of(one);
        seen.add(decision.score);
        expect(decision.score).toBe(scoreOf(card, places));
        expect(decision.fired.map(({ ruleId }) => ruleId).sort()).toEqual(firedIn(card, places).sort());
        expect(decision.failed).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
    expect(seen.size).toBeGreaterThan(15);
  });

  test('are one for each bin with points, and read as a person would write them', () => {
    const rules = cardRules(fitted, { pipeline, status: 'draft' });
    expect(rules).toHaveLength(fitted.entries.flatMap(({ bins }) => bins.filter(({ points }) => points > 0)).length);
    expect(rules.find(({ id }) => id === 'card-amount-20000')).toMatchObject({
      condition: 'event.currency == "EUR" && event.amount_minor >= 20000 && event.amount_minor < 22000',
      reason: 'amount {event.amount_minor}: 20000 to below 22000',
      alert: { groupBy: 'customer_id' },
    });
    expect(rules.find(({ id }) => id === 'card-ratio-3-5')?.condition).toBe('features.customer_ratio_30d >= 3.5');
    expect(rules.find(({ id }) => id === 'card-ratio-2')?.condition).toBe(
      'features.customer_ratio_30d >= 2.0 && features.customer_ratio_30d < 3.5',
    );
    expect(rules.find(({ id }) => id === 'card-run-age-below-14')).toMatchObject({
      condition: 'features.terminal_run_age_days_28d < 14',
      status: 'draft',
      alert: { groupBy: 'terminal_id' },
    });
  });

  test('of two entries must not share an id', () => {
    const twice = BINS.slice(0, 2).map((bin, i) => ({ ...bin, ...(i === 0 ? { name: 'a', at: [1, 2, 3] } : { name: 'a' }) }));
    const card = fitScorecard(cardOf(twice), drawnCounts(createRandom(3), { intercept: -4, rows: 60_000, weights: WEIGHTS.slice(0, 2) }));
    expect(() => cardRules(card, { pipeline, status: 'draft' })).toThrow('rule id: got "card-a-2"');
  });
});

test('a value that is on a threshold is in the bin above it', () => {
  const placesOf = compileBins(cardOf(), pipeline);
  const places = (amount: number, ratio: number | null, age: number | null, currency = 'EUR') =>
    [...placesOf(paymentOf(amount, currency), { customer_ratio_30d: ratio, terminal_run_age_days_28d: age })].map((one) =>
      one.charCodeAt(0),
    );
  expect(places(4_999, 1.5, 13)).toEqual([1, 2, 1]);
  expect(places(5_000, 3.4999, 14)).toEqual([2, 3, 2]);
  expect(places(22_000, 3.5, 28)).toEqual([4, 4, 3]);
  expect(places(22_000, null, null, 'USD')).toEqual([0, 0, 0]);
});

test.each([
  [{ ...cardOf(), on: 'label' }, /scorecard card: on: got "label"; allowed: transaction/],
  [cardOf([{ name: 'a', of: 'event.currency', at: [1], moreIs: 'any' }]), /bins.0.of: got "event.currency"; allowed: event.amount_minor, /],
  [cardOf([{ name: 'a', of: 'event.amount_minor', at: [1.5], moreIs: 'any' }]), /bins.0.at: got 1.5; allowed: whole numbers/],
  [
    cardOf([{ name: 'a', of: 'event.amount_minor', at: [1], moreIs: 'any', where: 'event.curency == "EUR"' }]),
    /bins.0.where: condition.*curency/,
  ],
])('a scorecard that does not fit the pipeline is refused', (card, message) => {
  expect(() => compileBins(card, pipeline)).toThrow(message);
});
