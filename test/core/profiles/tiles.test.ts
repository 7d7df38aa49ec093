import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tileFeature } from '../../../core/definition/features.ts';
import type { Event } from '../../../core/model.ts';
import {
  addToTile,
  appendTile,
  compileTileFeatures,
  emptyTile,
  type KeyTiles,
  matches,
  mergeTiles,
  parseTiles,
  type Tile,
  type TileRing,
} from '../../../core/profiles/tiles.ts';
import { eventAt, HOUR_MS, naiveFeature } from './naive.ts';
import { paymentsPipeline } from './payments.ts';

const frauds = {
  over: 'label',
  where: { fraud: true },
  by: 'terminal',
  measure: 'count',
  windowMs: 24 * HOUR_MS,
  tileMs: HOUR_MS,
  delayMs: 2 * HOUR_MS,
  description: 'x',
} as const;

const SPECS = {
  frauds_24h: tileFeature(frauds),
  frauds_3h: tileFeature({ ...frauds, windowMs: 3 * HOUR_MS, delayMs: 5 * HOUR_MS }),
  losses_24h: tileFeature({ ...frauds, measure: 'sum', field: 'loss', where: { fraud: true, currency: 'EUR' } }),
  mean_loss_24h: tileFeature({ ...frauds, measure: 'mean', field: 'loss', where: { currency: 'EUR', fraud: true } }),
  payments_6h: tileFeature({ ...frauds, over: 'payment', where: {}, windowMs: 6 * HOUR_MS, tileMs: 2 * HOUR_MS, delayMs: 4 * HOUR_MS }),
};

const features = compileTileFeatures(paymentsPipeline(SPECS));
const NOON = Date.UTC(2024, 0, 1, 12);
const ringOf = (i: number): TileRing => features.rings[i] ?? expect.fail(`no ring ${i}`);

/** Closed tiles of every ring and key: all tiles that end at or before the frontier. */
function tilesOf(events: readonly Event[], frontierMs: number | null): (ringId: string, key: string) => KeyTiles | undefined {
  const closed = new Map<string, Map<number, Tile>>();
  for (const ring of features.rings) {
    for (const event of events) {
      const startMs = Math.floor(event.timeMs / ring.tileMs) * ring.tileMs;
      if (frontierMs === null || startMs + ring.tileMs > frontierMs || !matches(ring, event)) continue;
      const id = `${ring.ringId}#${event.values[ring.by]}`;
      const tiles = closed.get(id) ?? new Map<number, Tile>();
      tiles.set(startMs, addToTile(tiles.get(startMs) ?? emptyTile(ring), ring, event));
      closed.set(id, tiles);
    }
  }
  return (ringId, key) => {
    const tiles = closed.get(`${ringId}#${key}`);
    if (tiles === undefined) return undefined;
    let list: KeyTiles = [];
    for (const [startMs, tile] of tiles) list = appendTile(list, startMs, tile, Number.NEGATIVE_INFINITY);
    return parseTiles(JSON.stringify(list));
  };
}

function readAt(events: readonly Event[], asOfMs: number, frontierMs: number | null): Record<string, number | null> {
  return features.read(eventAt('payment', asOfMs), asOfMs, frontierMs, tilesOf(events, frontierMs));
}

