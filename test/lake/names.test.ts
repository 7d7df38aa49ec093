import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { landingKey, parseLandingKey, partitionOf, partitionStartMs, segmentFileName, segmentNumberOf } from '../../lake/names.ts';

const HOUR_MS = 3_600_000;

describe('partitions', () => {
  test('an event on the hour belongs to the hour it begins', () => {
    const hour = Date.parse('2026-03-01T10:00:00Z');
    expect(partitionOf(hour)).toEqual({ dt: '2026-03-01', hour: '10' });
    expect(partitionOf(hour - 1)).toEqual({ dt: '2026-03-01', hour: '09' });
    expect(partitionOf(0)).toEqual({ dt: '1970-01-01', hour: '00' });
  });

  test('every instant lies in its partition', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.parse('9999-12-31T23:59:59.999Z') }), (ms) => {
        const start = partitionStartMs(partitionOf(ms));
        expect(ms - start).toBeGreaterThanOrEqual(0);
        expect(ms - start).toBeLessThan(HOUR_MS);
      }),
    );
  });
});

describe('landing keys', () => {
  test('are parsed back into their parts', () => {
    const name = { table: 'payments_1m', dt: '2026-03-01', hour: '09', name: segmentFileName(42, 1) };
    expect(landingKey(name)).toBe('payments_1m/landing/dt=2026-03-01/hour=09/seg-000000042-1.parquet');
    expect(parseLandingKey(landingKey(name))).toEqual(name);
    expect(segmentNumberOf(name.name)).toBe(42);
  });

  test('nothing else is taken for one', () => {
    const others = [
      't/gen=1/dt=2026-03-01/hour=09/x.parquet',
      't/landing/dt=2026-03-01/x.parquet',
      't/landing/dt=2026-03-01/hour=09/x.json',
      '',
    ];
    for (const key of others) expect(parseLandingKey(key)).toBeUndefined();
    expect(segmentNumberOf('firehose-1')).toBeUndefined();
  });
});
