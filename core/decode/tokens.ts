/** What a JSON value is; `absent` marks a member that an event does not have, `escaped` a string with backslashes. */
export const KIND = { absent: 0, null: 1, true: 2, false: 3, number: 4, string: 5, escaped: 6, object: 7, array: 8 } as const;

const SPACE = 0x20;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;

/** What may follow a backslash, other than `u` and four hex digits. */
const SHORT_ESCAPES: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'));
const HEX = /^[0-9a-fA-F]{4}$/;

const WORDS = [
  { kind: KIND.null, word: 'null' },
  { kind: KIND.true, word: 'true' },
  { kind: KIND.false, word: 'false' },
] as const;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39;
}

/** Index of the first byte at or after `from` that is no JSON white space. */
export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    if (byte > SPACE || (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
    at += 1;
  }
  return at;
}

/** Whether a JSON number begins with this byte. */
export function beginsNumber(byte: number | undefined): boolean {
  return isDigit(byte) || byte === MINUS;
}

/** End of the JSON number that begins at `from`, or -1 if its grammar is broken. */
export function numberEnd(bytes: Buffer, from: number): number {
  const whole = bytes[from] === MINUS ? from + 1 : from;
  let at = digitsEnd(bytes, whole);
  if (at === whole || (bytes[whole] === ZERO && at > whole + 1)) return -1;
  if (bytes[at] === POINT) {
    const point = at;
    at = digitsEnd(bytes, point + 1);
    if (at === point + 1) return -1;
  }
  if (bytes[at] !== 0x65 && bytes[at] !== 0x45) return at;
  const sign = bytes[at + 1];
  const exponent = sign === PLUS || sign === MINUS ? at + 2 : at + 1;
  at = digitsEnd(bytes, exponent);
  return at === exponent ? -1 : at;
}

function digitsEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && isDigit(bytes[at])) at += 1;
  return at;
}

/** Length of the escape whose backslash is at `at`: 2 or 6, or -1 if it is none. */
export function escapeLength(bytes: Buffer, at: number): number {
  const mark = bytes[at + 1] ?? 0;
  if (SHORT_ESCAPES.has(mark)) return 2;
  return mark === 0x75 && HEX.test(bytes.toString('latin1', at + 2, at + 6)) ? 6 : -1;
}

/** The word null, true or false that begins at `at`, with its kind. */
export function wordAt(bytes: Buffer, at: number): { readonly kind: number; readonly word: string } | undefined {
  const text = bytes.toString('latin1', at, at + 5);
  return WORDS.find(({ word }) => text.startsWith(word));
}
