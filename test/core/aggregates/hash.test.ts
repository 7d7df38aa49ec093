import { describe, expect, test } from 'vitest';
import { hash32, SEED_A, SEED_B } from '../../../core/aggregates/hash.ts';

describe('hash', () => {
  test('values are fixed for good: stored sketches and buckets depend on them', () => {
    const texts = ['', 'a', 'ab', 'abc', '["EUR","FR"]', 'é\u{1F600}'];
    expect(texts.map((text) => [hash32(text, SEED_A), hash32(text, SEED_B)])).toMatchInlineSnapshot(`
      [
        [
          3954623016,
          1020716019,
        ],
        [
          298494453,
          2884439244,
        ],
        [
          1395310093,
          1957755985,
        ],
        [
          2110155457,
          1617719021,
        ],
        [
          3492009593,
          83883932,
        ],
        [
          260015211,
          326555145,
        ],
      ]
    `);
  });

  test('trailing zero units, length and order all count', () => {
    const texts = ['a', 'a\0', 'a\0\0', '\0a', 'ab', 'ba', ''];
    expect(new Set(texts.map((text) => hash32(text, SEED_A))).size).toBe(texts.length);
  });

  test('running numbers spread evenly over buckets', () => {
    const counts = new Array<number>(8).fill(0);
    for (let i = 0; i < 80_000; i += 1) {
      const bucket = hash32(`["${i}","EUR"]`, SEED_A) % 8;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  test('the two halves do not collide together', () => {
    const seen = new Set<bigint>();
    for (let i = 0; i < 100_000; i += 1) seen.add((BigInt(hash32(`C${i}`, SEED_A)) << 32n) | BigInt(hash32(`C${i}`, SEED_B)));
    expect(seen.size).toBe(100_000);
  });
});
