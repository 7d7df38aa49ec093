import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Event, FieldValue } from '../../../core/model.ts';
import { compileKeyFeatures } from '../../../core/profiles/features.ts';
import type { RingStates } from '../../../core/profiles/rings.ts';
import { addToTile, appendTile, compileTileFeatures, emptyTile, type KeyTiles, matches } from '../../../core/profiles/tiles.ts';
import { compileRules, type RuleSet } from '../../../core/rules/compile.ts';
import type { Decision } from '../../../core/rules/decision.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { loadRules } from '../../../pipelines/rule-files.ts';
import { UNSEEN } from './pack/judge.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2024, 0, 1);

const keyFeatures = compileKeyFeatures(pipeline);
const tileFeatures = compileTileFeatures(pipeline);
let rules: RuleSet;

beforeAll(async () => {
  const loaded = await loadRules('pipelines/payments');
  rules = compileRules(loaded, pipeline, loaded.version);
});

function transaction(id: string, timeMs: number, values: Record<string, FieldValue> = {}): Event {
  const all = { event_id: id, event_time: timeMs, customer_id: 'c1', terminal_id: 't1', amount: 1_000, currency: 'EUR', ...values };
  return { type: 'transaction', id, timeMs, key: String(all.customer_id), values: all };
}

const FOR_PLAIN = ['amount-over-limit', 'amount-over-own-mean', 'customer-velocity', 'terminal-known-fraud'];
/** A customer who has paid a moment ago, otherwise nothing. */
const QUIET = { ...UNSEEN, customer_since_last_60d: 0 };
const judge = (values: Record<string, FieldValue>, features: Record<string, number | null> = {}): Decision =>
  rules.judge(transaction('e', START, values), { ...QUIET, ...features });

test('rules without optional fields that could decide about any payment are these four; all others of that kind are in shadow', () => {
  const plain = rules.rules.filter(({ condition }) => !condition.includes('has(') && !condition.includes('lists.'));
  expect(plain.filter(({ status }) => status !== 'shadow').map(({ id }) => id)).toEqual(FOR_PLAIN);
  expect(new Set(rules.rules.map(({ status }) => status))).toEqual(new Set(['active', 'shadow']));
});

interface Edge {
  readonly rule: string;
  readonly at: Readonly<Record<string, FieldValue>>;
  readonly features?: Readonly<Record<string, number | null>>;
  readonly below: Readonly<Record<string, FieldValue>>;
  readonly featuresBelow?: Readonly<Record<string, number | null>>;
  readonly reason: string;
  readonly values: Readonly<Record<string, FieldValue>>;
  readonly outcome: string;
  readonly coolDownMs: number;
  readonly group: string;
}

