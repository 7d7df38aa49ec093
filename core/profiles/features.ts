import type { Component } from '../aggregates/component.ts';
import { type KeyFeature, rememberedBy } from '../definition/features.ts';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Event } from '../model.ts';
import { floorTo } from '../time/tiles.ts';
import { amountOf, feeds, hasSum, type RingSource, ringIdOf, sourceOf } from './filter.ts';
import { componentOf } from './holding.ts';
import { addToRing, expireRing, type Ring, type RingStates, type Stride, type Total, totalOf } from './rings.ts';
import { type Measure, measureOf, valueOfNothing } from './totals.ts';

/** A ring of tiles in each profile; features with the same source and `per` share one. */
export interface KeyRing extends RingSource {
  readonly ringId: string;
  readonly per: readonly string[];
  readonly component: Component | undefined;
  /** Longest window of the features that read it. */
  readonly windowMsMax: number;
  /** Names of the features that read it. */
  readonly features: readonly string[];
  /** Ring of the feature whose values this one remembers. */
  readonly base: KeyRing | undefined;
}

/** How far back events can matter to a ring: its window and a tile, and as much again for what its values were made of. */
export function memoryMsOf({ windowMsMax, tileMs, base }: KeyRing): number {
  return windowMsMax + tileMs + (base === undefined ? 0 : memoryMsOf(base));
}

/** The features over the partition key of one pipeline. */
export interface KeyFeatures {
  readonly rings: readonly KeyRing[];
  /** Values by feature name of a key that was never seen, in the order of `read`. */
  readonly ofNothing: Readonly<Record<string, number | null>>;
  /**
   * Values by feature name as of `asOfMs`: over the events added so far in `[floor_tile(asOfMs) - windowMs, floor_tile(asOfMs) + tileMs)`
   * whose `per` fields equal those of `event`. The event itself counts only once it was added.
   */
  read(rings: RingStates, event: Event, asOfMs: number): Record<string, number | null>;
  /** Whether events of this type change any ring. */
  isFedBy(type: string): boolean;
  /** Adds one accepted event to every ring that it feeds, or to those of `some` only; changes `rings`. Events of a key come as they arrived. */
  add(rings: RingStates, event: Event, some?: readonly KeyRing[]): void;
  /** Drops the tiles that no read as of `oldestMs` or later can reach, and the rings that no feature reads any more; changes `rings`. */
  expire(rings: RingStates, oldestMs: number): void;
}

interface Reader {
  readonly name: string;
  readonly ring: KeyRing;
  readonly windowMs: number;
  readonly measure: Measure;
  /** Its value where nothing was counted: most features of most events, where they are about what only some events have. */
  readonly ofNothing: number | null;
  /** Whether it has another value of nothing for an event that says more. */
  readonly isOfEvent: boolean;
  /** Place of the first reader of the same tiles: they are gone through once for all of these. */
  readonly twin: number;
}

