/** An integer of any size: a number while it is safe, its decimal text beyond. Equal integers have equal forms. */
export type ExactInteger = number | string;

/** Sum of two exact integers. */
export function addExact(a: ExactInteger, b: ExactInteger): ExactInteger {
  if (typeof a === 'number' && typeof b === 'number') {
    const total = a + b;
    // Rounding never turns an unsafe sum of safe integers into a safe one.
    if (Number.isSafeInteger(total)) return total;
  }
  return exactOf(BigInt(a) + BigInt(b));
}

/** Square of a safe integer. */
export function squareExact(value: number): ExactInteger {
  const square = value * value;
  return Number.isSafeInteger(square) ? square : exactOf(BigInt(value) ** 2n);
}

function exactOf(value: bigint): ExactInteger {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
}

/** Quotient as the nearest double; `divisor` is a positive integer. */
export function divideExact(dividend: ExactInteger, divisor: number | bigint): number {
  if (typeof dividend === 'number' && Number.isSafeInteger(divisor)) return dividend / Number(divisor);
  return ratioOf(BigInt(dividend), BigInt(divisor));
}

/** Bits kept of a quotient before it is rounded: more than the 53 of a double and one to tell ties. */
const QUOTIENT_BITS = 64;

/** `dividend / divisor` rounded once to the nearest double; `divisor` is positive. */
export function ratioOf(dividend: bigint, divisor: bigint): number {
  if (dividend < 0n) return -ratioOf(-dividend, divisor);
  const shift = Math.max(0, QUOTIENT_BITS + bitsOf(divisor) - bitsOf(dividend));
  const scaled = dividend << BigInt(shift);
  const quotient = scaled / divisor;
  // A remainder becomes a lowest bit, so that what lies above a tie is not rounded as one.
  const sticky = quotient * divisor === scaled ? quotient : quotient | 1n;
  return Number(sticky) / 2 ** shift;
}

function bitsOf(value: bigint): number {
  return value.toString(2).length;
}