describe('each rule for plain payments fires at its edge and not one below', () => {
  const over30d = (count: number, mean: number): Record<string, number> => ({ customer_count_30d: count, customer_mean_minor_30d: mean });

  test.each<Edge>([
    {
      rule: 'amount-over-limit',
      at: { amount: 22_001 },
      below: { amount: 22_000 },
      reason: 'amount 22001 minor units is over the limit of 22000',
      values: { 'event.currency': 'EUR', 'event.amount_minor': 22_001 },
      outcome: 'decline',
      coolDownMs: HOUR_MS,
      group: 'c1',
    },
    {
      rule: 'amount-over-limit',
      at: { amount: 22_001 },
      below: { amount: 99_999, currency: 'JPY' },
      reason: 'amount 22001 minor units is over the limit of 22000',
      values: { 'event.currency': 'EUR', 'event.amount_minor': 22_001 },
      outcome: 'decline',
      coolDownMs: HOUR_MS,
      group: 'c1',
    },
    {
      rule: 'amount-over-own-mean',
      at: { amount: 3_001 },
      features: over30d(10, 1_000),
      below: { amount: 3_000 },
      featuresBelow: over30d(10, 1_000),
      reason: 'amount 3001 is over 3 times the 30-day mean 1000 of 10 payments',
      values: { 'features.customer_count_30d': 10, 'event.amount_minor': 3_001, 'features.customer_mean_minor_30d': 1_000 },
      outcome: 'review',
      coolDownMs: DAY_MS,
      group: 'c1',
    },
    {
      rule: 'amount-over-own-mean',
      at: { amount: 3_001 },
      features: over30d(10, 1_000 + 1 / 3 - 1e-9),
      below: { amount: 20_000 },
      featuresBelow: over30d(9, 1),
      reason: 'amount 3001 is over 3 times the 30-day mean 1000.33 of 10 payments',
      values: { 'features.customer_count_30d': 10, 'event.amount_minor': 3_001, 'features.customer_mean_minor_30d': 1_000 + 1 / 3 - 1e-9 },
      outcome: 'review',
      coolDownMs: DAY_MS,
      group: 'c1',
    },
    {
      rule: 'customer-velocity',
      at: {},
      features: { customer_count_1h: 5 },
      below: {},
      featuresBelow: { customer_count_1h: 4 },
      reason: '5 earlier payments of this customer in the last hour',
      values: { 'features.customer_count_1h': 5 },
      outcome: 'review',
      coolDownMs: HOUR_MS,
      group: 'c1',
    },
    {
      rule: 'terminal-known-fraud',
      at: {},
      features: { terminal_frauds_28d: 1 },
      below: {},
      featuresBelow: { terminal_frauds_28d: 0 },
      reason: '1 frauds at this terminal became known in the last 28 days',
      values: { 'features.terminal_frauds_28d': 1 },
      outcome: 'review',
      coolDownMs: DAY_MS,
      group: 't1',
    },
  ])('$rule: $reason', ({ rule, at, features, below, featuresBelow, reason, values, outcome, coolDownMs, group }) => {
    const decision = judge(at, features);
    expect(decision.fired).toMatchObject([{ ruleId: rule, ruleVersion: 1, reason, values, coolDownMs, alertGroup: group }]);
    expect(decision).toMatchObject({ outcome, failed: [], noHistory: [] });
    expect(judge(below, featuresBelow)).toMatchObject({ fired: [], score: 0, outcome: 'approve', failed: [], noHistory: [] });
  });

  test('points add up to an outcome', () => {
    const decision = judge(
      { amount: 500 },
      { customer_count_1h: 9, terminal_frauds_28d: 2, customer_count_30d: 10, customer_mean_minor_30d: 100 },
    );
    expect(decision).toMatchObject({ score: 12, outcome: 'decline' });
  });
});

/** One event of the random stream with its arrival order. */
interface Arrival {
  readonly event: Event;
  readonly arrivalMs: number;
}

const arrival = fc.record({
  isLabel: fc.nat({ max: 4 }).map((n) => n === 0),
  // Bursts within the first hours of few days, so that every window holds something and both its edges are met.
  timeMs: fc.tuple(fc.constantFrom(0, 1, 28, 29, 30, 31), fc.nat({ max: 4 * HOUR_MS })).map(([day, ms]) => START + day * DAY_MS + ms),
  delayMs: fc.nat({ max: 60_000 }),
  customer: fc.constantFrom('c1', 'c2'),
  terminal: fc.constantFrom('t1', 't2', 't3'),
  amount: fc.oneof({ weight: 8, arbitrary: fc.nat({ max: 300 }) }, { weight: 1, arbitrary: fc.integer({ min: 21_990, max: 22_010 }) }),
  currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'USD'),
  fraud: fc.boolean(),
});

type Drawn = typeof arrival extends fc.Arbitrary<infer T> ? T : never;

function arrivalsOf(drawn: readonly Drawn[]): Arrival[] {
  const all = drawn.map((one, i): Arrival => {
    const { isLabel, timeMs, delayMs, customer, terminal, amount, currency, fraud } = one;
    const event: Event = isLabel
      ? {
          type: 'label',
          id: `l${i}`,
          timeMs,
          key: customer,
          values: {
            event_id: `l${i}`,
            event_time: timeMs,
            transaction_id: 'x',
            transaction_time: timeMs,
            customer_id: customer,
            terminal_id: terminal,
            fraud,
          },
        }
      : transaction(`t${i}`, timeMs, { customer_id: customer, terminal_id: terminal, amount, currency });
    return { event, arrivalMs: timeMs + delayMs };
  });
  return all.sort((a, b) => a.arrivalMs - b.arrivalMs);
}

