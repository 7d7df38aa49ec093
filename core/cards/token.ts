import { createHmac } from 'node:crypto';
import { CARD_DIGITS_MAX, CARD_DIGITS_MIN, isCardNumber } from './issuers.ts';
import { plainText } from './plain.ts';

/** A secret that makes tokens, and the name by which tokens say which secret made them. */
export interface TokenKey {
  /** 1..16 letters, digits or hyphens; new whenever the secret is. Not secret. */
  readonly id: string;
  /** At least 32 random bytes, from a secret store. */
  readonly secret: Uint8Array;
}

const SECRET_BYTES_MIN = 32;
const ID = /^[A-Za-z0-9-]{1,16}$/;
const A = 'a'.charCodeAt(0);

/**
 * The token of a card number, for producers: the same number and key always give the same token, and without the key neither a
 * token nor a list of all numbers tells the number. HMAC-SHA-256 of the digits alone, written as `card_<key id>_` and 64 letters a..p,
 * one for each half byte, so that no token looks like a card number. PCI DSS 4.0.1, 3.5.1.1 asks for a keyed hash.
 *
 * Throws TypeError for a key that is too weak and for a number that is none; messages never show the number.
 */
export function cardToken(cardNumber: string, key: TokenKey): string {
  if (!ID.test(key.id)) throw new TypeError(`key id: got ${JSON.stringify(key.id)}; allowed: 1..16 letters, digits or hyphens`);
  if (key.secret.length < SECRET_BYTES_MIN)
    throw new TypeError(`key secret: got ${key.secret.length} bytes; allowed: at least ${SECRET_BYTES_MIN} random bytes`);
  const hash = createHmac('sha256', key.secret).update(digitsOf(cardNumber)).digest();
  const letters = [...hash].map((byte) => String.fromCharCode(A + (byte >> 4), A + (byte & 15)));
  return `card_${key.id}_${letters.join('')}`;
}

function digitsOf(cardNumber: string): string {
  const text = Buffer.from(plainText(Buffer.from(cardNumber)).text).toString('latin1');
  const digits = text.replaceAll(/[ .-]/g, '');
  const isDigits = /^[0-9]{13,19}$/.test(digits);
  if (isDigits && isCardNumber(Uint8Array.from(digits, Number), digits.length)) return digits;
  throw new TypeError(
    `card number: got ${text.length} characters that are none; allowed: ${CARD_DIGITS_MIN}..${CARD_DIGITS_MAX} digits of a payment network with their check digit, separators aside`,
  );
}
