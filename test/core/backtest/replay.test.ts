import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { knownMsOf } from '../../../core/backtest/labels.ts';
import { RecentIds } from '../../../core/backtest/recent-ids.ts';
import { HistoryReplay } from '../../../core/backtest/replay.ts';
import { GatheredRows } from '../../../core/backtest/replay-rows.ts';
import { TileBook } from '../../../core/backtest/tile-book.ts';
import type { Event } from '../../../core/model.ts';
import { compilePlan, type Plan } from '../../../core/plan.ts';
import { compileRules } from '../../../core/rules/compile.ts';
import type { FeatureValues } from '../../../core/rules/decision.ts';
import { tileFamilyOf, tileOfAccumulator } from '../../../core/windows/families.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.parse('2026-01-01T00:00:00Z');
const SPEC = { over: 'label', subject: 'transaction_id', subjectTime: 'transaction_time', fraud: 'fraud' };

function labelAt(knownMs: number, subjectMs: number, id = 'p'): Event {
  const values = { event_id: `l${id}`, event_time: knownMs, transaction_id: id, transaction_time: subjectMs, fraud: true };
  return { type: 'label', id: `l${id}`, timeMs: knownMs, key: 'ada', values: { ...values, customer_id: 'ada', terminal_id: 't' } };
}

function paymentAt(timeMs: number, id: string, more: Record<string, string | number> = {}): Event {
  const values = { event_id: id, event_time: timeMs, customer_id: 'ada', terminal_id: 't', amount: 1_000, currency: 'EUR', ...more };
  return { type: 'transaction', id, timeMs, key: String(values.customer_id), values };
}

/** Feature values of the payments as a replay has them, by id. */
function featuresOf(plan: Plan, events: readonly Event[], delayMs: number): Map<string, FeatureValues> {
  const seen = new Map<string, FeatureValues>();
  const watcher = { fromMs: 0, see: ({ id }: Event, features: FeatureValues) => void seen.set(id, features) };
  const replay = new HistoryReplay({
    plan,
    fromMs: 0,
    toMs: START_MS + 99 * DAY_MS,
    ruleSets: [],
    labels: { spec: SPEC, delayMs },
    watcher,
  });
  for (const event of events) replay.add(event, true);
  replay.finish(() => {});
  return seen;
}

describe('labels', () => {
  const plan = compilePlan(pipeline);
  // Frauds of a terminal are read from closed tiles of an hour, two hours after.
  const [seesNothingMs, seesLabelMs] = [2 * HOUR_MS - 1, 3 * HOUR_MS];

  test('count from when they may be known, not from when they came', () => {
    const events = [
      labelAt(START_MS, START_MS, 'early'),
      labelAt(START_MS + DAY_MS, START_MS - DAY_MS, 'known'),
      paymentAt(START_MS + DAY_MS + seesNothingMs, 'before'),
      paymentAt(START_MS + DAY_MS + seesLabelMs, 'after'),
    ];
    const countOf = (delayMs: number, id: string): unknown => featuresOf(plan, events, delayMs).get(id)?.['terminal_frauds_28d'];
    expect([countOf(0, 'before'), countOf(0, 'after')]).toEqual([1, 2]);
    expect([countOf(DAY_MS, 'before'), countOf(DAY_MS, 'after')]).toEqual([0, 2]);
    expect([countOf(2 * DAY_MS, 'before'), countOf(2 * DAY_MS, 'after')]).toEqual([0, 1]);
  });

  test('that waited come before what happens at that moment, and carry its time', () => {
    const rows = new GatheredRows(pipeline);
    const add = (event: Event, knownMs = event.timeMs): void => rows.add(event, { knownMs, isFeatured: false, isOwn: true });
    add(labelAt(START_MS, START_MS, 'a'), START_MS + DAY_MS);
    add(paymentAt(START_MS + 1, 'x'));
    add(labelAt(START_MS + 2, START_MS - DAY_MS, 'b'));
    add(paymentAt(START_MS + DAY_MS, 'y'));
    add(paymentAt(START_MS + DAY_MS, 'of another', { customer_id: 'bob' }));
    const taken = rows.take(0);
    const all = Array.from({ length: taken.columns.count }, (_, row) => taken.eventAt(row));
    expect(all.map(({ id }) => id)).toEqual(['x', 'lb', 'la', 'y', 'of another']);
    expect(all[2]).toMatchObject({ timeMs: START_MS + DAY_MS, values: { event_time: START_MS + DAY_MS } });
    expect(taken.spans).toEqual([
      { from: 0, to: 4, isOwn: true },
      { from: 4, to: 5, isOwn: true },
    ]);
  });

  test('known before their transaction are refused', () => {
    expect(() => knownMsOf(labelAt(START_MS, START_MS + 1), { spec: SPEC, delayMs: 0 })).toThrow('nothing is known before it happens');
  });
});

