/** An int of 64 bits: a number while it is a safe integer, a bigint from there on; so equal ints are `===`. */
export type Int = number | bigint;

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

/** A bigint as an Int; undefined outside of 64 bits. */
export function intOf(value: bigint): Int | undefined {
  if (value < MIN || value > MAX) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The sum; undefined outside of 64 bits. */
export function addInt(a: Int, b: Int): Int | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return intOf(BigInt(a) + BigInt(b));
}

/** The difference; undefined outside of 64 bits. */
export function subtractInt(a: Int, b: Int): Int | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return intOf(BigInt(a) - BigInt(b));
}

/** The product; undefined outside of 64 bits. */
export function multiplyInt(a: Int, b: Int): Int | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    // No int is -0.
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return intOf(BigInt(a) * BigInt(b));
}

/** The quotient, cut towards zero; undefined for a division by zero or outside of 64 bits. */
export function divideInt(a: Int, b: Int): Int | undefined {
  if (b === 0) return undefined;
  // The rest is exact, and so is the quotient of what it divides.
  if (typeof a === 'number' && typeof b === 'number') return (a - (a % b)) / b + 0;
  return intOf(BigInt(a) / BigInt(b));
}

/** The rest, with the sign of the first; undefined for a division by zero. */
export function restInt(a: Int, b: Int): Int | undefined {
  if (b === 0) return undefined;
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
  return intOf(BigInt(a) % BigInt(b));
}

/** A double cut towards zero; undefined outside of 64 bits. */
export function intOfDouble(value: number): Int | undefined {
  // Both ends are excluded: the greatest int is no double.
  if (!(value > -(2 ** 63) && value < 2 ** 63)) return undefined;
  return intOf(BigInt(Math.trunc(value)));
}

/** A decimal text; undefined if it is none or outside of 64 bits. */
export function intOfText(text: string): Int | undefined {
  return /^[+-]?[0-9]{1,20}$/.test(text) ? intOf(BigInt(text.replace('+', ''))) : undefined;
}
