import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cardDays } from '../../../core/backtest/card-days.ts';
import { cardPrecision } from '../../../core/backtest/card-precision.ts';
import { mostCaught } from '../../../core/backtest/ceiling.ts';
import { allRows, type Sketch, tableOf } from './rows.ts';

const daysOf = (sketches: readonly Sketch[]) => {
  const table = tableOf(sketches);
  return cardDays(table, allRows(table));
};
const precisionOf = (sketches: readonly Sketch[], k: number, tieBreaks = 50) => cardPrecision(daysOf(sketches), { k, seed: 7, tieBreaks });

/** Every way to break ties, each as likely: the mean precision of all days, by trying all of them. */
function byAllWays(days: ReturnType<typeof daysOf>, k: number): number {
  const from = (day: number, caught: ReadonlySet<number>): number => {
    const today = days[day];
    if (today === undefined) return 0;
    const cards = [...today.keys]
      .map((key, i) => ({ key, score: today.scores[i] ?? 0, fraud: today.frauds[i] === 1 }))
      .filter(({ key }) => !caught.has(key));
    const ways = permutations(cards).filter((way) => way.every(({ score }, i) => i === 0 || (way[i - 1]?.score ?? 0) >= score));
    const sums = ways.map((way) => {
      const hits = way.slice(0, k).filter(({ fraud }) => fraud);
      return hits.length / k + from(day + 1, new Set([...caught, ...hits.map(({ key }) => key)]));
    });
    return sums.reduce((sum, value) => sum + value, 0) / sums.length;
  };
  return from(0, new Set()) / days.length;
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

const sketch = fc.record({
  ...{ at: fc.integer({ min: 0, max: 2 }), key: fc.constantFrom('a', 'b', 'c', 'd') },
  ...{ score: fc.integer({ min: 0, max: 2 }), fraud: fc.boolean() },
});

describe('card precision at k', () => {
  test('a card has the greatest score of its day, and is fraudulent if one of its rows is', () => {
    const rows = [
      { at: 0.1, key: 'ada', score: 9 },
      { at: 0.2, key: 'ada', score: 1, fraud: true },
      { at: 0.3, key: 'bob', score: 5 },
    ];
    expect(precisionOf(rows, 1)).toEqual({ mean: 1, daily: [1], tieBreaks: 0, tieError: 0 });
    expect(
      precisionOf(
        rows.toReversed().map((row, i) => ({ ...row, at: i / 10 })),
        1,
      )?.mean,
    ).toBe(1);
    expect(precisionOf(rows.slice(1), 1)?.mean).toBe(0);
    expect(precisionOf(rows, 4)?.mean).toBe(0.25);
  });

  test('a card caught is left out of later days, one that was only looked at is not', () => {
    const rows = [0, 1].flatMap((at): Sketch[] => [
      { at, key: 'ada', score: 9, fraud: true },
      { at, key: 'bob', score: 5, fraud: at === 1 },
    ]);
    expect(precisionOf(rows, 2)?.daily).toEqual([0.5, 0.5]);
    expect(precisionOf(rows, 1)?.daily).toEqual([1, 1]);
  });

  test('rows without a label are no cards', () => {
    expect(
      precisionOf(
        [
          { score: 9, fraud: null },
          { score: 1, fraud: true },
          { at: 1, fraud: null },
        ],
        1,
      )?.daily,
    ).toEqual([1]);
    expect(precisionOf([{ fraud: null }], 1)).toBeNull();
  });

  test('where ties cannot matter to later days the expected share is exact', () => {
    const rows = [{ fraud: true }, {}, {}, {}];
    expect(precisionOf(rows, 1)?.mean).toBe(0.25);
    expect(precisionOf(rows, 2)?.mean).toBe(0.25);
    expect(precisionOf([{ score: 3, fraud: true }, { score: 3 }, {}, {}], 3)).toMatchObject({ mean: 1 / 3, tieBreaks: 0, tieError: 0 });
  });

  test('equals the mean over all ways to break ties, within its own error', () => {
    fc.assert(
      fc.property(fc.array(sketch, { minLength: 1, maxLength: 9 }), fc.integer({ min: 1, max: 3 }), (rows, k) => {
        const days = daysOf(rows);
        const ours = cardPrecision(days, { k, seed: 11, tieBreaks: 400 });
        if (ours === null) throw new Error('there are days');
        const slack = ours.tieBreaks === 0 ? 1e-9 : 6 * ours.tieError + 1e-3;
        expect(Math.abs(ours.mean - byAllWays(days, k))).toBeLessThan(slack);
      }),
      { numRuns: 60 },
    );
  });

  test('cards that are drawn from a tie are no more than the places, each as likely', () => {
    // Two of three frauds and two others are looked at: 1.2 frauds are caught, and 1.8 are left for the day after.
    const rows = [0, 1].flatMap((at) =>
      ['a', 'b', 'c', 'd', 'e'].map((key, i): Sketch => ({ at, key, score: at === 0 ? 1 : 5 - i, fraud: i < 3 })),
    );
    const most = cardPrecision(daysOf(rows), { k: 5, seed: 5, tieBreaks: 1 });
    expect(most?.daily).toEqual([0.6, 0]);
    const two = cardPrecision(daysOf([...rows.slice(0, 5), ...rows.slice(5).map((row) => ({ ...row, score: row.fraud ? 9 : 0 }))]), {
      ...{ k: 2, seed: 5, tieBreaks: 20_000 },
    });
    // The day after, two of those left are caught, or one where two were caught before: a chance of 3 in 10.
    expect(two?.daily[0]).toBeCloseTo(0.6, 2);
    expect(two?.daily[1]).toBeCloseTo(0.3 * 0.5 + 0.7, 2);
  });

  test('the same seed gives the same value, and a single score for all gives no more than chance', () => {
    const rows = [0, 1, 2].flatMap((at) => Array.from({ length: 50 }, (_, i): Sketch => ({ at, key: `c${i}`, fraud: i < 5 })));
    expect(precisionOf(rows, 10)).toEqual(precisionOf(rows, 10));
    expect(precisionOf(rows, 10, 2_000)?.daily[0]).toBeCloseTo(0.1, 2);
    expect(precisionOf(rows, 10)?.tieBreaks).toBe(50);
    expect(precisionOf(rows, 10)?.daily[2]).toBeLessThan(0.1);
  });
});

describe('the most cards that can be caught', () => {
  /** Tries all ways to give each fraudulent card one of its days, or none. */
  function byAllWays(days: ReturnType<typeof daysOf>, k: number): number {
    const keys = [...new Set(days.flatMap(({ keys: all, frauds }) => [...all].filter((_, i) => frauds[i] === 1)))];
    const from = (at: number, used: readonly number[]): number => {
      const key = keys[at];
      if (key === undefined) return 0;
      const own = days.flatMap(({ keys: all, frauds }, day) => (frauds[all.indexOf(key)] === 1 ? [day] : []));
      const free = own.filter((day) => (used[day] ?? 0) < k);
      return Math.max(from(at + 1, used), ...free.map((day) => 1 + from(at + 1, used.with(day, (used[day] ?? 0) + 1))));
    };
    return from(
      0,
      days.map(() => 0),
    );
  }

  test('equals what trying all ways finds', () => {
    const fraud = fc.record({
      at: fc.integer({ min: 0, max: 4 }),
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      fraud: fc.constant(true),
    });
    fc.assert(
      fc.property(fc.array(fraud, { minLength: 1, maxLength: 14 }), fc.integer({ min: 1, max: 2 }), (rows, k) => {
        const days = daysOf(rows);
        const caught = mostCaught(days, k);
        expect(Math.max(...caught)).toBeLessThanOrEqual(k);
        expect(caught.reduce((sum, count) => sum + count, 0)).toBe(byAllWays(days, k));
      }),
      { numRuns: 300 },
    );
  });

  test('a card that can wait makes room for one that cannot', () => {
    const rows: Sketch[] = [
      { at: 0, key: 'ada', fraud: true },
      { at: 1, key: 'ada', fraud: true },
      { at: 0, key: 'bob', fraud: true },
    ];
    expect(mostCaught(daysOf(rows), 1)).toEqual([1, 1]);
  });

  test('no scores reach more', () => {
    fc.assert(
      fc.property(fc.array(sketch, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 3 }), (rows, k) => {
        const days = daysOf(rows);
        const most = mostCaught(days, k).reduce((sum, count) => sum + count, 0) / k / days.length;
        expect(cardPrecision(days, { k, seed: 3, tieBreaks: 5 })?.mean ?? 0).toBeLessThanOrEqual(most + 1e-12);
      }),
    );
  });
});
