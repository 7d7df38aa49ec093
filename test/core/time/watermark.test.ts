import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AHEAD_MAX_MS, isFinal, isLate, observe, type ShardClock, watermarkOf } from '../../../core/time/watermark.ts';

const NEW: ShardClock = { maxEventMs: null, floorMs: null };

describe('watermark', () => {
  test('there is none before the first event or floor', () => {
    expect(watermarkOf(NEW, 60_000)).toBeNull();
    expect(watermarkOf({ ...NEW, floorMs: 5 }, 60_000)).toBe(5);
    expect(watermarkOf({ ...NEW, maxEventMs: 100 }, 60)).toBe(40);
  });

  test('the floor holds while it is higher', () => {
    expect(watermarkOf({ maxEventMs: 100, floorMs: 41 }, 60)).toBe(41);
    expect(watermarkOf({ maxEventMs: 100, floorMs: 39 }, 60)).toBe(40);
    expect(watermarkOf({ maxEventMs: -100, floorMs: 0 }, 0)).toBe(0);
  });

  test('it never moves back, whatever arrives', () => {
    const anyTime = fc.integer({ min: -1_000_000, max: 1_000_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(anyTime, anyTime)), fc.option(anyTime), (arrivals, floorMs) => {
        let clock: ShardClock = { maxEventMs: null, floorMs };
        let before = watermarkOf(clock, 60_000) ?? Number.NEGATIVE_INFINITY;
        for (const [eventMs, arrivalMs] of arrivals) {
          clock = observe(clock, eventMs, arrivalMs);
          const now = watermarkOf(clock, 60_000) ?? Number.NEGATIVE_INFINITY;
          expect(now).toBeGreaterThanOrEqual(before);
          before = now;
        }
      }),
    );
  });

  test('an event exactly five minutes ahead of its arrival moves it, one further ahead does not', () => {
    expect(AHEAD_MAX_MS).toBe(5 * 60_000);
    expect(observe(NEW, 1_000 + AHEAD_MAX_MS, 1_000).maxEventMs).toBe(1_000 + AHEAD_MAX_MS);
    expect(observe(NEW, 1_001 + AHEAD_MAX_MS, 1_000).maxEventMs).toBeNull();
    expect(observe(NEW, 1_011, 1_000, 10).maxEventMs).toBeNull();
  });

  test('an observation keeps the floor and leaves its clock as it was', () => {
    const clock: ShardClock = { maxEventMs: 1, floorMs: 7 };
    expect(observe(clock, 2, 2)).toEqual({ maxEventMs: 2, floorMs: 7 });
    expect(clock).toEqual({ maxEventMs: 1, floorMs: 7 });
  });
});

describe('late and final', () => {
  test('an event at watermark less lateness is in time, one ms earlier is late', () => {
    expect(isLate(400, 1_000, 600)).toBe(false);
    expect(isLate(399, 1_000, 600)).toBe(true);
    expect(isLate(-(10 ** 15), null, 0)).toBe(false);
  });

  test('a window is final one ms past its end and lateness', () => {
    expect(isFinal(400, 1_000, 600)).toBe(false);
    expect(isFinal(400, 1_001, 600)).toBe(true);
    expect(isFinal(-(10 ** 15), null, 0)).toBe(false);
  });

  test('an event that is not late belongs to no final window', () => {
    const anyTime = fc.integer({ min: -5_000, max: 5_000 });
    fc.assert(
      fc.property(
        anyTime,
        anyTime,
        fc.integer({ min: 0, max: 900 }),
        fc.integer({ min: 1, max: 900 }),
        (timeMs, watermark, lateness, untilEnd) => {
          if (!isLate(timeMs, watermark, lateness)) expect(isFinal(timeMs + untilEnd, watermark, lateness)).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });
});
