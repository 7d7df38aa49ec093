/** Bytes of a UUID with its hyphens. */
const UUID_BYTES = 36;

const UUID = /(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])/gi;

/** Hexadecimal digits from which on a word with a letter in it is an identifier or a hash. */
const HEX_MIN = 24;

const HEX_LETTER = /[a-f]/i;
const HEX = /^[0-9a-f]$/i;

/**
 * Whether digits lie inside a random identifier: a UUID, or at least 24 hexadecimal digits in one piece with a letter among them.
 * One UUID in ten thousand would else be taken for a card number. A number in one piece of decimal digits is never one of these.
 */
export function isIdentifier(text: Uint8Array, from: number, to: number): boolean {
  return isInHex(text, from, to) || isInUuid(text, from, to);
}

function isInHex(text: Uint8Array, from: number, to: number): boolean {
  let [start, end] = [from, to];
  while (start > 0 && isHex(text[start - 1])) start -= 1;
  while (end < text.length && isHex(text[end])) end += 1;
  const word = latin1(text, start, end);
  return end - start >= HEX_MIN && HEX_LETTER.test(word) && !/[^0-9a-f]/i.test(word);
}

function isInUuid(text: Uint8Array, from: number, to: number): boolean {
  const low = Math.max(0, from - UUID_BYTES);
  for (const { index } of latin1(text, low, to + UUID_BYTES).matchAll(UUID)) {
    if (low + index <= from && to <= low + index + UUID_BYTES) return true;
  }
  return false;
}

const isHex = (byte: number | undefined): boolean => byte !== undefined && HEX.test(String.fromCharCode(byte));

function latin1(text: Uint8Array, from: number, to: number): string {
  return Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('latin1', Math.max(0, from), Math.min(text.length, to));
}