/** Which shipped rules fire, by plain scans over all earlier arrivals. */
function naiveRules(event: Event, earlier: readonly Event[], frontierMs: number): string[] {
  const { amount, currency, terminal_id: terminal } = event.values;
  const paidSince = (fromMs: number, endMs: number): Event[] =>
    earlier.filter((one) => one.type === 'transaction' && one.key === event.key && one.timeMs >= fromMs && one.timeMs < endMs);
  const minute = Math.floor(event.timeMs / 60_000) * 60_000;
  const day = Math.floor(event.timeMs / DAY_MS) * DAY_MS;
  const own = paidSince(day - 30 * DAY_MS, day + DAY_MS).filter((one) => one.values['currency'] === currency);
  const spent = own.reduce((sum, one) => sum + Number(one.values['amount']), 0);
  const known = Math.min(Math.floor((event.timeMs - 2 * HOUR_MS) / HOUR_MS) * HOUR_MS, frontierMs);
  const frauds = earlier.filter(
    ({ type, values, timeMs }) =>
      type === 'label' && values['fraud'] === true && values['terminal_id'] === terminal && timeMs >= known - 28 * DAY_MS && timeMs < known,
  );
  const fired: string[] = [];
  if (currency === 'EUR' && Number(amount) > 22_000) fired.push('amount-over-limit');
  if (own.length >= 10 && Number(amount) > 3 * (spent / own.length)) fired.push('amount-over-own-mean');
  if (paidSince(minute - HOUR_MS, minute + 60_000).length >= 5) fired.push('customer-velocity');
  if (frauds.length > 0) fired.push('terminal-known-fraud');
  return fired;
}

test('on a random stream without optional fields rules fire exactly where plain scans of those four say so', () => {
  const firings = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(arrival, { minLength: 60, maxLength: 160 }), (drawn) => {
      const profiles = new Map<string, RingStates>();
      const tiles = new Map<string, KeyTiles>();
      const earlier: Event[] = [];
      let maxMs = START;
      for (const { event } of arrivalsOf(drawn)) {
        const profile = profiles.get(event.key) ?? {};
        profiles.set(event.key, profile);
        maxMs = Math.max(maxMs, event.timeMs);
        const oldestMs = maxMs - 660_000;
        const frontierMs = Math.floor(oldestMs / HOUR_MS) * HOUR_MS;
        if (event.type === 'transaction') {
          const features = {
            ...keyFeatures.read(profile, event, event.timeMs),
            ...tileFeatures.read(event, event.timeMs, frontierMs, (ringId, key) => tiles.get(`${ringId}#${key}`)),
          };
          const fired = rules.judge(event, features).fired.map(({ ruleId }) => ruleId);
          expect(fired).toEqual(naiveRules(event, earlier, frontierMs));
          for (const id of fired) firings.set(id, (firings.get(id) ?? 0) + 1);
        }
        earlier.push(event);
        keyFeatures.add(profile, event);
        keyFeatures.expire(profile, oldestMs);
        for (const ring of tileFeatures.rings) {
          if (!matches(ring, event)) continue;
          const id = `${ring.ringId}#${event.values[ring.by]}`;
          const startMs = Math.floor(event.timeMs / ring.tileMs) * ring.tileMs;
          const before = tiles.get(id) ?? [];
          const tile = before.find(([start]) => start === startMs)?.[1] ?? emptyTile(ring);
          tiles.set(
            id,
            appendTile(before, startMs, addToTile(tile, ring, event), oldestMs - ring.windowMsMax - ring.delayMsMax - ring.tileMs),
          );
        }
      }
    }),
    { numRuns: 25 },
  );
  for (const id of FOR_PLAIN) expect(firings.get(id), id).toBeGreaterThan(0);
});
