import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { floorTo } from '../../../core/time/tiles.ts';

describe('floorTo', () => {
  test('tiles are epoch-aligned, before 1970 too', () => {
    expect([0, 59_999, 60_000, -1, -60_000, -60_001].map((ms) => floorTo(ms, 60_000))).toEqual([0, 0, 60_000, -60_000, -60_000, -120_000]);
  });

  test('the tile holds its time and is a multiple of the size', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 15), max: 10 ** 15 }), fc.integer({ min: 1, max: 10 ** 11 }), (ms, sizeMs) => {
        const start = floorTo(ms, sizeMs);
        expect(start <= ms && ms < start + sizeMs).toBe(true);
        expect(BigInt(start) % BigInt(sizeMs)).toBe(0n);
      }),
    );
  });
});
