import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyFeature } from '../../../core/definition/features.ts';
import type { Event } from '../../../core/model.ts';
import { compileKeyFeatures } from '../../../core/profiles/features.ts';
import { memoryMsOf } from '../../../core/profiles/key-rings.ts';
import type { RingStates } from '../../../core/profiles/rings.ts';
import { eventAt, HOUR_MS, MINUTE_MS, naiveFeature } from './naive.ts';
import { paymentsPipeline } from './payments.ts';

const RATIO = keyFeature({
  ...{ description: 'x', over: 'payment', measure: 'ratio', field: 'amount', per: ['currency'] },
  ...{ windowMs: HOUR_MS, tileMs: MINUTE_MS, usual: { dropOneIn: 4, prior: 500 } },
});
const LARGEST = keyFeature({
  ...{ description: 'x', over: 'payment', measure: 'max', field: 'features.ratio' },
  ...{ windowMs: 30 * MINUTE_MS, tileMs: 10 * MINUTE_MS },
});
const SPECS = { ratio: RATIO, largest: LARGEST };

const payment = fc
  .record({
    offsetMs: fc.integer({ min: 0, max: 2 * HOUR_MS }),
    amount: fc.integer({ min: -500, max: 5_000 }),
    currency: fc.constantFrom('EUR', 'USD'),
  })
  .map(({ offsetMs, ...values }): Event => eventAt('payment', Date.UTC(2024, 0, 1) + offsetMs, values));

/** The largest ratio that an earlier arrival in the window had when it came, by a plain scan. */
function naiveLargest(judged: Event, earlier: readonly Event[]): number | null {
  const tile = Math.floor(judged.timeMs / LARGEST.tileMs) * LARGEST.tileMs;
  const values = earlier.flatMap((one, at) => {
    const isInside = one.timeMs >= tile - LARGEST.windowMs && one.timeMs < tile + LARGEST.tileMs;
    return isInside ? (naiveFeature(RATIO, one, one.timeMs, earlier.slice(0, at), null) ?? []) : [];
  });
  return values.length === 0 ? null : Math.max(...values);
}

test('a feature of a feature is what a scan over the values of then gives, through stored state, whatever is forgotten', () => {
  const features = compileKeyFeatures(paymentsPipeline(SPECS));
  fc.assert(
    fc.property(fc.array(payment, { maxLength: 40 }), fc.integer({ min: 0, max: 40 }), (events, storedAt) => {
      let states: RingStates = {};
      for (const [i, one] of events.entries()) {
        if (i === storedAt) states = JSON.parse(JSON.stringify(states)) as RingStates;
        expect(features.read(states, one, one.timeMs)['largest']).toBe(naiveLargest(one, events.slice(0, i)));
        features.add(states, one);
      }
    }),
  );
});

test('the memory of a feature of a feature is that of both', () => {
  const { rings } = compileKeyFeatures(paymentsPipeline(SPECS));
  expect(rings.map(memoryMsOf)).toEqual([HOUR_MS + MINUTE_MS, 40 * MINUTE_MS + HOUR_MS + MINUTE_MS]);
});

test('a ring of its own for each feature that is remembered, whatever its name', () => {
  const idOf = (prior: number): string | undefined =>
    compileKeyFeatures(paymentsPipeline({ ...SPECS, ratio: { ...RATIO, usual: { dropOneIn: 4, prior } } })).rings[1]?.ringId;
  expect(idOf(500)).not.toBe(idOf(501));
});
