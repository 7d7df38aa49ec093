import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FeatureSpec, keyFeature, LARGEST_MAX, tileFeature } from '../../../core/definition/features.ts';
import type { Event } from '../../../core/model.ts';
import { distanceKm } from '../../../core/profiles/distance.ts';
import { compileKeyFeatures } from '../../../core/profiles/features.ts';
import type { RingStates } from '../../../core/profiles/rings.ts';
import {
  addToTile,
  appendTile,
  compileTileFeatures,
  emptyTile,
  type KeyTiles,
  matches,
  mergeTiles,
  parseTiles,
} from '../../../core/profiles/tiles.ts';
import { eventAt, HOUR_MS, MINUTE_MS, naiveFeature } from './naive.ts';
import { paymentsPipeline } from './payments.ts';

const hourly = { over: 'payment', windowMs: HOUR_MS, tileMs: MINUTE_MS, description: 'x' } as const;
const SPECS: Readonly<Record<string, FeatureSpec>> = {
  stddev_1h: keyFeature({ ...hourly, measure: 'stddev', field: 'amount', per: ['currency'] }),
  reading_stddev: keyFeature({ ...hourly, measure: 'stddev', field: 'reading' }),
  min_1h: keyFeature({ ...hourly, measure: 'min', field: 'amount', per: ['currency'] }),
  reading_max: keyFeature({ ...hourly, measure: 'max', field: 'reading' }),
  channels_1h: keyFeature({ ...hourly, measure: 'distinct', field: 'channel' }),
  web_share: keyFeature({ ...hourly, measure: 'share', of: { channel: 'web' } }),
  fraud_share: keyFeature({ ...hourly, over: 'label', measure: 'share', of: { fraud: true }, windowMs: 2 * HOUR_MS }),
  since_last: keyFeature({ ...hourly, measure: 'since_last' }),
  distance: keyFeature({ ...hourly, measure: 'distance_km', place: ['lat', 'lon'] }),
  speed: keyFeature({ ...hourly, measure: 'speed_kmh', place: ['lat', 'lon'] }),
  seen_channel: keyFeature({ ...hourly, measure: 'count', per: ['channel'] }),
  known_channel: keyFeature({ ...hourly, measure: 'count', field: 'channel', per: ['channel'] }),
  ratio_1h: keyFeature({ ...hourly, measure: 'ratio', field: 'amount', per: ['currency'], usual: { dropOneIn: 4, prior: 500 } }),
  reading_ratio: keyFeature({ ...hourly, measure: 'ratio', field: 'reading', usual: { dropOneIn: 2, prior: 7 } }),
  readings: keyFeature({ ...hourly, measure: 'count', field: 'reading' }),
};

const event = fc
  .record({
    type: fc.constantFrom('payment', 'payment', 'label'),
    offsetMs: fc.integer({ min: 0, max: 2 * HOUR_MS }),
    amount: fc.integer({ min: 0, max: 5_000 }),
    currency: fc.constantFrom('EUR', 'USD'),
    channel: fc.constantFrom(undefined, 'web', 'pos', 'atm'),
    reading: fc.option(fc.integer({ min: -500, max: 500 }), { nil: undefined }),
    lat: fc.option(fc.integer({ min: -90_000_000, max: 90_000_000 }), { nil: undefined }),
    lon: fc.option(fc.integer({ min: -180_000_000, max: 180_000_000 }), { nil: undefined }),
    fraud: fc.boolean(),
  })
  .map(
    ({ type, offsetMs, fraud, ...values }): Event => eventAt(type, Date.UTC(2024, 0, 1) + offsetMs, type === 'label' ? { fraud } : values),
  );

