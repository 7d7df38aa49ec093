import type { Component } from '../aggregates/component.ts';
import { addExact, type ExactInteger } from '../aggregates/exact.ts';
import { readsExplained, type TileFeature } from '../definition/features.ts';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Event } from '../model.ts';
import { floorTo } from '../time/tiles.ts';
import { amountOf, feeds, type RingSource, ringIdOf, sourceOf } from './filter.ts';
import { componentOf } from './holding.ts';
import { type KeyRing, memoryMsOf } from './key-rings.ts';
import { compileRecord, type NumberList } from './record.ts';
import type { Total } from './rings.ts';
import { type Measure, measureOf, valueOfNothing } from './totals.ts';

/** A ring of tiles per value of the field `by`; features with the same source and `by` share one. */
export interface TileRing extends RingSource {
  /** Stable name without `#`, fit to be part of a state key. */
  readonly ringId: string;
  readonly by: string;
  readonly component: Component | undefined;
  /** Longest window of the features that read it. */
  readonly windowMsMax: number;
  /** Longest delay of the features that read it. */
  readonly delayMsMax: number;
  /** Names of the features that read it. */
  readonly features: readonly string[];
  /** Ring of the marks that decide which labels it is fed with; undefined where it is fed whatever is marked. */
  readonly marks: KeyRing | undefined;
}

/** How far before its oldest tile events can matter to a ring, ms: to what was marked. */
export function markMemoryMsOf({ marks }: Pick<TileRing, 'marks'>): number {
  return marks === undefined ? 0 : memoryMsOf(marks);
}

/** What a tile knows of its events: counts and exact sums, so that parts merge to one answer in any order. JSON-safe. */
export interface Tile {
  readonly count: number;
  /** Sum of the ring's field; 0 for rings that only count. */
  readonly sum: ExactInteger;
  /** What the ring holds beside; absent for rings that hold nothing more. */
  readonly state?: unknown;
}

/** Closed tiles of one key of a ring, each with its start (epoch ms), oldest first. JSON-safe. */
export type KeyTiles = readonly (readonly [startMs: number, tile: Tile])[];

/** The features over other keys than the partition key. */
export interface TileFeatures {
  readonly rings: readonly TileRing[];
  /** Values by feature name where there are no tiles, in the order of `read`. */
  readonly ofNothing: Readonly<Record<string, number | null>>;
  /**
   * Values by feature name as of `asOfMs`: over the tiles inside `[b - windowMs, b)`, b = min(floor_tile(asOfMs - delayMs),
   * floor_tile(frontierMs)). Before anything was closed (`frontierMs` null), and for an event without the field `by`, there are no
   * tiles: counts and sums are 0, means null.
   */
  read(
    event: Event,
    asOfMs: number,
    frontierMs: number | null,
    tilesOf: (ringId: string, key: string) => KeyTiles | undefined,
  ): Record<string, number | null>;
  /** The same values as numbers from `into[at]` on, NaN for null; those of one field `by` only, if it is given. */
  readInto(into: NumberList, at: number, of: TileReading): void;
}

/** What tile features are read of. */
export interface TileReading {
  readonly event: Event;
  readonly asOfMs: number;
  readonly frontierMs: number | null;
  readonly tilesOf: (ringId: string, key: string) => KeyTiles | undefined;
  readonly by?: string;
}

interface Reader {
  readonly name: string;
  readonly ring: TileRing;
  readonly windowMs: number;
  readonly delayMs: number;
  readonly measure: Measure;
  /** Its value where there are no tiles. */
  readonly ofNothing: number | null;
  /** Place of the first reader of the same tiles: they are gone through once for all of these. */
  readonly twin: number;
}

/** Compiles the tile features of a pipeline; `marks` is the ring of its marks. */
export function compileTileFeatures(pipeline: Pipeline, marks?: KeyRing): TileFeatures {
  const byId = new Map<string, TileRing>();
  const specs = Object.entries(pipeline.features).flatMap(([name, spec]) => (spec.kind === 'tile' ? [{ name, spec }] : []));
  for (const { name, spec } of specs) {
    const ring = ringOf(spec, marks);
    const known = byId.get(ring.ringId);
    byId.set(ring.ringId, {
      ...ring,
      features: [...(known?.features ?? []), name],
      windowMsMax: Math.max(ring.windowMsMax, known?.windowMsMax ?? 0),
      delayMsMax: Math.max(ring.delayMsMax, known?.delayMsMax ?? 0),
    });
  }
  const readers: Reader[] = [];
  for (const { name, spec } of specs) {
    const ring = byId.get(ringOf(spec, marks).ringId);
    if (ring === undefined) continue;
    const measure = measureOf(pipeline, spec);
    const { windowMs, delayMs } = spec;
    const twin = readers.findIndex((one) => one.ring === ring && one.windowMs === windowMs && one.delayMs === delayMs);
    const ofNothing = valueOfNothing(measure, ring.component);
    readers.push({ name, ring, windowMs, delayMs, measure, ofNothing, twin: twin < 0 ? readers.length : twin });
  }
  const recordOf = compileRecord(readers.map(({ name }) => name));
  const scratch: number[] = [];
  return {
    rings: [...byId.values()],
    ofNothing: Object.fromEntries(readers.map(({ name, ofNothing }) => [name, ofNothing])),
    read: (event, asOfMs, frontierMs, tilesOf) => {
      readAll(readers, scratch, 0, { event, asOfMs, frontierMs, tilesOf });
      return recordOf(scratch, 0);
    },
    readInto: (into, at, of) => readAll(readers, into, at, of),
  };
}

