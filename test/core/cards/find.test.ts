import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskBytes, maskText } from '../../../core/cards/mask.ts';
import { TEST_CARDS } from './numbers.ts';

const CARD = TEST_CARDS.visa;
const groups = (card: string, separator: string): string => (card.match(/.{1,4}/g) ?? []).join(separator);
const escaped = (card: string): string => [...card].map((digit) => `\\u00${digit.charCodeAt(0).toString(16)}`).join('');
const shifted = (card: string, zero: number): string => [...card].map((digit) => String.fromCodePoint(zero + Number(digit))).join('');

/** Ways to write a number of sixteen digits that a reader takes for a card number. */
const WAYS: Readonly<Record<string, (card: string) => string>> = {
  'in one piece': (card) => card,
  'in groups with blanks': (card) => groups(card, ' '),
  'in groups with hyphens': (card) => groups(card, '-'),
  'in groups with dots': (card) => groups(card, '.'),
  'in groups with blanks and hyphens': (card) => groups(card, ' - '),
  'in JSON escapes': escaped,
  'half in JSON escapes': (card) => escaped(card.slice(0, 8)) + card.slice(8),
  'in full-width digits': (card) => shifted(card, 0xff10),
  'in Arabic digits': (card) => shifted(card, 0x660),
  'in mathematical digits': (card) => shifted(card, 0x1d7e2),
  'with en dashes': (card) => groups(card, '–'),
  'with no-break spaces': (card) => groups(card, '\u00a0'),
  'with zero-width spaces': (card) => groups(card, '\u200b'),
  'with leading zeros': (card) => `000${card}`,
  'as a number with decimals': (card) => `${card}.00`,
  'as a negative number': (card) => `-${card}`,
};

describe('card numbers are found', () => {
  test.each(Object.entries(TEST_CARDS))('of %s: %s', (_, card) => {
    expect(maskText(`{"note":"${card}"}`)).toBe(`{"note":"[card **${card.slice(-4)}]"}`);
  });

  test.each(Object.entries(WAYS))('written %s', (_, write) => {
    for (const around of ['', 'x', '"', ' ', 'é']) {
      const masked = maskText(`${around}${write(CARD)}${around}`);
      expect(masked).toContain('[card **1111]');
      expect(masked.normalize('NFKC').replaceAll(/\D/g, '')).not.toContain('11111');
    }
  });

  test('in UTF-16 of both byte orders', () => {
    const text = Buffer.from(`pay ${CARD} now`, 'utf16le');
    expect(maskBytes(text)?.bytes.toString('latin1')).toContain('[card **1111]');
    expect(maskBytes(text.swap16())?.bytes.toString('latin1')).toContain('[card **1111]');
  });

  test('with what stands beside them: expiry date and security code go too', () => {
    expect(maskText('4111 1111 1111 1111 1225 123')).toBe('[card **1111]');
    expect(maskText('123 4111111111111111')).toBe('[card **1111]');
  });

  test('at every offset, in whatever surrounds them', () => {
    const bytes = fc.uint8Array({ maxLength: 80 });
    const way = fc.constantFrom(...Object.values(WAYS));
    const card = fc.constantFrom(TEST_CARDS.visa, TEST_CARDS.mastercard, TEST_CARDS.unionPay, TEST_CARDS.maestro);
    fc.assert(
      fc.property(bytes, way, card, bytes, (before, write, number, after) => {
        const text = Buffer.concat([before, Buffer.from('"'), Buffer.from(write(number)), Buffer.from('"'), after]);
        const masked = maskBytes(text);
        expect(masked?.bytes.includes(`**${number.slice(-4)}]`)).toBe(true);
        expect(masked?.bytes.length).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('what is no card number stays', () => {
  test.each([
    ['a wrong check digit', '4111111111111112'],
    ['a length that the network does not have', '41111111111111'],
    ['more digits than any card has', '41111111111111111111111'],
    ['decimals', '{"lat":0.4111111111111111,"lon":-12.4111111111111111}'],
    ['a UUID', 'f47ac10b-58cc-4111-1111-111111111111'],
    ['a hash', 'ab4111111111111111cd4111111111111111ef'],
    ['times', '{"at":"2026-01-05T10:00:00.123456789Z","ms":1764000000000,"us":1764000000000000}'],
    ['dates one after another', '2026-01-05 2026-01-06 2026-01-07 30-01-2026 10.30.45'],
    ['lists of numbers', '[4111,1111,1111,1111]'],
    ['already masked', '************1111 and 411111******1111'],
  ])('%s', (_, text) => {
    expect(maskBytes(Buffer.from(text))).toBeUndefined();
  });

  test('random UUIDs, with and without hyphens', () => {
    for (let i = 0; i < 20_000; i += 1) {
      const id = randomUUID();
      expect(maskBytes(Buffer.from(`"${id}" "${id.replaceAll('-', '')}"`))).toBeUndefined();
    }
  });
});

describe('masking', () => {
  test('never throws, never makes bytes longer, and masks masked bytes to themselves', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789 -.4111\\u003１é\0'), maxLength: 200 });
    const input = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      digits.map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(input, (bytes) => {
        const masked = maskBytes(bytes);
        if (masked === undefined) return;
        expect(masked.bytes.length).toBeLessThanOrEqual(bytes.length);
        expect(maskBytes(masked.bytes)?.bytes.equals(masked.bytes)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });
});
