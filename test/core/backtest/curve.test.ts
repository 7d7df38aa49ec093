import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aucOf, averagePrecisionOf, scoreLevels, thresholdRows } from '../../../core/backtest/curve.ts';
import { allRows, tableOf } from './rows.ts';

interface Labelled {
  readonly score: number;
  readonly fraud: boolean;
}

const levelsOf = (rows: readonly (Labelled | { score: number; fraud: null })[]) => {
  const table = tableOf(rows);
  return scoreLevels(table, allRows(table));
};

/** By the definition: each fraud against each legitimate row. */
function aucByPairs(rows: readonly Labelled[]): number | null {
  let [wins, pairs] = [0, 0];
  for (const fraud of rows.filter((row) => row.fraud)) {
    for (const legit of rows.filter((row) => !row.fraud)) {
      pairs += 1;
      wins += fraud.score > legit.score ? 1 : fraud.score === legit.score ? 0.5 : 0;
    }
  }
  return pairs === 0 ? null : wins / pairs;
}

/** By the definition: the mean over frauds of the precision among all rows that score at least as high. */
function averagePrecisionByFraud(rows: readonly Labelled[]): number | null {
  const frauds = rows.filter((row) => row.fraud);
  const precisions = frauds.map(({ score }) => {
    const alerts = rows.filter((row) => row.score >= score);
    return alerts.filter((row) => row.fraud).length / alerts.length;
  });
  return frauds.length === 0 ? null : precisions.reduce((sum, value) => sum + value, 0) / frauds.length;
}

const labelled = fc.record({ score: fc.integer({ min: -3, max: 6 }), fraud: fc.boolean() });

describe('AUC and average precision', () => {
  test('equal their definitions row by row', () => {
    fc.assert(
      fc.property(fc.array(labelled, { maxLength: 40 }), (rows) => {
        const levels = levelsOf(rows);
        for (const [ours, theirs] of [
          [aucOf(levels), aucByPairs(rows)],
          [averagePrecisionOf(levels), averagePrecisionByFraud(rows)],
        ] as const) {
          if (theirs === null) expect(ours).toBeNull();
          else expect(ours).toBeCloseTo(theirs, 12);
        }
      }),
    );
  });

  test('equal those of scikit-learn', () => {
    interface Case {
      readonly scores: readonly number[];
      readonly frauds: readonly boolean[];
      readonly auc: number;
      readonly average_precision: number;
    }
    const golden = JSON.parse(readFileSync('test/core/backtest/golden/figures.json', 'utf8')) as { source: string; cases: readonly Case[] };
    expect(golden.source).toBe('scikit-learn 1.9.1');
    for (const { scores, frauds, auc, average_precision } of golden.cases) {
      const levels = levelsOf(scores.map((score, i) => ({ score, fraud: frauds[i] === true })));
      expect(aucOf(levels)).toBeCloseTo(auc, 12);
      expect(averagePrecisionOf(levels)).toBeCloseTo(average_precision, 12);
    }
  });

  test('do not look at rows without a label, nor at the order of rows', () => {
    fc.assert(
      fc.property(fc.array(labelled, { minLength: 1 }), fc.array(fc.integer({ min: -3, max: 6 })), (rows, scores) => {
        const more = levelsOf([...rows.toReversed(), ...scores.map((score) => ({ score, fraud: null }))]);
        expect(aucOf(more)).toEqual(aucOf(levelsOf(rows)));
        expect(averagePrecisionOf(more)).toEqual(averagePrecisionOf(levelsOf(rows)));
      }),
    );
  });

  test('of equal scores are one half, and the share of frauds', () => {
    const levels = levelsOf([true, false, false, false].map((fraud) => ({ score: 5, fraud })));
    expect(aucOf(levels)).toBe(0.5);
    expect(averagePrecisionOf(levels)).toBe(0.25);
  });

  test('of an oracle are 1', () => {
    const levels = levelsOf([true, false, false, true].map((fraud) => ({ score: fraud ? 1 : 0, fraud })));
    expect(aucOf(levels)).toBe(1);
    expect(averagePrecisionOf(levels)).toBe(1);
  });
});

describe('thresholds', () => {
  test('one row for each distinct score and given point, with the rows at or above it', () => {
    const rows = levelsOf([
      { score: 10, fraud: true },
      { score: 10, fraud: false },
      { score: 4, fraud: true },
      { score: 4, fraud: null },
      { score: 0, fraud: false },
      { score: 0, fraud: true },
    ]);
    const table = thresholdRows(rows, { days: 2, points: [4, 8, 20] });
    expect(table.map(({ score }) => score)).toEqual([20, 10, 8, 4, 0]);
    expect(table[0]).toEqual({
      ...{ score: 20, frauds: 0, legit: 0, precision: null, recall: 0, f1: 0, false_positive_rate: 0, alerts_per_day: 0 },
    });
    expect(table[2]).toEqual({ ...table[1], score: 8 });
    expect(table[3]).toEqual({
      ...{ score: 4, frauds: 2, legit: 1, precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, false_positive_rate: 0.5, alerts_per_day: 2 },
    });
    expect(table[4]).toMatchObject({ frauds: 3, legit: 2, precision: 3 / 5, recall: 1, false_positive_rate: 1, alerts_per_day: 3 });
  });
});
