import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addExact, divideExact, ratioOf, squareExact } from '../../../core/aggregates/exact.ts';

describe('exact integers', () => {
  const anyBig = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n });
  const formOf = (value: bigint) =>
    Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value ? Number(value) : String(value);

  test('a sum equals the sum of big integers and has one form', () => {
    const anySum = fc.oneof(anyBig, fc.maxSafeInteger().map(BigInt));
    fc.assert(
      fc.property(anySum, anySum, (a, b) => {
        expect(addExact(formOf(a), formOf(b))).toBe(formOf(a + b));
      }),
    );
  });

  test('sums on both sides of the safe limit are exact', () => {
    const most = Number.MAX_SAFE_INTEGER;
    expect(addExact(most, 1)).toBe('9007199254740992');
    expect(addExact(most, 2)).toBe('9007199254740993');
    expect(addExact(-most, -1)).toBe('-9007199254740992');
    expect(addExact('9007199254740992', -1)).toBe(most);
  });

  test('a square is exact at any size', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(BigInt(squareExact(value))).toBe(BigInt(value) ** 2n);
      }),
    );
  });

  test('a quotient is the nearest double', () => {
    const anySafe = fc.maxSafeInteger();
    // Division of safe integers by the machine is rounded once: the reference for the general way.
    fc.assert(
      fc.property(anySafe, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (a, b) => {
        expect(ratioOf(BigInt(a), BigInt(b)) + 0).toBe(a / b + 0);
      }),
      { numRuns: 500 },
    );
    expect(divideExact('36028797018963968', 3)).toBe(36028797018963968 / 3);
  });

  test('a quotient just above a tie is not rounded as a tie', () => {
    // 2^53 + 1 lies half way between two doubles; a little more must go up.
    expect(ratioOf(2n ** 53n + 1n, 1n)).toBe(2 ** 53);
    expect(ratioOf((2n ** 53n + 1n) * 2n ** 80n + 1n, 2n ** 80n)).toBe(2 ** 53 + 2);
  });
});
