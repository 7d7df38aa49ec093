import { expect, test } from 'vitest';
import { poisson, spreadOf } from '../../../core/backtest/spread.ts';
import { createRandom } from '../../../core/random.ts';
import { allRows, type Sketch, tableOf } from './rows.ts';

/** Rows whose frauds score higher by half a deviation of ten; each card has `perCard` rows of the same truth and score. */
function sample(seed: number, cards: number, perCard: number): Sketch[] {
  const random = createRandom(seed);
  return Array.from({ length: cards }, (_, card) => {
    const fraud = random.chance(0.2);
    const score = Math.round(10 * random.normal() + (fraud ? 5 : 0));
    return Array.from({ length: perCard }, (): Sketch => ({ key: `c${card}`, fraud, score }));
  }).flat();
}

const aucError = (sketches: readonly Sketch[], seed = 1): number => {
  const table = tableOf(sketches);
  return spreadOf([table], allRows(table), seed)?.[0]?.auc ?? Number.NaN;
};

/** Hanley and McNeil (1982), for independent rows. */
function analytic(auc: number, frauds: number, legit: number): number {
  const [two, twice] = [auc / (2 - auc), (2 * auc ** 2) / (1 + auc)];
  return Math.sqrt((auc * (1 - auc) + (frauds - 1) * (two - auc ** 2) + (legit - 1) * (twice - auc ** 2)) / (frauds * legit));
}

test('of independent rows the standard error of AUC is that of the textbook', () => {
  expect(aucError(sample(5, 1_500, 1)) / analytic(0.638, 300, 1_200)).toBeGreaterThan(0.85);
  expect(aucError(sample(5, 1_500, 1)) / analytic(0.638, 300, 1_200)).toBeLessThan(1.15);
});

test('rows that repeat what their card said before add nothing to what is known', () => {
  const [once, fourTimes] = [aucError(sample(5, 400, 1)), aucError(sample(5, 400, 4))];
  expect(fourTimes / once).toBeCloseTo(1, 6);
});

test('the difference of a table to itself has no error; to a shuffled one it has', () => {
  const base = tableOf(sample(8, 500, 1));
  const other = tableOf(sample(8, 500, 1).map((row, i) => ({ ...row, score: (row.score ?? 0) + (i % 7) })));
  const same = spreadOf([base, base], allRows(base), 3);
  expect(same).toHaveLength(3);
  expect(same?.[2]).toEqual({ auc: 0, averagePrecision: 0 });
  const differing = spreadOf([base, other], allRows(base), 3);
  expect(differing?.[2]?.auc).toBeGreaterThan(0);
  // Paired: the difference is known better than either figure.
  expect(differing?.[2]?.auc).toBeLessThan(differing?.[0]?.auc ?? 0);
  expect(spreadOf([base, other], allRows(base), 3)).toEqual(differing);
});

test('there is none where frauds are too few to draw', () => {
  const table = tableOf([{ fraud: true }, {}, {}]);
  expect(spreadOf([table], allRows(table), 1)).toBeNull();
});

test('weights are Poisson with mean 1', () => {
  const count = 1_000_000;
  const counts = [0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) counts[poisson((i + 0.5) / count)] = (counts[poisson((i + 0.5) / count)] ?? 0) + 1;
  const factorials = [1, 1, 2, 6, 24, 120];
  for (const [weight, factorial] of factorials.entries()) expect((counts[weight] ?? 0) / count).toBeCloseTo(Math.exp(-1) / factorial, 5);
});
