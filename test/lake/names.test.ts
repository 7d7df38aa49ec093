import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  generationFolder,
  landingKey,
  manifestKey,
  parseGenerationKey,
  parseLandedKey,
  parseManifestKey,
  partFileName,
  partitionOf,
  partitionStartMs,
  segmentFileName,
  segmentNumberOf,
} from '../../lake/names.ts';

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

describe('keys of generations and manifests', () => {
  const hour = { dt: '2026-03-01', hour: '09' };

  test('are parsed back into their parts', () => {
    const folder = generationFolder('payments_1m', hour, 12);
    expect(folder).toBe('payments_1m/gen=12/dt=2026-03-01/hour=09/');
    expect(parseGenerationKey(`${folder}${partFileName(3)}`)).toEqual({
      table: 'payments_1m',
      number: 12,
      ...hour,
      name: 'part-00003.parquet',
    });
    expect(manifestKey('payments_1m', hour)).toBe('payments_1m/manifest/dt=2026-03-01/hour=09.json');
    expect(parseManifestKey(manifestKey('payments_1m', hour))).toEqual({ table: 'payments_1m', ...hour });
  });

  test('nothing else is taken for one', () => {
    for (const key of ['t/gen=x/dt=2026-03-01/hour=09/a', 't/gen=1/dt=2026-03-01/a', 't/landing/dt=2026-03-01/hour=09/a', ''])
      expect(parseGenerationKey(key)).toBeUndefined();
    for (const key of ['t/manifest/dt=2026-03-01/hour=09.json.damaged', 't/manifest/x.json', ''])
      expect(parseManifestKey(key)).toBeUndefined();
  });
});

describe('landing keys', () => {
  test('are parsed back into their parts', () => {
    const name = { table: 'payments_1m', dt: '2026-03-01', hour: '09', name: segmentFileName(42, 1) };
    expect(landingKey(name)).toBe('payments_1m/landing/dt=2026-03-01/hour=09/seg-000000042-1.parquet');
    expect(parseLandedKey(landingKey(name))).toEqual({ ...name, name: 'seg-000000042-1.parquet' });
    expect(segmentNumberOf(name.name)).toBe(42);
    expect(parseLandedKey('t/landing/dt=2028-02-29/hour=23/x.parquet')).toMatchObject({ dt: '2028-02-29', hour: '23' });
  });

  test('nothing else is taken for one', () => {
    const others = [
      't/gen=1/dt=2026-03-01/hour=09/x.parquet',
      't/landing/dt=2026-03-01/x.parquet',
      't/landing/dt=2026-03-01/hour=09/_SUCCESS',
      't/landing/dt=2026-03-01/hour=09/.x.parquet',
      't/landing/dt=2026-13-45/hour=09/x.parquet',
      't/landing/dt=2026-02-29/hour=09/x.parquet',
      't/landing/dt=2026-03-01/hour=24/x.parquet',
      't/landing/dt=2026-03-01/hour=99/x.parquet',
      '',
    ];
    for (const key of others) expect(parseLandedKey(key)).toBeUndefined();
    expect(segmentNumberOf('firehose-1')).toBeUndefined();
  });
});