test('an id is a repeat as long as it is remembered, to the millisecond, and of its own type only', () => {
  const ids = new RecentIds(1_000);
  expect(ids.isRepeat(paymentAt(START_MS, 'a'))).toBe(false);
  expect(ids.isRepeat({ ...paymentAt(START_MS, 'a'), type: 'label' })).toBe(false);
  expect(ids.isRepeat(paymentAt(START_MS + 1_000, 'a'))).toBe(true);
  expect(ids.isRepeat(paymentAt(START_MS + 1_001, 'a'))).toBe(false);
});

test('tiles hold what the windows of the stream hold, and no more than features reach', () => {
  const { rings } = compilePlan(pipeline).tileFeatures;
  const ring = rings.find(({ over, by }) => over === 'label' && by === 'terminal_id');
  if (ring === undefined) throw new Error('payments have a feature of labels by terminal');
  const { fn, groupKeyOf } = tileFamilyOf(ring);
  // Many lie hours around what a feature reaches from another one.
  const reachMs = ring.windowMsMax + ring.delayMsMax;
  const offset = fc.oneof(
    fc.integer({ min: 0, max: 80 * DAY_MS }),
    fc.integer({ min: -3, max: 3 }).map((hours) => reachMs + hours * HOUR_MS),
    fc.constant(0),
  );
  fc.assert(
    fc.property(fc.array(offset, { maxLength: 60 }), (offsets) => {
      const labels = offsets.toSorted((a, b) => a - b).map((ms, i) => labelAt(START_MS + ms, START_MS + ms, `p${i}`));
      const book = new TileBook([ring]);
      const windows = new Map<number, unknown[]>();
      for (const one of labels) {
        expect(groupKeyOf(one)).toBe('t');
        book.add(one);
        const startMs = Math.floor(one.timeMs / ring.tileMs) * ring.tileMs;
        windows.set(startMs, fn.add(windows.get(startMs) ?? fn.empty(), one));
      }
      const newestMs = Math.max(...windows.keys());
      const oldestMs = newestMs - ring.windowMsMax - ring.delayMsMax - ring.tileMs;
      const reached = [...windows].filter(([startMs]) => startMs >= oldestMs);
      expect(book.tilesOf(ring.ringId, 't') ?? []).toEqual(reached.map(([startMs, held]) => [startMs, tileOfAccumulator(held)]));
    }),
  );
});

describe('a replay of history', () => {
  const plan = compilePlan(pipeline);
  const replayOf = (sets: number): HistoryReplay =>
    new HistoryReplay({
      ...{ plan, fromMs: START_MS, toMs: START_MS + DAY_MS },
      ruleSets: Array.from({ length: sets }, (_, i) => compileRules({ rules: [], lists: [] }, pipeline, `v${i}`)),
    });

  test('judges what lies in the range, by every rule set, and nothing else', () => {
    const replay = replayOf(2);
    const ofBob = paymentAt(START_MS, 'of another', { customer_id: 'bob' });
    const [before, first, end] = [-1, 0, DAY_MS].map((ms) => paymentAt(START_MS + ms, `p${ms}`)) as [Event, Event, Event];
    for (const event of [before, first, first]) replay.add(event, true);
    replay.add(ofBob, false);
    for (const event of [labelAt(START_MS, START_MS), end]) replay.add(event, true);
    const judged: unknown[] = [];
    const own = replay.finish(({ id }, place, decisions) => judged.push([id, place, decisions.map(({ ruleSet }) => ruleSet)]));
    expect(judged).toEqual([['p0', 1, ['v0', 'v1']]]);
    // The repeat is counted, since it cost something; what lies behind the range and what is another's is not.
    expect(own).toBe(4);
  });

  test('tells a watcher of features from its own time on, those of events that it does not judge too', () => {
    const seen: unknown[] = [];
    const watcher = {
      fromMs: START_MS - 2,
      see: ({ id }: Event, features: Readonly<Record<string, number | null>>) => void seen.push([id, features['customer_count_1h']]),
    };
    const replay = new HistoryReplay({ plan, fromMs: START_MS, toMs: START_MS + 2, ruleSets: [], watcher });
    for (const ms of [-3, -2, -1, 0, 1, 2]) replay.add(paymentAt(START_MS + ms, `p${ms}`), true);
    const judged: string[] = [];
    replay.finish(({ id }) => judged.push(id));
    expect(judged).toEqual(['p0', 'p1']);
    expect(seen).toEqual([
      ['p-2', 1],
      ['p-1', 2],
      ['p0', 3],
      ['p1', 4],
    ]);
  });

  test('refuses events that are not in order of time', () => {
    const replay = replayOf(1);
    replay.add(paymentAt(START_MS + 1, 'a'), true);
    expect(() => replay.add(paymentAt(START_MS, 'b'), true)).toThrow('ORDER BY');
  });
});
