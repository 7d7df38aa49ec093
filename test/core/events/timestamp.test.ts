import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTime, parseTime, TIME_END_MS, TIME_MIN_MS } from '../../../core/events/timestamp.ts';

const timeMs = fc.integer({ min: TIME_MIN_MS, max: TIME_END_MS - 1 });

describe('parseTime', () => {
  test('reads back what Date writes, for every time in range', () => {
    fc.assert(
      fc.property(timeMs, (ms) => {
        expect(parseTime(new Date(ms).toISOString())).toBe(ms);
      }),
      { numRuns: 1_000 },
    );
  });

  test('knows the last day of every month of every year', () => {
    for (let year = 2000; year < 2100; year += 1) {
      for (let month = 1; month <= 12; month += 1) {
        const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
        const prefix = `${year}-${String(month).padStart(2, '0')}-`;
        expect(parseTime(`${prefix}${last}T00:00:00Z`)).toBe(Date.UTC(year, month - 1, last));
        expect(parseTime(`${prefix}${last + 1}T00:00:00Z`)).toBe('TIME_SYNTAX');
      }
    }
  });

  test.each([
    ['2024-05-06T07:08:09Z', 0],
    ['2024-05-06t07:08:09z', 0],
    ['2024-05-06T07:08:09+00:00', 0],
    ['2024-05-06T07:08:09-00:00', 0],
    ['2024-05-06T07:08:09.1Z', 100],
    ['2024-05-06T07:08:09.12Z', 120],
    ['2024-05-06T07:08:09.123Z', 123],
    ['2024-05-06T07:08:09.123999999Z', 123],
    ['2024-05-06T07:08:09.000999+00:00', 0],
  ])('%s: finer digits than ms are cut off', (text, ms) => {
    expect(parseTime(text)).toBe(Date.UTC(2024, 4, 6, 7, 8, 9, ms));
  });

  test('the range is half-open', () => {
    expect(parseTime('1999-12-31T23:59:59.999999999Z')).toBe('TIME_OUT_OF_RANGE');
    expect(parseTime('2000-01-01T00:00:00Z')).toBe(TIME_MIN_MS);
    expect(parseTime('2099-12-31T23:59:59.999Z')).toBe(TIME_END_MS - 1);
    expect(parseTime('2100-01-01T00:00:00Z')).toBe('TIME_OUT_OF_RANGE');
  });

  test.each(['2024-05-06T07:08:09+02:00', '2024-05-06T07:08:09-00:01', '2024-05-06T07:08:09.5+23:59'])('%s is not UTC', (text) => {
    expect(parseTime(text)).toBe('TIME_NOT_UTC');
  });

  test('a text with one character changed, dropped or added is a time only where Date agrees', () => {
    const source = '2024-02-29T07:08:09.123Z';
    const change = fc.record({ at: fc.nat({ max: source.length }), drop: fc.nat({ max: 1 }), put: fc.constantFrom('', ...'0129-+:.TZ x') });
    fc.assert(
      fc.property(change, ({ at, drop, put }) => {
        const text = source.slice(0, at) + put + source.slice(at + drop);
        const time = parseTime(text);
        if (typeof time === 'number') expect([text, time]).toEqual([text, Date.parse(text)]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a second of 60 is refused, even where the calendar had one', () => {
    expect(parseTime('2016-12-31T23:59:60Z')).toBe('TIME_SYNTAX');
  });
});

describe('formatTime', () => {
  test('writes what Date writes', () => {
    const anyMs = fc.integer({ min: Date.parse('0000-01-01T00:00:00Z'), max: Date.parse('9999-12-31T23:59:59.999Z') });
    fc.assert(
      fc.property(fc.oneof(timeMs, anyMs), (ms) => {
        expect(formatTime(ms)).toBe(new Date(ms).toISOString());
      }),
      { numRuns: 1_000 },
    );
  });
});
