import { isAscii } from 'node:buffer';

/** Text in ASCII, one byte for each character, and where each stood. */
export interface PlainText {
  readonly text: Uint8Array;
  /** Offset of each character in the original bytes, and behind the last one their length. */
  readonly offsets: Uint32Array;
}

const ESCAPE = Buffer.from('\\u');
const OTHER = 0x78;
const BLANK = 0x20;
const HYPHEN = 0x2d;
const BACKSLASH = 0x5c;
const MINUS = 0x2212;
/** Stands for nothing in plain text. */
const UNKNOWN = 0xff;
const ZERO = 0x30;
const ESCAPE_BYTES = 6;

const DIGIT = /^\p{Decimal_Number}$/u;
const DASH = /^\p{Dash_Punctuation}$/u;
const SPACE = /^\p{Space_Separator}$/u;
/** Characters that are not seen: zero-width ones, soft hyphens, NUL (every other byte of ASCII in UTF-16). */
const UNSEEN = /^[\p{Format}\0]$/u;

/**
 * Whether a number in the bytes could be written otherwise than in ASCII: they hold a digit, blank or dash from beyond ASCII, a
 * JSON escape of any of these, or characters that are not seen. Most names in other languages hold none.
 */
export function isWrittenOtherwise(bytes: Buffer): boolean {
  if (isAscii(bytes) && !bytes.includes(0) && !bytes.includes(ESCAPE)) return false;
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] as number;
    if (lead < 0x80 && lead !== 0 && lead !== BACKSLASH) {
      at += 1;
      continue;
    }
    const [code, size] = characterAt(bytes, at);
    if (code === 0 || (code !== lead && shownAs(code) !== OTHER)) return true;
    at += size;
  }
  return false;
}

/** Bytes as they read: digits of any script and of JSON escapes as ASCII digits, dashes and blanks as such, what is not seen left out, all else `x`. */
export function plainText(bytes: Uint8Array): PlainText {
  const text = new Uint8Array(bytes.length);
  const offsets = new Uint32Array(bytes.length + 1);
  let length = 0;
  for (let at = 0; at < bytes.length; ) {
    const [code, size] = characterAt(bytes, at);
    const shown = shownAs(code);
    if (shown !== 0) {
      text[length] = shown;
      offsets[length] = at;
      length += 1;
    }
    at += size;
  }
  offsets[length] = bytes.length;
  return { text: text.subarray(0, length), offsets: offsets.subarray(0, length + 1) };
}

/** What characters of the basic plane are shown as; UNKNOWN until one is asked for. */
const shown = new Uint8Array(0x1_0000).fill(UNKNOWN);

/** Byte of a character in plain text; 0 if it is not seen. */
function shownAs(code: number): number {
  if (code > 0 && code < 0x80) return code;
  const known = code < shown.length ? (shown[code] as number) : UNKNOWN;
  if (known !== UNKNOWN) return known;
  const found = lookUp(code);
  if (code < shown.length) shown[code] = found;
  return found;
}

function lookUp(code: number): number {
  const character = String.fromCodePoint(code);
  if (UNSEEN.test(character)) return 0;
  if (DIGIT.test(character)) return ZERO + digitOf(code);
  if (SPACE.test(character)) return BLANK;
  return DASH.test(character) || code === MINUS ? HYPHEN : OTHER;
}

/** Value of a decimal digit: those of a script stand in a row, 0 first (Unicode Standard, 4.6); rows of mathematical digits follow one another. */
function digitOf(code: number): number {
  let zero = code;
  while (DIGIT.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return (code - zero) % 10;
}

/** Code point and size in bytes; bytes that are no UTF-8 count one by one as a character that is no digit. */
function characterAt(bytes: Uint8Array, at: number): readonly [code: number, size: number] {
  const lead = bytes[at] as number;
  if (lead === BACKSLASH) return escapeAt(bytes, at) ?? [lead, 1];
  if (lead < 0x80) return [lead, 1];
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  let code = lead & (0xff >> (size + 1));
  for (let next = at + 1; next < at + size; next += 1) {
    const byte = bytes[next] ?? 0;
    if ((byte & 0xc0) !== 0x80) return [0xfffd, 1];
    code = code * 64 + (byte & 0x3f);
  }
  return lead < 0xc2 || code > 0x10ffff ? [0xfffd, 1] : [code, size];
}

function escapeAt(bytes: Uint8Array, at: number): readonly [code: number, size: number] | undefined {
  const high = unitAt(bytes, at);
  if (high === undefined) return undefined;
  const low = high >= 0xd800 && high < 0xdc00 ? unitAt(bytes, at + ESCAPE_BYTES) : undefined;
  return low !== undefined && low >= 0xdc00 && low < 0xe000
    ? [0x10000 + (high - 0xd800) * 0x400 + (low - 0xdc00), 2 * ESCAPE_BYTES]
    : [high, ESCAPE_BYTES];
}

/** UTF-16 unit of a JSON escape. */
function unitAt(bytes: Uint8Array, at: number): number | undefined {
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== 0x75 || at + ESCAPE_BYTES > bytes.length) return undefined;
  let unit = 0;
  for (let next = at + 2; next < at + ESCAPE_BYTES; next += 1) {
    const digit = Number.parseInt(String.fromCharCode(bytes[next] as number), 16);
    if (Number.isNaN(digit)) return undefined;
    unit = unit * 16 + digit;
  }
  return unit;
}
