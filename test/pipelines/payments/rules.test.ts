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
const tileFeatures = compileTileFeatures(pipeline, keyFeatures.marks);
let rules: RuleSet;

beforeAll(async () => {
  const loaded = await loadRules('pipelines/payments');
  rules = compileRules(loaded, pipeline, loaded.version);
});

function transaction(id: string, timeMs: number, values: Record<string, FieldValue> = {}): Event {
  const all = { event_id: id, event_time: timeMs, customer_id: 'c1', terminal_id: 't1', amount: 1_000, currency: 'EUR', ...values };
  return { type: 'transaction', id, timeMs, key: String(all.customer_id), values: all };
}

const FOR_PLAIN = [
  ...['amount-above-usual', 'amount-far-above-usual', 'amount-out-of-pattern', 'amount-over-limit', 'amount-well-above-usual'],
  ...['customer-velocity', 'terminal-frauds-ageing', 'terminal-frauds-fresh', 'terminal-frauds-in-a-row', 'unusual-amounts-before'],
];
/** A customer who has paid a moment ago, otherwise nothing. */
const QUIET = { ...UNSEEN, customer_since_last_60d: 0, customer_ratio_30d: 1, customer_ratio_max_14d: 1 };
const judge = (values: Record<string, FieldValue>, features: Record<string, number | null> = {}): Decision =>
  rules.judge(transaction('e', START, values), { ...QUIET, ...features });

test('rules without optional fields that could decide about any payment are these; all others of that kind are in shadow', () => {
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
      rule: 'amount-out-of-pattern',
      at: {},
      features: { customer_ratio_30d: 3.6 },
      below: {},
      featuresBelow: { customer_ratio_30d: 2 },
      reason: 'amount 1000 is 3.6 times what this customer usually spends',
      values: { 'features.customer_ratio_30d': 3.6 },
      outcome: 'review',
      coolDownMs: DAY_MS,
      group: 'c1',
    },
    {
      rule: 'unusual-amounts-before',
      at: {},
      features: { customer_ratio_max_14d: 4.5 },
      below: {},
      featuresBelow: { customer_ratio_max_14d: 4 },
      reason: 'an earlier payment of the last 14 days was 4.5 times what this customer usually spends',
      values: { 'features.customer_ratio_max_14d': 4.5 },
      outcome: 'review',
      coolDownMs: DAY_MS,
      group: 'c1',
    },
    {
      rule: 'terminal-frauds-fresh',
      at: {},
      features: { terminal_run_28d: 1, terminal_run_age_days_28d: 7 },
      below: {},
      featuresBelow: { terminal_run_28d: 0, terminal_run_age_days_28d: null },
      reason: 'the latest 1 payments at this terminal of which anything is known were frauds, the first 7 days ago',
      values: { 'features.terminal_run_28d': 1, 'features.terminal_run_age_days_28d': 7 },
      outcome: 'review',
      coolDownMs: DAY_MS,
      group: 't1',
    },
  ])('$rule: $reason', ({ rule, at, features, below, featuresBelow, reason, values, outcome, coolDownMs, group }) => {
    const decision = judge(at, features);
    expect(decision.fired).toMatchObject([{ ruleId: rule, reason, values, coolDownMs, alertGroup: group }]);
    expect(decision).toMatchObject({ outcome, failed: [], noHistory: [] });
    expect(judge(below, featuresBelow)).toMatchObject({ fired: [], score: 0, outcome: 'approve', failed: [], noHistory: [] });
  });

  test('points add up to an outcome', () => {
    const decision = judge({ amount: 500 }, { customer_count_1h: 9, terminal_run_28d: 2, terminal_run_age_days_28d: 7 });
    expect(decision).toMatchObject({ score: 120, outcome: 'decline' });
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
  amount: fc.oneof(
    { weight: 8, arbitrary: fc.nat({ max: 300 }) },
    { weight: 3, arbitrary: fc.integer({ min: 5_000, max: 30_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 21_990, max: 22_010 }) },
  ),
  currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'USD'),
  fraud: fc.boolean(),
  // Of a label: which payment it is about, mostly one that was, and how many days ago that was.
  subject: fc.nat({ max: 160 }),
  age: fc.nat({ max: 30 }),
});

type Drawn = typeof arrival extends fc.Arbitrary<infer T> ? T : never;

