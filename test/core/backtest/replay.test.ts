import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LabelDelay } from '../../../core/backtest/labels.ts';
import { RecentIds } from '../../../core/backtest/recent-ids.ts';
import { HistoryReplay } from '../../../core/backtest/replay.ts';
import { TileBook } from '../../../core/backtest/tile-book.ts';
import type { Event } from '../../../core/model.ts';
import { compilePlan } from '../../../core/plan.ts';
import { compileRules } from '../../../core/rules/compile.ts';
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

const passed = (delay: LabelDelay, events: readonly Event[]): string[] => events.flatMap((one) => [...delay.pass(one)].map(({ id }) => id));

describe('labels', () => {
  test('wait until they may be known, and then come before what happens at that moment', () => {
    const delay = new LabelDelay({ spec: SPEC, delayMs: DAY_MS });
    const events = [
      labelAt(START_MS, START_MS, 'a'),
      paymentAt(START_MS + 1, 'x'),
      labelAt(START_MS + 2, START_MS - DAY_MS, 'b'),
      paymentAt(START_MS + DAY_MS - 1, 'y'),
      paymentAt(START_MS + DAY_MS, 'z'),
    ];
    expect(passed(delay, events)).toEqual(['x', 'lb', 'y', 'la', 'z']);
  });

  test('that waited carry the time at which they were known', () => {
    const delay = new LabelDelay({ spec: SPEC, delayMs: DAY_MS });
    expect([...delay.pass(labelAt(START_MS, START_MS))]).toEqual([]);
    const [label] = delay.pass(paymentAt(START_MS + 2 * DAY_MS, 'x'));
    expect(label).toMatchObject({ timeMs: START_MS + DAY_MS, values: { event_time: START_MS + DAY_MS } });
  });

  test('known before their transaction are refused', () => {
    const delay = new LabelDelay({ spec: SPEC, delayMs: 0 });
    expect(() => [...delay.pass(labelAt(START_MS, START_MS + 1))]).toThrow('nothing is known before it happens');
  });
});

test('an id is a repeat as long as it is remembered, to the millisecond, and of its own key and type only', () => {
  const ids = new RecentIds(1_000);
  expect(ids.isRepeat(paymentAt(START_MS, 'a'))).toBe(false);
  expect(ids.isRepeat(paymentAt(START_MS, 'a', { customer_id: 'bob' }))).toBe(false);
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
    const versionsOf = (event: Event, isOwn = true): string[] | undefined => replay.add(event, isOwn)?.map(({ ruleSet }) => ruleSet);
    expect(versionsOf(paymentAt(START_MS - 1, 'before'))).toBeUndefined();
    expect(versionsOf(paymentAt(START_MS, 'first'))).toEqual(['v0', 'v1']);
    expect(versionsOf(paymentAt(START_MS, 'first'))).toBeUndefined();
    expect(versionsOf(paymentAt(START_MS, 'of another'), false)).toBeUndefined();
    expect(versionsOf(labelAt(START_MS, START_MS))).toBeUndefined();
    expect(versionsOf(paymentAt(START_MS + DAY_MS, 'end'))).toBeUndefined();
  });

  test('tells a watcher of features from its own time on, those of events that it does not judge too', () => {
    const seen: unknown[] = [];
    const watcher = {
      fromMs: START_MS - 2,
      see: ({ id }: Event, features: Readonly<Record<string, number | null>>) => void seen.push([id, features['customer_count_1h']]),
    };
    const replay = new HistoryReplay({ plan, fromMs: START_MS, toMs: START_MS + 2, ruleSets: [], watcher });
    const judged = [-3, -2, -1, 0, 1, 2].map((ms) => replay.add(paymentAt(START_MS + ms, `p${ms}`), true) !== undefined);
    expect(judged).toEqual([false, false, false, true, true, false]);
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