describe('the window of a tile feature', () => {
  const count = (labelMs: number, asOfMs: number, frontierMs: number | null = NOON + 99 * HOUR_MS): number | null =>
    readAt([eventAt('label', labelMs, { fraud: true })], asOfMs, frontierMs)['frauds_24h'] ?? null;

  test('ends where the tile of the judged time less the delay begins', () => {
    expect(count(NOON - 1, NOON + 2 * HOUR_MS)).toBe(1);
    expect(count(NOON, NOON + 2 * HOUR_MS)).toBe(0);
    expect(count(NOON, NOON + 3 * HOUR_MS - 1)).toBe(0);
    expect(count(NOON, NOON + 3 * HOUR_MS)).toBe(1);
  });
  test('begins a whole window before its end', () => {
    expect(count(NOON - 24 * HOUR_MS, NOON + 2 * HOUR_MS)).toBe(1);
    expect(count(NOON - 24 * HOUR_MS - 1, NOON + 2 * HOUR_MS)).toBe(0);
  });
  test('never reaches past the frontier, and moves back with it as a whole', () => {
    expect(count(NOON - 1, NOON + 9 * HOUR_MS, NOON)).toBe(1);
    expect(count(NOON - 1, NOON + 9 * HOUR_MS, NOON - 1)).toBe(0);
    expect(count(NOON - 24 * HOUR_MS, NOON + 9 * HOUR_MS, NOON)).toBe(1);
  });
  test('is empty while nothing is closed', () => {
    expect(readAt([], NOON, null)).toEqual({ frauds_24h: 0, frauds_3h: 0, losses_24h: 0, mean_loss_24h: null, payments_6h: 0 });
  });
  test('does not count tiles that closed after the recorded frontier', () => {
    const label = eventAt('label', NOON, { fraud: true });
    const values = features.read(eventAt('payment', NOON), NOON + 9 * HOUR_MS, NOON, tilesOf([label], NOON + 9 * HOUR_MS));
    expect(values['frauds_24h']).toBe(0);
  });
});

test('an event without the field reads nothing', () => {
  const labels = [eventAt('label', NOON, { fraud: true })];
  const judged = eventAt('payment', NOON + 9 * HOUR_MS, { terminal: undefined });
  expect(features.read(judged, judged.timeMs, judged.timeMs, tilesOf(labels, judged.timeMs))).toMatchObject({
    frauds_24h: 0,
    mean_loss_24h: null,
  });
});

test('features with equal source share a ring of the longest window and delay, whatever the order of their filter', () => {
  expect(
    features.rings.map(({ over, by, field, tileMs, windowMsMax, delayMsMax }) => [over, by, field, tileMs, windowMsMax, delayMsMax]),
  ).toEqual([
    ['label', 'terminal', undefined, HOUR_MS, 24 * HOUR_MS, 5 * HOUR_MS],
    ['label', 'terminal', 'loss', HOUR_MS, 24 * HOUR_MS, 2 * HOUR_MS],
    ['payment', 'terminal', undefined, 2 * HOUR_MS, 6 * HOUR_MS, 4 * HOUR_MS],
  ]);
  for (const { ringId } of features.rings) expect(ringId).not.toContain('#');
});

describe('matching', () => {
  test('looks at type, filter, summed field and key field', () => {
    const fraud = eventAt('label', NOON, { fraud: true });
    expect(matches(ringOf(0), fraud)).toBe(true);
    expect(matches(ringOf(0), eventAt('label', NOON, { fraud: false }))).toBe(false);
    expect(matches(ringOf(0), eventAt('payment', NOON))).toBe(false);
    expect(matches(ringOf(1), fraud)).toBe(false);
    expect(matches(ringOf(1), eventAt('label', NOON, { fraud: true, loss: 0 }))).toBe(true);
    expect(matches(ringOf(2), eventAt('payment', NOON, { terminal: undefined }))).toBe(false);
  });
});

describe('stored tiles', () => {
  const tile = (count: number): Tile => ({ count, sum: 0 });

  test('stay sorted, whatever closes first', () => {
    let tiles: KeyTiles = [];
    for (const startMs of [2, 1, 3, 0]) tiles = appendTile(tiles, startMs * HOUR_MS, tile(startMs), 0);
    expect(tiles.map(([startMs]) => startMs / HOUR_MS)).toEqual([0, 1, 2, 3]);
  });
  test('closing a tile again replaces it', () => {
    const once = appendTile([[0, tile(9)]], HOUR_MS, tile(1), 0);
    expect(appendTile(once, HOUR_MS, tile(2), 0)).toEqual([
      [0, tile(9)],
      [HOUR_MS, tile(2)],
    ]);
    expect(appendTile(once, HOUR_MS, tile(1), 0)).toEqual(once);
  });
  test('tiles that start before the limit go, the one at it stays', () => {
    const tiles: KeyTiles = [
      [0, tile(1)],
      [HOUR_MS, tile(2)],
    ];
    expect(appendTile(tiles, 2 * HOUR_MS, tile(3), HOUR_MS)).toEqual([
      [HOUR_MS, tile(2)],
      [2 * HOUR_MS, tile(3)],
    ]);
  });
});

