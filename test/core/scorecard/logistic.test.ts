import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { solvePositive } from '../../../core/scorecard/cholesky.ts';
import { fitLogistic, type GroupedRows, type Model } from '../../../core/scorecard/logistic.ts';

interface Golden {
  readonly ridge: number;
  readonly rows: readonly GroupedRows[];
  readonly intercept: number;
  readonly weights: readonly number[];
}
const golden = JSON.parse(readFileSync('test/core/scorecard/golden/weights.json', 'utf8')) as Golden;
const groupCount = golden.weights.length;

/** Written down anew, plainly: what the fit is to make as large as it can. */
function likelihood(rows: readonly GroupedRows[], { intercept, weights }: Model, ridge: number): number {
  const ofRows = rows.reduce((sum, { groups, rows: n, frauds }) => {
    const share = 1 / (1 + Math.exp(-groups.reduce((z, group) => z + (weights[group] ?? 0), intercept)));
    return sum + frauds * Math.log(share) + (n - frauds) * Math.log(1 - share);
  }, 0);
  return ofRows - (ridge / 2) * weights.reduce((sum, weight) => sum + weight ** 2, 0);
}

const close = (model: Model, other: Model, digits: number): void => {
  expect(model.intercept).toBeCloseTo(other.intercept, digits);
  for (const [i, weight] of model.weights.entries()) expect(weight).toBeCloseTo(other.weights[i] ?? Number.NaN, digits);
};

describe('the fit', () => {
  test('has the weights of scikit-learn, where a bin is nothing but fraud too', () => {
    const model = fitLogistic(golden.rows, { groupCount, ridge: golden.ridge });
    close(model, { intercept: golden.intercept, weights: Float64Array.from(golden.weights) }, 5);
  });

  test('lies where the slope of the likelihood is 0 in every direction', () => {
    const model = fitLogistic(golden.rows, { groupCount, ridge: golden.ridge });
    const step = 1e-4;
    for (let i = -1; i < groupCount; i++) {
      const moved = (by: number): number =>
        likelihood(
          golden.rows,
          { intercept: model.intercept + (i < 0 ? by : 0), weights: model.weights.map((one, k) => one + (k === i ? by : 0)) },
          golden.ridge,
        );
      expect(Math.abs((moved(step) - moved(-step)) / (2 * step)), `direction ${i}`).toBeLessThan(1e-3);
      expect(moved(0), `direction ${i}`).toBeGreaterThanOrEqual(Math.max(moved(0.05), moved(-0.05)));
    }
  });

  test('of each row twice at twice the ridge is the same', () => {
    const twice = golden.rows.map(({ groups, rows, frauds }) => ({ groups, rows: 2 * rows, frauds: 2 * frauds }));
    close(fitLogistic(twice, { groupCount, ridge: 2 * golden.ridge }), fitLogistic(golden.rows, { groupCount, ridge: golden.ridge }), 8);
  });

  test('is the same wherever it begins', () => {
    const start = { intercept: 3, weights: Float64Array.from({ length: groupCount }, (_, i) => (i % 2 === 0 ? 4 : -4)) };
    const given = { groupCount, ridge: golden.ridge };
    close(fitLogistic(golden.rows, { ...given, start }), fitLogistic(golden.rows, given), 7);
  });
});

test('a positive definite matrix is solved, another refused', () => {
  const row = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(row, { minLength: 4, maxLength: 4 }), row, (root, wanted) => {
      // A product with its own transpose, and a little more on its diagonal.
      const matrix = root.map((a, i) =>
        Float64Array.from(root, (b, k) => a.reduce((sum, one, n) => sum + one * (b[n] ?? 0), i === k ? 0.5 : 0)),
      );
      const right = Float64Array.from(matrix, (own) => wanted.reduce((sum, one, k) => sum + one * (own[k] ?? 0), 0));
      for (const [i, one] of solvePositive(matrix, right).entries()) expect(one).toBeCloseTo(wanted[i] ?? Number.NaN, 6);
    }),
  );
  expect(() => solvePositive([Float64Array.of(1, 2), Float64Array.of(2, 1)], Float64Array.of(1, 1))).toThrow('not positive definite');
});
