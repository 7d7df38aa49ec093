import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyFeature, tileFeature } from '../../../core/definition/features.ts';
import type { Pipeline } from '../../../core/definition/pipeline.ts';
import type { Event } from '../../../core/model.ts';
import { compileKeyFeatures } from '../../../core/profiles/features.ts';
import { memoryMsOf } from '../../../core/profiles/key-rings.ts';
import type { RingStates } from '../../../core/profiles/rings.ts';
import { compileTileFeatures, markMemoryMsOf } from '../../../core/profiles/tiles.ts';
import { eventAt, HOUR_MS, naiveFeature } from './naive.ts';
import { paymentsPipeline } from './payments.ts';

const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2024, 0, 1);
const REMEMBER_MS = 3 * DAY_MS;

const RATIO = keyFeature({
  ...{ description: 'x', over: 'payment', measure: 'ratio', field: 'amount', per: ['currency'] },
  ...{ windowMs: 2 * DAY_MS, tileMs: DAY_MS, usual: { dropOneIn: 4, prior: 500 } },
});
const FRAUDS = tileFeature({
  ...{ description: 'x', over: 'label', measure: 'count', by: 'terminal', where: { fraud: true, explained: false } },
  ...{ windowMs: DAY_MS, tileMs: HOUR_MS, delayMs: 2 * HOUR_MS },
});
const WHEN = 'event.amount_minor > 3000 || features.ratio >= 2.0';

function explaining(when = WHEN, rememberMs = REMEMBER_MS): Pipeline {
  return paymentsPipeline({ ratio: RATIO, frauds: FRAUDS }, { when, rememberMs });
}

const features = compileKeyFeatures(explaining());

const step = fc.record({
  hours: fc.nat({ max: 48 }),
  amount: fc.integer({ min: 0, max: 4_000 }),
  fraud: fc.boolean(),
  // How many payments before the label its subject lies; beyond the first it is none that ever was.
  back: fc.nat({ max: 8 }),
});

describe('a label is explained', () => {
  test('if its fraud was unusual when it was made, as a scan over the payments of then says, through stored state', () => {
    const seen = { explained: 0, forgotten: 0, plain: 0 };
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 40 }), fc.nat({ max: 40 }), (steps, storedAt) => {
        let states: RingStates = {};
        let nowMs = START;
        const payments: Event[] = [];
        for (const [i, { hours, amount, fraud, back }] of steps.entries()) {
          if (i === storedAt) states = JSON.parse(JSON.stringify(states)) as RingStates;
          nowMs += hours * HOUR_MS;
          const payment = eventAt('payment', nowMs, { amount });
          features.add(states, payment);
          payments.push(payment);
          const subject = payments.at(-1 - back);
          const label = eventAt('label', nowMs + 1, { fraud, payment_id: subject?.id ?? 'nobody', payment_time: nowMs });
          const told = features.told(label, () => states);
          const isMarked = subject !== undefined && isUnusual(subject, payments.slice(0, payments.length - 1 - back));
          const isRemembered = subject !== undefined && dayOf(subject.timeMs) >= dayOf(label.timeMs) - REMEMBER_MS / DAY_MS;
          expect(told.values['explained']).toBe(fraud && isMarked && isRemembered);
          if (fraud) seen[isMarked ? (isRemembered ? 'explained' : 'forgotten') : 'plain'] += 1;
          features.expire(states, nowMs);
        }
      }),
    );
    for (const [kind, times] of Object.entries(seen)) expect(times, kind).toBeGreaterThan(10);
  });

  test('as it was told before, whatever the key knows now', () => {
    const label = eventAt('label', START, { fraud: true, payment_id: 'nobody', payment_time: START });
    const unread = (): RingStates => {
      throw new Error('nothing is looked at');
    };
    expect(features.told(label, unread, true).values['explained']).toBe(true);
    expect(features.told({ ...label, values: { ...label.values, fraud: false } }, unread, undefined).values['explained']).toBe(false);
  });

  test('never, in a pipeline that does not say what explains', () => {
    const label = eventAt('label', START, { fraud: true });
    expect(compileKeyFeatures(paymentsPipeline({ ratio: RATIO })).told(label, () => ({}))).toBe(label);
  });
});

test('marks have the memory of what they were made of, and so have tiles that leave explained labels out', () => {
  const [ratio, marks] = [DAY_MS + 2 * DAY_MS, DAY_MS + REMEMBER_MS];
  expect(features.marks === undefined ? undefined : memoryMsOf(features.marks)).toBe(marks + ratio);
  const [ring] = compileTileFeatures(explaining(), features.marks).rings;
  expect(ring === undefined ? undefined : markMemoryMsOf(ring)).toBe(marks + ratio);
});

test('another condition, or another memory, makes other rings: of profiles and of tiles', () => {
  const idsOf = (pipeline: Pipeline): readonly unknown[] => {
    const { marks } = compileKeyFeatures(pipeline);
    return [marks?.ringId, compileTileFeatures(pipeline, marks).rings[0]?.ringId];
  };
  const all = [explaining(), explaining(`${WHEN} || features.ratio >= 9.0`), explaining(WHEN, 4 * DAY_MS)].map(idsOf);
  for (const at of [0, 1]) expect(new Set(all.map((ids) => ids[at])).size).toBe(3);
});

test.each([
  ['features.frauds > 0', /decision\.labels\.explained\.when: condition.*features\.frauds/s],
  ['event.amout_minor > 1', /decision\.labels\.explained\.when: condition.*event\.amount_minor/s],
  ['features.ratio', /decision\.labels\.explained\.when: condition/],
])('%s is no condition for it', (when, message) => {
  expect(() => compileKeyFeatures(explaining(when))).toThrow(message);
});

test.each([0, DAY_MS - 1, 1.5 * DAY_MS])('%d ms is no time to remember', (rememberMs) => {
  expect(() => explaining(WHEN, rememberMs)).toThrow(/decision\.labels\.explained\.rememberMs/);
});

function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

function isUnusual(payment: Event, earlier: readonly Event[]): boolean {
  return Number(payment.values['amount']) > 3_000 || (naiveFeature(RATIO, payment, payment.timeMs, earlier, null) ?? 0) >= 2;
}
