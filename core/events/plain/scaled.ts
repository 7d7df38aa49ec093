const POWERS = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/** Digits with so many decimals as an integer times 10^scale; NaN if they have more decimals or the integer is not safe. */
export function scaled(digits: number, decimals: number, scale: number): number {
  if (decimals > scale) return Number.NaN;
  const value = digits * (POWERS[scale - decimals] as number);
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? value : Number.NaN;
}
