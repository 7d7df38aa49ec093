/** Why a decimal text has no exact scaled value. */
export type DecimalFault = 'SYNTAX' | 'PRECISION' | 'RANGE';

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const POINT = 0x2e;

/** Digits that always fit a safe integer. */
const SAFE_DIGITS = 15;
/** Digits of the largest safe integer. */
const SAFE_DIGITS_MAX = 16;

const POWERS = Array.from({ length: SAFE_DIGITS_MAX }, (_, exponent) => 10 ** exponent);

// The grammar of JSON numbers, so that "12.30" and 12.30 mean the same. Each part is anchored: no backtracking.
const DECIMAL = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

/**
 * Exact value of a decimal text times 10^scale (0..9) as a safe integer. The text is what a JSON number may be; digits
 * beyond the scale must be zeros, an exponent counts (1e2 is 100), -0 is 0. Never goes through a binary fraction.
 */
export function parseDecimal(text: string, scale: number): number | DecimalFault {
  const value = parseShort(text, scale);
  return value === undefined ? parseLong(text, scale) : value;
}

/** The common case: at most 15 digits, none beyond the scale, no exponent. Undefined when it is another case. */
function parseShort(text: string, scale: number): number | undefined {
  const length = text.length;
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  if (length === start || length - start > SAFE_DIGITS) return undefined;
  let value = 0;
  let point = length;
  for (let at = start; at < length; at += 1) {
    const char = text.charCodeAt(at);
    if (char >= ZERO && char <= NINE) value = value * 10 + (char - ZERO);
    else if (char === POINT && point === length) point = at;
    else return undefined;
  }
  const decimals = point === length ? 0 : length - point - 1;
  const isMarginal = point === start || point === length - 1 || decimals > scale;
  const hasLeadingZero = text.charCodeAt(start) === ZERO && point - start > 1;
  if (isMarginal || hasLeadingZero) return undefined;
  const scaled = value * (POWERS[scale - decimals] as number);
  if (scaled > Number.MAX_SAFE_INTEGER) return undefined;
  return start === 1 && scaled !== 0 ? -scaled : scaled;
}

function parseLong(text: string, scale: number): number | DecimalFault {
  const match = DECIMAL.exec(text);
  if (match === null) return 'SYNTAX';
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  let start = 0;
  while (start < digits.length && digits.charCodeAt(start) === ZERO) start += 1;
  if (start === digits.length) return 0;
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === ZERO) end -= 1;
  // Places by which the last digit that is not zero lies left (positive) or right (negative) of the last place kept.
  const shift = Number(exponent) + scale - fraction.length + (digits.length - end);
  if (shift < 0) return 'PRECISION';
  if (end - start + shift > SAFE_DIGITS_MAX) return 'RANGE';
  const value = Number(digits.slice(start, end) + '0'.repeat(shift));
  if (value > Number.MAX_SAFE_INTEGER) return 'RANGE';
  return sign === '-' ? -value : value;
}