describe('features over the key', () => {
  const features = compileKeyFeatures(paymentsPipeline(SPECS));

  test('are what a scan over all earlier events gives, through stored state, in any order of arrival', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), fc.integer({ min: 0, max: 40 }), (events, storedAt) => {
        let states: RingStates = {};
        for (const [i, one] of events.entries()) {
          if (one.type === 'payment') {
            const read = features.read(states, one, one.timeMs);
            for (const [name, spec] of Object.entries(SPECS)) {
              const wanted = naiveFeature(spec, one, one.timeMs, events.slice(0, i), null);
              if (wanted === null) expect(read[name], name).toBeNull();
              // A metre in a minute is 0.06 km/h.
              else expect(read[name], name).toBeCloseTo(wanted, spec.measure === 'speed_kmh' ? 0 : 2);
            }
          }
          features.add(states, one);
          if (i === storedAt) states = JSON.parse(JSON.stringify(states)) as RingStates;
        }
      }),
      { numRuns: 50 },
    );
  });

  test('of no events: counts are 0, a ratio is the value by its prior, all others are null', () => {
    const none = features.read({}, eventAt('payment', 0), 0);
    const zero = { channels_1h: 0, seen_channel: 0, known_channel: 0, readings: 0, ratio_1h: 100 / 500 };
    expect(none).toEqual({ ...Object.fromEntries(Object.keys(SPECS).map((name) => [name, null])), ...zero });
  });

  test('an event without the field has a count of 0, and is in no count', () => {
    const states: RingStates = {};
    features.add(states, eventAt('payment', 0, { channel: undefined }));
    expect(features.read(states, eventAt('payment', 0, { channel: undefined }), 0)).toMatchObject({ seen_channel: 1, known_channel: 0 });
    expect(Object.keys(states).filter((ringId) => ringId.includes('/has:'))).toEqual([]);
  });

  test('a ratio leaves out the largest, and is null where refunds leave nothing usual', () => {
    const states: RingStates = {};
    for (const amount of [100, 300, 200, 9_000]) features.add(states, eventAt('payment', 0, { amount }));
    // One in four is left out: 800 · (3 + 1) / (600 + 500).
    expect(features.read(states, eventAt('payment', 0, { amount: 800 }), 0)['ratio_1h']).toBe(3_200 / 1_100);
    features.add(states, eventAt('payment', 0, { amount: -50_000 }));
    expect(features.read(states, eventAt('payment', 0, { amount: 800 }), 0)['ratio_1h']).toBeNull();
  });

  test('a ratio forgets all but the largest values of a tile, and leaves out no more', () => {
    const states: RingStates = {};
    const amounts = Array.from({ length: 4 * 40 }, (_, i) => 1_000 + i);
    for (const amount of amounts) features.add(states, eventAt('payment', 0, { amount }));
    const kept = amounts.slice(0, -LARGEST_MAX).reduce((sum, one) => sum + one, 0);
    expect(features.read(states, eventAt('payment', 0, { amount: 7 }), 0)['ratio_1h']).toBe((7 * (160 - 32 + 1)) / (kept + 500));
    expect(JSON.stringify(states).length).toBeLessThan(1_000);
  });

  test('a value that was never seen has a count of 0 of its own', () => {
    const states: RingStates = {};
    features.add(states, eventAt('payment', 0, { channel: 'web' }));
    expect(features.read(states, eventAt('payment', 0, { channel: 'web' }), 0)['seen_channel']).toBe(1);
    expect(features.read(states, eventAt('payment', 0, { channel: 'pos' }), 0)['seen_channel']).toBe(0);
  });
});

describe('features over other keys', () => {
  const daily = { over: 'label', by: 'terminal', windowMs: 24 * HOUR_MS, tileMs: HOUR_MS, delayMs: 2 * HOUR_MS, description: 'x' } as const;
  const TILES: Readonly<Record<string, FeatureSpec>> = {
    fraud_share: tileFeature({ ...daily, measure: 'share', of: { fraud: true } }),
    channels: tileFeature({ ...daily, over: 'payment', measure: 'distinct', field: 'channel' }),
    max_eur: tileFeature({ ...daily, over: 'payment', measure: 'max', field: 'amount', where: { currency: 'EUR' } }),
    stddev_eur: tileFeature({ ...daily, over: 'payment', measure: 'stddev', field: 'amount', where: { currency: 'EUR' } }),
  };
  const features = compileTileFeatures(paymentsPipeline(TILES));

  test('are what a scan gives, whatever shard saw which part', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.constantFrom('c1', 'c2', 'c3'), fc.boolean()), { maxLength: 40 }), (sent) => {
        const events = sent.map(([one, customer]): Event => ({ ...one, key: customer, values: { ...one.values, customer } }));
        const asOfMs = Date.UTC(2024, 0, 1, 6);
        const tilesOf = (ringId: string): KeyTiles => {
          const ring = features.rings.find((one) => one.ringId === ringId) ?? expect.fail(ringId);
          let tiles: KeyTiles = [];
          for (let startMs = Date.UTC(2024, 0, 1); startMs < asOfMs; startMs += HOUR_MS) {
            const inTile = events.flatMap((one, i) =>
              one.timeMs >= startMs && one.timeMs < startMs + HOUR_MS && matches(ring, one) ? [[one, sent[i]?.[2]] as const] : [],
            );
            if (inTile.length === 0) continue;
            const [a, b] = [true, false].map((side) =>
              inTile.filter((part) => part[1] === side).reduce((tile, [one]) => addToTile(tile, ring, one), emptyTile(ring)),
            );
            tiles = appendTile(tiles, startMs, mergeTiles(a ?? emptyTile(ring), b ?? emptyTile(ring), ring), 0);
          }
          return parseTiles(JSON.stringify(tiles));
        };
        const judged = eventAt('payment', asOfMs);
        const read = features.read(judged, asOfMs, asOfMs, tilesOf);
        for (const [name, spec] of Object.entries(TILES)) {
          const wanted = naiveFeature(spec, judged, asOfMs, events, asOfMs);
          if (wanted === null) expect(read[name], name).toBeNull();
          else expect(read[name], name).toBeCloseTo(wanted, 6);
        }
      }),
      { numRuns: 40 },
    );
  });
});

test('distances are those of well-known places', () => {
  const [paris, london, sydney]: readonly (readonly [number, number])[] = [
    [48.8566, 2.3522],
    [51.5074, -0.1278],
    [-33.8688, 151.2093],
  ];
  expect(distanceKm(paris ?? [0, 0], london ?? [0, 0])).toBeCloseTo(343.6, 0);
  expect(distanceKm(paris ?? [0, 0], sydney ?? [0, 0])).toBeCloseTo(16_960, -1);
  expect(distanceKm([0, 179.9], [0, -179.9])).toBeCloseTo(22.24, 1);
  expect(distanceKm([12, 34], [12, 34])).toBe(0);
});
