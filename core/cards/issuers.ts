/** Digits that a card number has at least. */
export const CARD_DIGITS_MIN = 13;

/** Digits that a card number has at most (ISO/IEC 7812-1). */
export const CARD_DIGITS_MAX = 19;

/** First and last value of the leading digits, least and greatest count of digits. */
type Range = readonly [first: string, last: string, least: number, greatest: number];

/** Leading digits and lengths of cards for payment, as the networks publish them. Wider rather than narrower, so that none is missed. */
const RANGES: readonly Range[] = [
  ['4', '4', 13, 13], // Visa, old
  ['4', '4', 16, 16],
  ['4', '4', 19, 19],
  ['51', '55', 16, 16], // Mastercard
  ['2221', '2720', 16, 16],
  ['34', '34', 15, 15], // American Express
  ['37', '37', 15, 15],
  ['300', '305', 14, 19], // Diners Club
  ['3095', '3095', 14, 19],
  ['36', '36', 14, 19],
  ['38', '39', 14, 19],
  ['3528', '3589', 16, 19], // JCB
  ['2200', '2204', 16, 19], // Mir
  ['50', '50', 13, 19], // Maestro, RuPay, Verve
  ['56', '58', 13, 19],
  ['6', '6', 13, 19], // Discover, UnionPay, Maestro, RuPay, Troy
  ['81', '82', 16, 19], // UnionPay, RuPay
  ['9792', '9792', 16, 16], // Troy
];

const PREFIX_DIGITS = 4;

/** By the first four digits: one bit for each length from 13 on. */
const LENGTHS = lengthsByPrefix();

function lengthsByPrefix(): Uint8Array {
  const lengths = new Uint8Array(10 ** PREFIX_DIGITS);
  for (const [first, last, least, greatest] of RANGES) {
    let bits = 0;
    for (let digits = least; digits <= greatest; digits += 1) bits |= 1 << (digits - CARD_DIGITS_MIN);
    const end = Number(last.padEnd(PREFIX_DIGITS, '9'));
    for (let prefix = Number(first.padEnd(PREFIX_DIGITS, '0')); prefix <= end; prefix += 1) lengths[prefix] = (lengths[prefix] ?? 0) | bits;
  }
  return lengths;
}

/** Whether `count` decimal digits (values 0..9 at the start of `digits`) are a number that a payment network could have given out: range, length, check digit. */
export function isCardNumber(digits: Uint8Array, count: number): boolean {
  if (count < CARD_DIGITS_MIN || count > CARD_DIGITS_MAX) return false;
  let prefix = 0;
  for (let i = 0; i < PREFIX_DIGITS; i += 1) prefix = prefix * 10 + (digits[i] as number);
  return ((LENGTHS[prefix] as number) & (1 << (count - CARD_DIGITS_MIN))) !== 0 && hasCheckDigit(digits, count);
}

/** The Luhn formula (ISO/IEC 7812-1, annex B): every second digit from the right but one is doubled, its digits added. */
function hasCheckDigit(digits: Uint8Array, count: number): boolean {
  let sum = 0;
  for (let i = count - 1, isDoubled = false; i >= 0; i -= 1, isDoubled = !isDoubled) {
    const digit = digits[i] as number;
    const twice = digit * 2;
    sum += isDoubled ? (twice > 9 ? twice - 9 : twice) : digit;
  }
  return sum % 10 === 0;
}