const eventArbitrary = fc
  .record({
    type: fc.constantFrom('label', 'label', 'payment'),
    offsetMs: fc.integer({ min: -40 * HOUR_MS, max: 0 }),
    terminal: fc.constantFrom('t1', 't2'),
    fraud: fc.boolean(),
    loss: fc.option(fc.oneof(fc.integer({ min: 0, max: 99 }), fc.constant(Number.MAX_SAFE_INTEGER)), { nil: undefined }),
    currency: fc.constantFrom('EUR', 'USD'),
  })
  .map(({ type, offsetMs, ...values }) => eventAt(type, NOON + offsetMs, values));
const eventsArbitrary = fc.array(eventArbitrary, { maxLength: 60 });
const hours = fc.integer({ min: -20 * 60, max: 9 * 60 }).map((minutes) => NOON + minutes * 60_000);

test('a read equals a scan of the events in closed tiles', () => {
  fc.assert(
    fc.property(
      eventsArbitrary,
      hours,
      fc.option(hours),
      fc.constantFrom('t1', 't2', undefined),
      (events, asOfMs, frontierMs, terminal) => {
        const judged = eventAt('payment', asOfMs, { terminal });
        const read = features.read(judged, asOfMs, frontierMs, tilesOf(events, frontierMs));
        for (const [name, spec] of Object.entries(SPECS)) {
          const naive = naiveFeature(spec, judged, asOfMs, events, frontierMs);
          if (naive === null) expect(read[name], name).toBeNull();
          else expect(Math.abs((read[name] ?? Number.NaN) - naive), name).toBeLessThanOrEqual(Math.abs(naive) * 2 ** -52);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('expiry behind the oldest judged time never changes a read', () => {
  fc.assert(
    fc.property(eventsArbitrary, hours, fc.integer({ min: 0, max: 9 * HOUR_MS }), (events, oldestMs, laterMs) => {
      const judged = eventAt('payment', oldestMs + laterMs);
      const frontierMs = NOON + 9 * HOUR_MS;
      const all = tilesOf(events, frontierMs);
      const expired = (ringId: string, key: string): KeyTiles | undefined => {
        const ring = features.rings.find((one) => one.ringId === ringId) ?? expect.fail(ringId);
        const limitMs = Math.floor(oldestMs / ring.tileMs) * ring.tileMs - ring.windowMsMax - ring.delayMsMax;
        return appendTile(all(ringId, key) ?? [], frontierMs, { count: 99, sum: 99 }, limitMs);
      };
      expect(features.read(judged, judged.timeMs, frontierMs, expired)).toEqual(features.read(judged, judged.timeMs, frontierMs, all));
    }),
    { numRuns: 100 },
  );
});

test('parts of a tile from several shards merge to one answer in any order', () => {
  const parts = fc.array(fc.tuple(eventArbitrary, fc.integer({ min: 0, max: 3 }), fc.nat()), { maxLength: 40 });
  fc.assert(
    fc.property(parts, (all) => {
      const ring = ringOf(1);
      const matching = all.filter(([event]) => matches(ring, event));
      const whole = matching.reduce((tile, [event]) => addToTile(tile, ring, event), emptyTile(ring));
      const shards = [emptyTile(ring), emptyTile(ring), emptyTile(ring), emptyTile(ring)];
      for (const [event, shard] of [...matching].sort((a, b) => a[2] - b[2]))
        shards[shard] = addToTile(shards[shard] ?? emptyTile(ring), ring, event);
      const [a = whole, b = whole, c = whole, d = whole] = shards;
      expect(mergeTiles(mergeTiles(a, b, ring), mergeTiles(c, d, ring), ring)).toEqual(whole);
      expect(mergeTiles(d, mergeTiles(mergeTiles(c, a, ring), b, ring), ring)).toEqual(whole);
    }),
    { numRuns: 100 },
  );
});
