import { describe, expect, test } from 'vitest';
import { maskBytes } from '../../../core/cards/mask.ts';
import { cardToken } from '../../../core/cards/token.ts';
import { TEST_CARDS } from './numbers.ts';

const key = { id: 'k1', secret: Buffer.alloc(32, 7) };

describe('card tokens', () => {
  test('are HMAC-SHA-256 of the digits in letters a..p', () => {
    // printf 4111111111111111 | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…07 | tr 0-9a-f a-p
    expect(cardToken(TEST_CARDS.visa, key)).toBe('card_k1_ddompkblalkihpefehbnngelkdgkjlnohboajcnfolekkgkmolfmdhbapachmcio');
  });

  test('are equal for equal numbers however written, and differ by number and by secret', () => {
    const token = cardToken('4111 1111 1111 1111', key);
    expect(cardToken('4111-1111-1111-1111', key)).toBe(token);
    expect(cardToken('４１１１１１１１１１１１１１１１', key)).toBe(token);
    expect(cardToken(TEST_CARDS.visa, { ...key, secret: Buffer.alloc(32, 8) })).not.toBe(token);
    expect(new Set(Object.values(TEST_CARDS).map((card) => cardToken(card, key))).size).toBe(Object.keys(TEST_CARDS).length);
  });

  test('never look like card numbers', () => {
    for (const card of Object.values(TEST_CARDS)) expect(maskBytes(Buffer.from(cardToken(card, key)))).toBeUndefined();
  });

  test.each([
    ['a number with a wrong check digit', '4111111111111112', key],
    ['text', 'none', key],
    ['a weak secret', TEST_CARDS.visa, { id: 'k1', secret: Buffer.alloc(31) }],
    ['an id that cannot stand in a token', TEST_CARDS.visa, { ...key, id: 'k_1' }],
  ])('are refused for %s, in words without the number', (_, card, secret) => {
    expect(() => cardToken(card, secret)).toThrow(TypeError);
    expect(() => cardToken(card, secret)).not.toThrow(/41111/);
  });
});