/** Compiles the key features of a pipeline. */
export function compileKeyFeatures(pipeline: Pipeline): KeyFeatures {
  const byId = new Map<string, KeyRing>();
  const specs = Object.entries(pipeline.features).flatMap(([name, spec]) => (spec.kind === 'key' ? [{ name, spec }] : []));
  for (const { name, spec } of specs) {
    const ring = ringOf(pipeline, spec);
    const known = byId.get(ring.ringId);
    const features = [...(known?.features ?? []), name];
    byId.set(ring.ringId, { ...ring, base: undefined, features, windowMsMax: Math.max(ring.windowMsMax, known?.windowMsMax ?? 0) });
  }
  for (const { spec } of specs) {
    const [id, base] = [ringOf(pipeline, spec).ringId, pipeline.features[rememberedBy(spec) ?? '']];
    const ring = byId.get(id);
    if (ring !== undefined && base?.kind === 'key') byId.set(id, { ...ring, base: byId.get(ringOf(pipeline, base).ringId) });
  }
  const readers: Reader[] = [];
  for (const { name, spec } of specs) {
    const ring = byId.get(ringOf(pipeline, spec).ringId);
    if (ring === undefined) continue;
    const measure = measureOf(pipeline, spec);
    const { windowMs } = spec;
    const twin = readers.findIndex((one) => one.ring === ring && one.windowMs === windowMs);
    const base = { name, ring, windowMs, measure, twin: twin < 0 ? readers.length : twin };
    readers.push({ ...base, ofNothing: valueOfNothing(measure, ring.component), isOfEvent: spec.measure === 'ratio' });
  }
  const rings = [...byId.values()];
  const fedBy = new Set(rings.map(({ over }) => over));
  const remembered = new Set(specs.flatMap(({ spec }) => rememberedBy(spec) ?? []));
  const bases = readers.filter(({ name }) => remembered.has(name));
  return {
    rings,
    ofNothing: Object.fromEntries(readers.map(({ name, ofNothing }) => [name, ofNothing])),
    read: (states, event, asOfMs) => {
      const values: Record<string, number | null> = {};
      const totals: (Total | undefined)[] = [];
      for (const [at, reader] of readers.entries()) {
        const total = reader.twin === at ? totalIn(reader, states, event, asOfMs) : totals[reader.twin];
        totals.push(total);
        values[reader.name] = total === undefined ? reader.ofNothing : reader.measure(total, event, asOfMs);
      }
      return values;
    },
    isFedBy: (type) => fedBy.has(type),
    add: (states, event, some = rings) => addToRings(some, states, withValues(bases, states, event)),
    expire: (states, oldestMs) => {
      expireRings(rings, states, oldestMs);
      for (const ringId in states) if (!byId.has(ringId)) delete states[ringId];
    },
  };
}

/** The event with the values that features have for it which others remember. It is not among the events they are over. */
function withValues(bases: readonly Reader[], states: RingStates, event: Event): Event {
  if (bases.length === 0) return event;
  const values = { ...event.values };
  for (const base of bases) {
    const total = base.ring.over === event.type ? totalIn(base, states, event, event.timeMs) : undefined;
    const value = total === undefined ? null : base.measure(total, event, event.timeMs);
    if (value !== null) values[`features.${base.name}`] = value;
  }
  return { ...event, values };
}

/** Adds one accepted event to those of `rings` that it feeds; changes `states`. */
function addToRings(rings: readonly KeyRing[], states: RingStates, event: Event): void {
  for (const ring of rings) if (feeds(ring, event)) addOne(ring, states, event);
}

/** Drops the tiles of `rings` that no read as of `oldestMs` or later can reach; changes `states`. */
export function expireRings(rings: readonly KeyRing[], states: RingStates, oldestMs: number): void {
  for (const ring of rings) expireOne(ring, states, oldestMs);
}

function ringOf(pipeline: Pipeline, spec: KeyFeature): Omit<KeyRing, 'features' | 'base'> {
  const per = [...spec.per].sort();
  const counted = { ...sourceOf(spec), per };
  const source = spec.measure === 'count' ? (summedTwin(pipeline, counted) ?? counted) : counted;
  const component = componentOf(source);
  return { ...source, per, component, ringId: `${ringIdOf(source, per)}${baseText(pipeline, spec)}`, windowMsMax: spec.windowMs };
}

/** What the remembered feature is: another one of the same name makes another ring. */
function baseText(pipeline: Pipeline, spec: KeyFeature): string {
  const base = pipeline.features[rememberedBy(spec) ?? ''];
  if (base?.kind !== 'key') return '';
  const { measure, windowMs, usual } = base;
  return `/from:${encodeURIComponent(JSON.stringify([ringOf(pipeline, base).ringId, measure, windowMs, usual ?? null]))}`;
}

