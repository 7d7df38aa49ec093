import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileAggregate } from '../../../core/aggregates/aggregate.ts';
import { bucketMiddleOf, bucketNumberOf } from '../../../core/aggregates/buckets.ts';
import { rankOf, shareOf } from '../../../core/aggregates/rank.ts';
import { quantile } from '../../../core/definition/measures.ts';
import { accumulate, fields, payment } from './support.ts';

const quantiles = (values: readonly number[], share: number): number => {
  const fn = compileAggregate({ q: quantile('amount', share) }, fields);
  return Number(
    fn.result(
      accumulate(
        fn,
        values.map((value) => payment(value)),
      ),
    )['q'],
  );
};

describe('nearest rank', () => {
  test('0.95 of 20 is the 19th value, not the 20th', () => {
    expect(rankOf(shareOf(0.95), 20)).toBe(19);
    expect(rankOf(shareOf(0.95), 21)).toBe(20);
    // In doubles 0.07 * 100 is 7.000000000000001 and 0.56 * 100 is 56.00000000000001.
    expect(rankOf(shareOf(0.07), 100)).toBe(7);
    expect(rankOf(shareOf(0.56), 100)).toBe(56);
  });

  test('the rank is the least with at least the share at or below it, at any count', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (digits, count) => {
        const rank = rankOf(shareOf(digits / 100_000), count);
        const needed = BigInt(digits) * BigInt(count);
        expect(BigInt(rank) * 100_000n >= needed).toBe(true);
        expect(BigInt(rank - 1) * 100_000n < needed).toBe(true);
      }),
    );
  });

  test('a tiny share is read with its exponent', () => {
    expect(rankOf(shareOf(1e-7), 10_000_000)).toBe(1);
    expect(rankOf(shareOf(1e-7), 10_000_001)).toBe(2);
    expect(rankOf(shareOf(2.5e-7), 10_000_000)).toBe(3);
  });
});

describe('quantiles', () => {
  test('up to 16 values are exact', () => {
    const values = fc.array(fc.maxSafeInteger(), { minLength: 1, maxLength: 16 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 100 }), (list, percent) => {
        const sorted = [...list].sort((a, b) => a - b);
        expect(quantiles(list, percent / 100)).toBe(sorted[Math.ceil((percent * list.length) / 100 - 1e-9) - 1]);
      }),
    );
  });

  test('17 values and more are within 1 % of the exact nearest rank, whatever their sign and size', () => {
    const anyValue = fc.oneof(
      fc.integer({ min: -300, max: 300 }),
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      fc.maxSafeInteger(),
      fc
        .tuple(fc.integer({ min: 0, max: 52 }), fc.integer({ min: -1, max: 1 }), fc.constantFrom(1, -1))
        .map(([power, by, sign]) => sign * (2 ** power + by)),
    );
    fc.assert(
      fc.property(fc.array(anyValue, { minLength: 17, maxLength: 400 }), fc.integer({ min: 1, max: 1_000 }), (list, perMille) => {
        const sorted = [...list].sort((a, b) => a - b);
        const exact = sorted[rankOf(shareOf(perMille / 1_000), list.length) - 1] ?? Number.NaN;
        const found = quantiles(list, perMille / 1_000);
        expect(Number.isSafeInteger(found)).toBe(true);
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.abs(exact) / 128);
      }),
      { numRuns: 300 },
    );
  });

  test('the 16th value is still exact, the 17th is not', () => {
    const values = Array.from({ length: 17 }, (_, i) => 1_000_000 + i * 10_001);
    expect(quantiles(values.slice(0, 16), 0.5)).toBe(1_070_007);
    expect(quantiles(values, 0.5)).not.toBe(1_080_008);
  });

  test('small values and both ends stay exact in the sketch', () => {
    const values = Array.from({ length: 511 }, (_, i) => i - 255);
    expect(quantiles(values, 0.5)).toBe(0);
    expect(quantiles(values, 0.25)).toBe(-128);
    const wide = [...Array.from({ length: 30 }, (_, i) => 1_000_003 * (i + 1)), -7_777_777];
    expect(quantiles([...wide, 2 ** 26 - 1], 1)).toBe(2 ** 26 - 1);
    expect(quantiles(wide, 0.001)).toBe(-7_777_777);
  });

  test('a constant is itself', () => {
    expect(quantiles(new Array<number>(100).fill(123_457), 0.5)).toBe(123_457);
  });
});

describe('buckets', () => {
  test('every value lies within 1/128 of the middle of its bucket', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(Math.abs(bucketMiddleOf(bucketNumberOf(value)) - value)).toBeLessThanOrEqual(Math.abs(value) / 128);
      }),
      { numRuns: 2_000 },
    );
  });

  test('bucket numbers ascend with the values and are continuous at powers of two', () => {
    const edges = Array.from({ length: 45 }, (_, i) => 2 ** (i + 8));
    for (const edge of edges) {
      expect(bucketNumberOf(edge)).toBe(bucketNumberOf(edge - 1) + 1);
      expect(bucketNumberOf(-edge)).toBe(bucketNumberOf(1 - edge) - 1);
    }
    expect([bucketNumberOf(-1), bucketNumberOf(0), bucketNumberOf(1)]).toEqual([4_095, 4_096, 4_097]);
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (a, b) => {
        expect(bucketNumberOf(Math.min(a, b))).toBeLessThanOrEqual(bucketNumberOf(Math.max(a, b)));
      }),
    );
  });

  test('the widest values keep a positive bucket number and a safe middle', () => {
    for (const value of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      expect(bucketNumberOf(value)).toBeGreaterThan(0);
      expect(Number.isSafeInteger(bucketMiddleOf(bucketNumberOf(value)))).toBe(true);
    }
  });
});
