import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hopping, tumbling } from '../../../core/definition/windows.ts';
import { type SlicedWindow, sliceMsOf, sliceStartOf, sliceStartsOfWindow, windowStartsOfSlice } from '../../../core/windows/assign.ts';

const minute = tumbling(60_000) as SlicedWindow;
const hour = hopping(3_600_000, 300_000) as SlicedWindow;

describe('tumbling windows', () => {
  test('event at window end belongs to the next window', () => {
    expect(sliceStartOf(minute, 59_999)).toBe(0);
    expect(sliceStartOf(minute, 60_000)).toBe(60_000);
  });

  test('windows are epoch-aligned before 1970 too', () => {
    expect(sliceStartOf(minute, -1)).toBe(-60_000);
    expect(sliceStartOf(minute, -60_000)).toBe(-60_000);
  });

  test('a tumbling window is one slice', () => {
    expect(sliceMsOf(minute)).toBe(60_000);
    expect(windowStartsOfSlice(minute, -60_000)).toEqual([-60_000]);
    expect(sliceStartsOfWindow(minute, 120_000)).toEqual([120_000]);
  });
});

describe('hopping windows', () => {
  test('an event is in size / advance windows, each of which holds it', () => {
    const anyWindow = fc.tuple(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 12 }));
    fc.assert(
      fc.property(anyWindow, fc.integer({ min: -100_000, max: 100_000 }), ([advanceMs, hops], timeMs) => {
        const window = hopping(advanceMs * hops, advanceMs) as SlicedWindow;
        const starts = windowStartsOfSlice(window, sliceStartOf(window, timeMs));
        expect(starts).toHaveLength(hops);
        for (const start of starts) {
          expect(start <= timeMs && timeMs < start + window.sizeMs).toBe(true);
          expect(Math.abs(start % advanceMs)).toBe(0);
        }
      }),
    );
  });

  test('slices of a window and windows of a slice say the same', () => {
    for (const start of [-3_600_000, -300_000, 0, 900_000]) {
      const slices = sliceStartsOfWindow(hour, start);
      expect(slices).toHaveLength(12);
      expect([slices[0], slices.at(-1)]).toEqual([start, start + 3_300_000]);
      for (const slice of slices) expect(windowStartsOfSlice(hour, slice)).toContain(start);
      expect(windowStartsOfSlice(hour, start - 300_000)).not.toContain(start);
      expect(windowStartsOfSlice(hour, start + 3_600_000)).not.toContain(start);
    }
  });

  test('event at window end belongs to the next windows only', () => {
    const starts = windowStartsOfSlice(hour, sliceStartOf(hour, 3_600_000));
    expect(starts).not.toContain(0);
    expect(starts).toContain(300_000);
    expect(starts.at(-1)).toBe(3_600_000);
  });
});
