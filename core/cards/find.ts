import { isIdentifier } from './identifiers.ts';
import { CARD_DIGITS_MAX, CARD_DIGITS_MIN, isCardNumber } from './issuers.ts';

/** Where digits stand that hold a card number: from the first digit to behind the last, other digits beside it included. */
export interface CardSpan {
  readonly from: number;
  readonly to: number;
  /** Last four digits of the card number. */
  readonly lastFour: string;
}

/** Digits between two separators. */
interface Group {
  readonly from: number;
  readonly to: number;
  /** Behind a single dot: the decimals of a number, if no other dot is near. */
  readonly isBehindDot: boolean;
}

const DIGIT = 1;
const SEPARATOR = 2;
const ZERO = 0x30;
const DOT = 0x2e;

/** What a byte is inside a card number: digit, separator (blank, hyphen, dot) or, 0, neither. */
const CLASS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= ZERO && byte <= ZERO + 9) return DIGIT;
  return byte === 0x20 || byte === 0x2d || byte === DOT ? SEPARATOR : 0;
});

/** Separators in a row that still belong to one number, as in `4111 - 1111`. */
const SEPARATORS_MAX = 3;

/** Digits of each group but the last in a number that is written in groups: dates and lists of small numbers are none. */
const GROUP_DIGITS_MIN = 3;

const CARD_BYTES_MAX = CARD_DIGITS_MAX * (1 + SEPARATORS_MAX);

const scratch = new Uint8Array(CARD_DIGITS_MAX);

/**
 * Card numbers in ASCII text, in order: digits in one piece, leading zeros aside, or in groups of at least three (the last
 * may be shorter) with up to three separators between them. The decimals of a number are none, nor are digits inside a UUID or a long hexadecimal identifier.
 */
export function findCardNumbers(text: Uint8Array): CardSpan[] {
  const found: CardSpan[] = [];
  // A card number lies in a run of digits and separators of at least its own length, so one byte in so many is enough to find it.
  for (let at = CARD_DIGITS_MIN - 1, low = 0; at < text.length; at += CARD_DIGITS_MIN) {
    if (CLASS[text[at] as number] === 0) continue;
    let from = at;
    while (from > low && CLASS[text[from - 1] as number] !== 0) from -= 1;
    let to = at + 1;
    while (to < text.length && CLASS[text[to] as number] !== 0) to += 1;
    if (to - from >= CARD_DIGITS_MIN) findInRun(text, from, to, found);
    low = to;
    at = to;
  }
  return found;
}

/** Whether there may be a card number in ASCII text between two places: a run of digits and separators with enough digits. Quick, and mostly says no. */
export function couldHoldCard(text: Uint8Array, start: number, end: number): boolean {
  for (let at = start + CARD_DIGITS_MIN - 1, low = start; at < end; at += CARD_DIGITS_MIN) {
    if (CLASS[text[at] as number] === 0) continue;
    let from = at;
    while (from > low && CLASS[text[from - 1] as number] !== 0) from -= 1;
    let to = at + 1;
    while (to < end && CLASS[text[to] as number] !== 0) to += 1;
    if (to - from >= CARD_DIGITS_MIN && digitsIn(text, from, to) >= CARD_DIGITS_MIN) return true;
    low = to;
    at = to;
  }
  return false;
}

function digitsIn(text: Uint8Array, from: number, to: number): number {
  let digits = 0;
  for (let at = from; at < to; at += 1) if (CLASS[text[at] as number] === DIGIT) digits += 1;
  return digits;
}

function findInRun(text: Uint8Array, from: number, to: number, found: CardSpan[]): void {
  if (digitsIn(text, from, to) < CARD_DIGITS_MIN) return;
  for (const chain of chainsOf(text, from, to)) {
    const lastFour = cardIn(text, chain);
    const [first, last] = [chain[0], chain.at(-1)];
    // All of the chain is hidden: what stands beside a card number is often its expiry date or its security code.
    if (lastFour !== undefined && first !== undefined && last !== undefined) found.push({ from: first.from, to: last.to, lastFour });
  }
}

/** Groups of digits that could belong together: a longer gap parts them, and so does a decimal point, behind which is no number. */
function chainsOf(text: Uint8Array, from: number, to: number): Group[][] {
  const chains: Group[][] = [];
  let chain: Group[] = [];
  let at = from;
  let end = from;
  while (at < to) {
    while (at < to && CLASS[text[at] as number] === SEPARATOR) at += 1;
    if (at === to) break;
    const start = at;
    while (at < to && CLASS[text[at] as number] === DIGIT) at += 1;
    if (start - end > SEPARATORS_MAX && chain.length > 0) {
      chains.push(chain);
      chain = [];
    }
    chain.push({ from: start, to: at, isBehindDot: chain.length > 0 && start - end === 1 && text[end] === DOT });
    end = at;
  }
  chains.push(chain);
  return chains.flatMap(withoutDecimals);
}

function withoutDecimals(chain: readonly Group[]): Group[][] {
  const parts: Group[][] = [[]];
  for (const [i, group] of chain.entries()) {
    const isDecimals = group.isBehindDot && chain[i - 1]?.isBehindDot !== true && chain[i + 1]?.isBehindDot !== true;
    if (isDecimals) parts.push([]);
    else parts.at(-1)?.push(group);
  }
  return parts;
}

/** Last four digits of the first card number in neighbouring groups. */
function cardIn(text: Uint8Array, chain: readonly Group[]): string | undefined {
  for (const [i, { from, to }] of chain.entries()) {
    const start = firstNonZero(text, from, to);
    if (isCardAt(text, start, to) && !isIdentifier(text, start, to)) return lastFourOf(text, to);
    for (let j = i; j < chain.length; j += 1) {
      const { from: last, to: end } = chain[j] as Group;
      if (end - from > CARD_BYTES_MAX) break;
      if (isCardAt(text, from, end) && !isIdentifier(text, from, end)) return lastFourOf(text, end);
      if (end - last < GROUP_DIGITS_MIN) break;
    }
  }
  return undefined;
}

function firstNonZero(text: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && text[at] === ZERO) at += 1;
  return at;
}

function isCardAt(text: Uint8Array, from: number, to: number): boolean {
  let count = 0;
  for (let at = from; at < to; at += 1) {
    if (CLASS[text[at] as number] !== DIGIT) continue;
    if (count === CARD_DIGITS_MAX) return false;
    scratch[count] = (text[at] as number) - ZERO;
    count += 1;
  }
  return isCardNumber(scratch, count);
}

function lastFourOf(text: Uint8Array, to: number): string {
  let digits = '';
  for (let at = to - 1; digits.length < 4; at -= 1) {
    if (CLASS[text[at] as number] === DIGIT) digits = String.fromCharCode(text[at] as number) + digits;
  }
  return digits;
}