function arrivalsOf(drawn: readonly Drawn[]): Arrival[] {
  const all = drawn.map((one, i): Arrival => {
    const { isLabel, timeMs, delayMs, customer, terminal, amount, currency, fraud, subject, age } = one;
    const event: Event = isLabel
      ? {
          type: 'label',
          id: `l${i}`,
          timeMs,
          key: customer,
          values: {
            event_id: `l${i}`,
            event_time: timeMs,
            transaction_id: `t${subject}`,
            transaction_time: timeMs - age * DAY_MS,
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

/** How many times the usual amount a payment was, by a plain scan over the arrivals before it. */
function naiveRatio(event: Event, earlier: readonly Event[]): number {
  const { currency, amount } = event.values;
  const own = paidSince(event, earlier, dayStart(event) - 30 * DAY_MS).filter((one) => one.values['currency'] === currency);
  const amounts = own.map(({ values }) => Number(values['amount'])).sort((a, b) => a - b);
  const kept = amounts.slice(0, amounts.length - Math.floor(amounts.length / 10));
  return (Number(amount) * (kept.length + 1)) / (kept.reduce((sum, one) => sum + one, 0) + 5_500);
}

/** The largest of those of the last 14 days. */
function naiveRatioMax(event: Event, earlier: readonly Event[]): number {
  return Math.max(
    ...paidSince(event, earlier, dayStart(event) - 14 * DAY_MS).map((one) => naiveRatio(one, earlier.slice(0, earlier.indexOf(one)))),
  );
}

/** Whether a label's payment was unusual in itself, as far as its customer is remembered. */
function naiveExplained(label: Event, earlier: readonly Event[]): boolean {
  const before = earlier.slice(0, earlier.indexOf(label));
  const subject = before.find(({ type, key, id }) => type === 'transaction' && key === label.key && id === label.values['transaction_id']);
  if (subject === undefined || dayStart(subject) < dayStart(label) - 15 * DAY_MS) return false;
  const then = before.slice(0, before.indexOf(subject));
  return Number(subject.values['amount']) > 20_000 || naiveRatio(subject, then) >= 2.5 || naiveRatioMax(subject, then) >= 3;
}

/** Frauds at the end of what became known of a terminal, and the day of the first of them. */
function naiveRun(event: Event, earlier: readonly Event[], knownMs: number): { readonly run: number; readonly ageDays: number } {
  const labels = earlier
    .filter(({ type, values }) => type === 'label' && values['terminal_id'] === event.values['terminal_id'])
    .filter(({ timeMs }) => timeMs >= knownMs - 28 * DAY_MS && timeMs < knownMs)
    .filter((one) => one.values['fraud'] !== true || !naiveExplained(one, earlier))
    .sort((a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1));
  const run = labels.slice(labels.findLastIndex(({ values }) => values['fraud'] !== true) + 1);
  const since = Number(run[0]?.values['transaction_time'] ?? 0);
  return { run: run.length, ageDays: (dayStart(event) - Math.floor(since / DAY_MS) * DAY_MS) / DAY_MS };
}

const dayStart = ({ timeMs }: Event): number => Math.floor(timeMs / DAY_MS) * DAY_MS;

/** Payments of the customer from a time on, up to the end of the event's day. */
function paidSince(event: Event, earlier: readonly Event[], fromMs: number, endMs = dayStart(event) + DAY_MS): Event[] {
  return earlier.filter((one) => one.type === 'transaction' && one.key === event.key && one.timeMs >= fromMs && one.timeMs < endMs);
}

/** Which shipped rules fire, by plain scans over all earlier arrivals; in the order of their ids. */
function naiveRules(event: Event, earlier: readonly Event[], frontierMs: number): string[] {
  const minute = Math.floor(event.timeMs / 60_000) * 60_000;
  const knownMs = Math.min(Math.floor((event.timeMs - 2 * HOUR_MS) / HOUR_MS) * HOUR_MS, frontierMs);
  const ratio = naiveRatio(event, earlier);
  const { run, ageDays } = naiveRun(event, earlier, knownMs);
  const fires: Readonly<Record<string, boolean>> = {
    'amount-above-usual': ratio > 2 && ratio <= 2.5,
    'amount-far-above-usual': ratio > 3 && ratio <= 3.5,
    'amount-out-of-pattern': ratio > 3.5,
    'amount-over-limit': event.values['currency'] === 'EUR' && Number(event.values['amount']) > 22_000,
    'amount-well-above-usual': ratio > 2.5 && ratio <= 3,
    'customer-velocity': paidSince(event, earlier, minute - HOUR_MS, minute + 60_000).length >= 5,
    'terminal-frauds-ageing': run >= 1 && ageDays >= 25 && ageDays < 28,
    'terminal-frauds-fresh': run >= 1 && ageDays < 25,
    'terminal-frauds-in-a-row': run >= 2 && ageDays < 28,
    'unusual-amounts-before': naiveRatioMax(event, earlier) > 4,
  };
  return Object.keys(fires).filter((id) => fires[id] === true);
}

test('on a random stream without optional fields rules fire exactly where plain scans say so', () => {
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
        const told = keyFeatures.told(event, () => profile);
        keyFeatures.add(profile, event);
        keyFeatures.expire(profile, oldestMs);
        for (const ring of tileFeatures.rings) {
          if (!matches(ring, told)) continue;
          const id = `${ring.ringId}#${event.values[ring.by]}`;
          const startMs = Math.floor(event.timeMs / ring.tileMs) * ring.tileMs;
          const before = tiles.get(id) ?? [];
          const tile = before.find(([start]) => start === startMs)?.[1] ?? emptyTile(ring);
          tiles.set(
            id,
            appendTile(before, startMs, addToTile(tile, ring, told), oldestMs - ring.windowMsMax - ring.delayMsMax - ring.tileMs),
          );
        }
      }
    }),
    { numRuns: 25 },
  );
  for (const id of FOR_PLAIN) expect(firings.get(id), id).toBeGreaterThan(0);
});
