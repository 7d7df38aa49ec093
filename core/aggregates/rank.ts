/** A share in (0, 1] as the exact fraction that its decimal digits say: 0.95 is 95/100. */
export interface Share {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Exact fraction of a share; digits as JavaScript prints them. */
export function shareOf(share: number): Share {
  const [digits = '', exponent = '0'] = String(share).split('e');
  const [whole = '', fraction = ''] = digits.split('.');
  const numerator = BigInt(whole + fraction);
  const places = fraction.length - Number(exponent);
  return { numerator, denominator: 10n ** BigInt(places) };
}

/** Nearest rank (1..count) of a share among `count` values: the least rank with at least that share at or below it. */
export function rankOf({ numerator, denominator }: Share, count: number): number {
  const scaled = Number(numerator) * count;
  // A quotient of safe integers is never rounded onto or over a whole number that it is not.
  if (Number.isSafeInteger(scaled)) return Math.ceil(scaled / Number(denominator));
  return Number((numerator * BigInt(count) + denominator - 1n) / denominator);
}
