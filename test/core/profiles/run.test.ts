import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FeatureSpec, tileFeature } from '../../../core/definition/features.ts';
import type { Event } from '../../../core/model.ts';
import { runOf } from '../../../core/profiles/run.ts';
import {
  addToTile,
  appendTile,
  compileTileFeatures,
  emptyTile,
  type KeyTiles,
  matches,
  mergeTiles,
  parseTiles,
  sealTile,
  type Tile,
} from '../../../core/profiles/tiles.ts';
import { eventAt, HOUR_MS } from './naive.ts';
import { paymentsPipeline } from './payments.ts';

const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2024, 0, 1);
const shared = {
  ...{ description: 'x', over: 'label', by: 'terminal', of: { fraud: true }, since: 'event_time' },
  ...{ windowMs: 12 * HOUR_MS, tileMs: HOUR_MS, delayMs: 2 * HOUR_MS },
} as const;
const SPECS: Readonly<Record<string, FeatureSpec>> = {
  run: tileFeature({ ...shared, measure: 'run' }),
  age: tileFeature({ ...shared, measure: 'run_age_days' }),
};

const label = fc
  .record({ minute: fc.integer({ min: 0, max: 26 * 60 }), fraud: fc.boolean(), shard: fc.integer({ min: 0, max: 2 }) })
  .map(({ minute, fraud, shard }) => ({ event: eventAt('label', START_MS + minute * 60_000, { fraud }), shard }));

/** The run by a plain scan of the labels in the window. */
function naiveRun(labels: readonly Event[], asOfMs: number): { readonly run: number; readonly age: number | null } {
  const toMs = Math.floor((asOfMs - shared.delayMs) / HOUR_MS) * HOUR_MS;
  const inside = labels
    .filter(({ timeMs }) => timeMs >= toMs - shared.windowMs && timeMs < toMs)
    .sort((a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1));
  let run = 0;
  while (run < inside.length && inside[inside.length - 1 - run]?.values['fraud'] === true) run += 1;
  const first = inside[inside.length - run];
  return { run, age: run === 0 || first === undefined ? null : Math.floor(asOfMs / DAY_MS) - Math.floor(first.timeMs / DAY_MS) };
}

describe('the run at the end of a sequence', () => {
  test('is what a scan finds, whichever shards saw the events in whatever order, open or sealed, through stored state', () => {
    const { rings, read } = compileTileFeatures(paymentsPipeline(SPECS));
    const [ring] = rings;
    if (ring === undefined || rings.length !== 1) throw new Error('both features read one ring');
    fc.assert(
      fc.property(fc.array(label, { maxLength: 60 }), fc.integer({ min: 0, max: 30 * 60 }), fc.boolean(), (labels, minute, isSealed) => {
        const parts = new Map<number, Map<number, Tile>>();
        for (const { event, shard } of labels) {
          if (!matches(ring, event)) throw new Error('labels feed the ring');
          const startMs = Math.floor(event.timeMs / HOUR_MS) * HOUR_MS;
          const byShard = parts.get(startMs) ?? new Map<number, Tile>();
          parts.set(startMs, byShard);
          byShard.set(shard, addToTile(byShard.get(shard) ?? emptyTile(ring), ring, event));
        }
        let tiles: KeyTiles = [];
        for (const [startMs, byShard] of parts) {
          const stored = [...byShard.values()].map((tile) => JSON.parse(JSON.stringify(tile)) as Tile);
          const tile = stored.reduce((a, b) => mergeTiles(a, b, ring));
          tiles = appendTile(tiles, startMs, isSealed ? sealTile(tile, ring) : tile, 0);
        }
        tiles = parseTiles(JSON.stringify(tiles));
        const judged = eventAt('payment', START_MS + minute * 60_000);
        const values = read(judged, judged.timeMs, judged.timeMs, () => tiles);
        expect(values).toEqual(
          naiveRun(
            labels.map(({ event }) => event),
            judged.timeMs,
          ),
        );
      }),
    );
  });

  test('a closed tile of a thousand events takes little room', () => {
    const component = runOf('run', { isOf: ({ values }) => values['fraud'] === true, since: 'event_time' });
    let state = component.empty();
    for (let i = 0; i < 1_000; i += 1) state = component.add(state, eventAt('label', START_MS + i, { fraud: true }));
    expect(JSON.stringify(component.seal?.(state)).length).toBeLessThan(200);
    expect(component.seal?.(state)?.slice(4)).toEqual([1_000, START_MS, true]);
  });

  test('of no events is none', () => {
    const { ofNothing } = compileTileFeatures(paymentsPipeline(SPECS));
    expect(ofNothing).toEqual({ run: 0, age: null });
  });
});
