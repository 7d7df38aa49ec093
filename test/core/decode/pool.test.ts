import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64 } from '../../../core/decode/pool.ts';
import { buildScanner, wasmText } from '../../../functions/bundle/scanner.ts';

describe('base64', () => {
  test('of any bytes is decoded, whatever their length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), (bytes) => {
        expect(decodeBase64(Buffer.from(bytes).toString('base64'))).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  test('is read as Node reads it, however wrong it is', () => {
    const letters = fc.constantFrom(...'AZaz09+/-_= \n', '====', 'é', 'Ł', '😀', '\ud800', '\0');
    const right = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    fc.assert(
      fc.property(fc.array(fc.oneof(letters, right), { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        expect(decodeBase64(text)).toEqual(Buffer.from(text, 'base64'));
      }),
      { numRuns: 5_000 },
    );
  });

  test('of the longest texts that are decoded here, and of longer ones', () => {
    for (let length = 12_200; length < 12_400; length += 1) {
      const bytes = Buffer.alloc(length, length);
      expect(decodeBase64(bytes.toString('base64')).equals(bytes)).toBe(true);
    }
    for (const length of [24_526, 24_528, 24_530, 32_768, 49_152, 70_000]) {
      const bytes = Buffer.alloc(length, 7);
      expect(decodeBase64(bytes.toString('base64')).equals(bytes)).toBe(true);
    }
  });

  test('what was decoded before stays as it was', () => {
    const texts = Array.from({ length: 3_000 }, (_, i) => `record ${i} ${'x'.repeat(i % 300)}`);
    const decoded = texts.map((text) => decodeBase64(Buffer.from(text).toString('base64')));
    expect(decoded.map(String)).toEqual(texts);
  });
});

test('the scanner is the one that its sources make', async () => {
  const kept = readFileSync(new URL('../../../core/scan/wasm.ts', import.meta.url), 'utf8');
  expect(wasmText(await buildScanner())).toBe(kept);
});