/** The ring of sums over the same events, if there is one: it counts them too, so that a count needs no ring of its own. */
function summedTwin(pipeline: Pipeline, counted: RingSource & { readonly per: readonly string[] }): RingSource | undefined {
  const ofEvents = ringIdOf(counted, counted.per);
  for (const spec of Object.values(pipeline.features)) {
    if (spec.kind !== 'key' || (spec.measure !== 'sum' && spec.measure !== 'mean')) continue;
    const summed = sourceOf(spec);
    // An event without the summed field would be missing from the count.
    const isAlwaysThere = summed.field !== undefined && pipeline.eventTypes[spec.over]?.fields[summed.field]?.optional === false;
    if (isAlwaysThere && ringIdOf({ ...summed, field: undefined }, [...spec.per].sort()) === ofEvents) return summed;
  }
  return undefined;
}

function strideOf(ring: KeyRing): Stride {
  if (ring.component !== undefined) return 4;
  return hasSum(ring) ? 3 : 2;
}

/** What a reader's window holds; undefined where there is nothing and that says all. */
function totalIn({ ring, windowMs, isOfEvent }: Reader, states: RingStates, event: Event, asOfMs: number): Total | undefined {
  const tiles = states[ring.ringId]?.[perKeyOf(ring.per, event)];
  if (tiles === undefined && !isOfEvent) return undefined;
  const to = Math.floor(asOfMs / ring.tileMs);
  return totalOf(tiles, strideOf(ring), [to - windowMs / ring.tileMs, to], ring.component);
}

/** Values of `per` fields that a ring remembers: what a customer paid from ten thousand devices must not burst the profile. */
const PER_VALUES_MAX = 256;

function addOne(ring: KeyRing, states: RingStates, event: Event): void {
  states[ring.ringId] ??= {};
  const byPer = states[ring.ringId] ?? {};
  const perKey = perKeyOf(ring.per, event);
  const known = byPer[perKey];
  const tiles = known ?? [];
  const added = { amount: amountOf(ring, event), input: event, component: ring.component };
  addToRing(tiles, strideOf(ring), Math.floor(event.timeMs / ring.tileMs), added);
  if (known !== undefined) return;
  byPer[perKey] = tiles;
  forgetOldest(byPer, strideOf(ring));
}

/** Of too many rings the one whose latest tile is the oldest goes, of several such the first by name: what stays depends on the events of the window only. */
function forgetOldest(byPer: Record<string, Ring>, stride: Stride): void {
  const names = Object.keys(byPer);
  if (names.length <= PER_VALUES_MAX) return;
  const latest = (name: string): number => Number(byPer[name]?.at(-stride));
  delete byPer[names.reduce((a, b) => (latest(b) < latest(a) || (latest(b) === latest(a) && b < a) ? b : a))];
}

function expireOne(ring: KeyRing, states: RingStates, oldestMs: number): void {
  const byPer = states[ring.ringId];
  if (byPer === undefined) return;
  const from = (floorTo(oldestMs, ring.tileMs) - ring.windowMsMax) / ring.tileMs;
  for (const perKey in byPer) {
    const tiles = byPer[perKey] ?? [];
    if (Number(tiles[0]) >= from) continue;
    expireRing(tiles, strideOf(ring), from);
    // A customer may pay in a hundred currencies over the years: empty rings go.
    if (tiles.length === 0) delete byPer[perKey];
  }
}

const RESERVED = /[!/%]/g;
const RESERVED_ONCE = /[!/%]/;

/**
 * Values of the `per` fields as one object key: each `/` and its text, or `!` for an absent field, which equals only an absent
 * one. No such key is a name that objects have by nature, such as `__proto__`.
 */
function perKeyOf(per: readonly string[], event: Event): string {
  let key = '';
  for (const field of per) {
    const value = event.values[field];
    if (value === undefined) key += '!';
    else key += `/${escaped(String(value))}`;
  }
  return key;
}

function escaped(text: string): string {
  return RESERVED_ONCE.test(text) ? text.replace(RESERVED, (mark) => `%${mark.charCodeAt(0).toString(16)}`) : text;
}