// One for all reads, which are over before the next begins.
const totals: (Total | undefined)[] = [];

function readAll(readers: readonly Reader[], into: NumberList, at: number, of: TileReading): void {
  const { event, asOfMs, by } = of;
  for (let i = 0; i < readers.length; i += 1) {
    const reader = readers[i] as Reader;
    if (by !== undefined && reader.ring.by !== by) continue;
    const total = reader.twin === i ? totalFor(reader, of) : totals[reader.twin];
    totals[i] = total;
    into[at + i] = (total === undefined ? reader.ofNothing : reader.measure(total, event, asOfMs)) ?? Number.NaN;
  }
}

function totalFor(reader: Reader, { event, asOfMs, frontierMs, tilesOf }: TileReading): Total | undefined {
  if (frontierMs === null) return undefined;
  const by = event.values[reader.ring.by];
  const tiles = by === undefined ? undefined : tilesOf(reader.ring.ringId, String(by));
  return tiles === undefined ? undefined : totalOf(reader, tiles, { asOfMs, frontierMs });
}

function ringOf(spec: TileFeature, ofPipeline: KeyRing | undefined): Omit<TileRing, 'features'> {
  const source = sourceOf(spec);
  const component = componentOf(source);
  const marks = readsExplained(spec) ? ofPipeline : undefined;
  const ringId = `${ringIdOf(source, [spec.by])}${marks === undefined ? '' : `/${marks.ringId}`}`;
  return { ...source, component, by: spec.by, ringId, windowMsMax: spec.windowMs, delayMsMax: spec.delayMs, marks };
}

interface Asked {
  readonly asOfMs: number;
  readonly frontierMs: number;
}

function totalOf({ ring, windowMs, delayMs }: Reader, tiles: KeyTiles, { asOfMs, frontierMs }: Asked): Total {
  const endMs = Math.min(floorTo(asOfMs - delayMs, ring.tileMs), floorTo(frontierMs, ring.tileMs));
  const { component } = ring;
  // One total for all tiles: there may be hundreds of them for each event.
  const total: Total = emptyTile(ring);
  for (let at = tiles.length - 1; at >= 0; at -= 1) {
    const entry = tiles[at];
    if (entry === undefined || entry[0] + ring.tileMs > endMs) continue;
    if (entry[0] < endMs - windowMs) break;
    total.count += entry[1].count;
    total.sum = addExact(total.sum, entry[1].sum);
    if (component === undefined) continue;
    total.state = component.merge(total.state, entry[1].state);
    // Runs do not ask how many events there are.
    if (component.isSettled?.(total.state) === true) break;
  }
  return total;
}

/** Whether an event belongs into a tile of the ring: it feeds the ring and has the field `by`. */
export function matches(ring: TileRing, event: Event): boolean {
  return event.values[ring.by] !== undefined && feeds(ring, event);
}

/** A tile without events. */
export function emptyTile({ component }: Pick<TileRing, 'component'>): Tile {
  return component === undefined ? { count: 0, sum: 0 } : { count: 0, sum: 0, state: component.empty() };
}

/** The tile with one more matching event. */
export function addToTile(tile: Tile, ring: TileRing, event: Event): Tile {
  const counted = { count: tile.count + 1, sum: addExact(tile.sum, amountOf(ring, event)) };
  return ring.component === undefined ? counted : { ...counted, state: ring.component.add(tile.state, event) };
}

/** One tile of the parts that two shards saw; the order does not matter. */
export function mergeTiles(a: Tile, b: Tile, { component }: Pick<TileRing, 'component'>): Tile {
  const merged = { count: a.count + b.count, sum: addExact(a.sum, b.sum) };
  return component === undefined ? merged : { ...merged, state: component.merge(a.state, b.state) };
}

/** What stays of a tile once it is closed. */
export function sealTile(tile: Tile, { component }: Pick<TileRing, 'component'>): Tile {
  return component?.seal === undefined ? tile : { ...tile, state: component.seal(tile.state) };
}

/** Tiles of a key with a closed tile put in, replacing one of the same start, and without those that start before `expireBeforeMs`. */
export function appendTile(tiles: KeyTiles, startMs: number, tile: Tile, expireBeforeMs: number): KeyTiles {
  const others = tiles.filter(([start]) => start !== startMs && start >= expireBeforeMs);
  const at = others.findIndex(([start]) => start > startMs);
  return others.toSpliced(at < 0 ? others.length : at, 0, [startMs, tile]);
}

/** Reads stored tiles. */
export function parseTiles(body: string): KeyTiles {
  return JSON.parse(body) as KeyTiles;
}
