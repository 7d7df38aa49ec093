import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../core/random.ts';
import { type FittedScorecard, fitScorecard, scoreOf } from '../../../core/scorecard/fit.ts';
import type { PatternCount } from '../../../core/scorecard/grouping.ts';
import { mergedCounts } from '../../../core/scorecard/training.ts';
import { cardOf, drawnCounts, placesOf, plainBins } from './card.ts';

const KNOWN = { intercept: -4, rows: 40_000 };
const pointsOf = ({ entries }: FittedScorecard): (readonly number[])[] => entries.map(({ points }) => points.slice(1));

describe('a fitted scorecard', () => {
  test('has the weights that fraud was drawn from, in tenths', () => {
    const weights = [
      [0, 1, 2, 3.5],
      [2.5, 1.5, 1.5, 0],
    ];
    const fitted = fitScorecard(cardOf(plainBins(['worse', 'better'])), drawnCounts(createRandom(5), { ...KNOWN, weights }));
    for (const [i, points] of pointsOf(fitted).entries())
      for (const [k, one] of points.entries()) expect(Math.abs(one - 10 * (weights[i]?.[k] ?? 0)), `${i} ${k}`).toBeLessThan(4);
  });

  test('is the same whatever the order of the rows and however they are cut into parts', () => {
    const counts = drawnCounts(createRandom(6), {
      ...KNOWN,
      weights: [
        [0, 0.4, 0.1, 2],
        [0, 0.3, 0.2, 0.9],
        [1, 0.2, 0.5, 0],
      ],
    });
    const card = cardOf(plainBins(['worse', 'any', 'better']));
    const whole = fitScorecard(card, mergedCounts([counts]));
    const halves = [counts.slice(0, 20), counts.slice(20).toReversed()];
    expect(fitScorecard(card, mergedCounts(halves))).toEqual(whole);
    expect(fitScorecard(card, counts.toReversed())).toEqual(whole);
  });

  test('never goes the wrong way, whatever the data say, and gives 0 to what is missing', () => {
    const weight = fc.double({ min: -2, max: 2, noNaN: true });
    const own = fc.array(weight, { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(own, own, fc.integer({ min: 1, max: 1e6 }), (a, b, seed) => {
        const counts = drawnCounts(createRandom(seed), { intercept: -2, rows: 3_000, weights: [a, b, [0, 1, 2, 3, 4]] });
        const fitted = fitScorecard(cardOf(plainBins(['worse', 'better', 'worse'], 4)), counts);
        for (const { spec, points } of fitted.entries) {
          const rising = spec.moreIs === 'worse' ? points.slice(1) : points.slice(1).toReversed();
          expect(rising).toEqual(rising.toSorted((x, y) => x - y));
          expect([points[0], rising[0]]).toEqual([0, 0]);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('joins neighbours in the wrong order, and leaves those that may go as they like', () => {
    const weights = [[0, 2, 1, 3]];
    const counts = drawnCounts(createRandom(7), { ...KNOWN, weights });
    const bands = (card: FittedScorecard) => card.entries[0]?.bins.map(({ from, below }) => [from, below]);
    expect(bands(fitScorecard(cardOf(plainBins(['worse'])), counts))).toEqual([
      [null, 1],
      [1, 3],
      [3, null],
    ]);
    expect(bands(fitScorecard(cardOf(plainBins(['any'])), counts))).toEqual([
      [null, 1],
      [1, 2],
      [2, 3],
      [3, null],
    ]);
  });

  test('gives 0 to what is missing where the first bin has points too, since no rule fires on it', () => {
    const counts = drawnCounts(createRandom(8), { ...KNOWN, weights: [[2, 0, 1, 3]] });
    const fitted = fitScorecard(cardOf(plainBins(['any'])), counts);
    expect(scoreOf(fitted, placesOf(1))).toBeGreaterThan(10);
    expect(scoreOf(fitted, placesOf(0))).toBe(0);
  });

  test('counts each training row once in each entry, missing ones in the least suspicious bin', () => {
    const counts = [
      { places: placesOf(0, 0), rows: 5_000, frauds: 20 },
      { places: placesOf(1, 3), rows: 4_000, frauds: 10 },
      { places: placesOf(2, 2), rows: 800, frauds: 90 },
      { places: placesOf(3, 1), rows: 200, frauds: 200 },
    ];
    const fitted = fitScorecard(cardOf(plainBins(['worse', 'better'], 2)), counts);
    expect(fitted).toMatchObject({ rows: 10_000, frauds: 320, dropped: [] });
    const [worse, better] = fitted.entries.map(({ bins }) => bins);
    expect(worse).toMatchObject([
      { rows: 9_000, hasMissing: true, points: 0 },
      { rows: 800, frauds: 90 },
      { rows: 200, hasMissing: false },
    ]);
    expect(better).toMatchObject([
      { rows: 200 },
      { rows: 800, hasMissing: false },
      { rows: 9_000, frauds: 30, hasMissing: true, points: 0 },
    ]);
    expect(scoreOf(fitted, placesOf(3, 1))).toBe((worse?.[2]?.points ?? 0) + (better?.[0]?.points ?? 0));
    expect(scoreOf(fitted, placesOf(0, 0))).toBe(0);
  });

  test('joins bins of fewer than 50 rows to the smaller neighbour', () => {
    const row = (place: number, rows: number, frauds: number): PatternCount => ({ places: placesOf(place), rows, frauds });
    const fitted = fitScorecard(cardOf(plainBins(['worse'])), [row(1, 9_000, 10), row(2, 1_000, 50), row(3, 49, 45), row(4, 60, 58)]);
    expect(fitted.entries[0]?.bins).toMatchObject([{ rows: 9_000 }, { rows: 1_000 }, { from: 2, rows: 109 }]);
    const enough = fitScorecard(cardOf(plainBins(['worse'])), [row(1, 9_000, 10), row(2, 1_000, 50), row(3, 50, 40), row(4, 60, 58)]);
    expect(enough.entries[0]?.bins).toHaveLength(4);
  });
});

describe('what cannot be learnt from is refused', () => {
  const card = cardOf(plainBins(['worse', 'worse']));
  const telling = [
    { places: placesOf(1, 1), rows: 1_000, frauds: 10 },
    { places: placesOf(2, 1), rows: 1_000, frauds: 100 },
  ];

  test.each([
    ['no labels', [], /labels of the range: got "none that are known by the cut-off"/],
    ['few frauds', [{ places: placesOf(1, 1), rows: 999, frauds: 99 }], /frauds to learn from: got 99; allowed: at least 100/],
    ['frauds only', [{ places: placesOf(1, 1), rows: 100, frauds: 100 }], /labels come for frauds only/],
    ['one bin each', [{ places: placesOf(1, 1), rows: 1_000, frauds: 100 }], /no entry with effect \(v0 is left out: constant/],
  ] as const)('%s', (_, counts, message) => {
    expect(() => fitScorecard(card, counts)).toThrow(message);
  });

  test('an entry that is constant, always missing or without effect is left out, and said so', () => {
    expect(fitScorecard(card, telling).dropped).toEqual(['v1 is left out: constant, all rows are in one bin.']);
    const never = telling.map((one, i) => ({ ...one, places: placesOf(i + 1, 0) }));
    expect(fitScorecard(card, never).dropped).toEqual(['v1 is left out: always missing.']);
    const wrong = telling.flatMap((one, i) => [
      { ...one, places: placesOf(i + 1, 1) },
      { ...one, places: placesOf(i + 1, 2), frauds: one.frauds / 2 },
    ]);
    const fitted = fitScorecard(card, wrong);
    expect(fitted.dropped).toEqual(['v1 is left out: without effect, no two of its bins differ by a point.']);
    expect(fitted.entries.map(({ spec }) => spec.name)).toEqual(['v0']);
  });

  test('a missing value of an entry that may go either way', () => {
    const either = cardOf(plainBins(['any']));
    const counts = [...telling, { places: placesOf(0), rows: 7, frauds: 0 }];
    expect(() => fitScorecard(either, counts)).toThrow(
      'more_is of v0: got "any, and no value on 7 of 2007 rows"; allowed: worse or better',
    );
  });
});
