import { type KeyFeature, readsExplained, rememberedBy } from '../definition/features.ts';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Event } from '../model.ts';
import { type RingSource, ringIdOf, sourceOf } from './filter.ts';
import { componentOf } from './holding.ts';
import { addToRings, expireRings, type KeyRing, perKeyOf, strideOf } from './key-rings.ts';
import { compileMarking, MARKED, type Marking, tellLabel } from './marks.ts';
import { compileRecord, type NumberList } from './record.ts';
import { type Held, type RingStates, ringAt, type Stride, type Total, totalOf } from './rings.ts';
import { entriesOf, type Measure, measureOf, valueOfNothing } from './totals.ts';

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
  /** The same values as numbers from `into[at]` on; NaN stands for null. */
  readInto(into: NumberList, at: number, of: KeyReading): void;
  /** Whether events of this type change any ring. */
  isFedBy(type: string): boolean;
  /** Adds one accepted event to the rings that it feeds; changes `rings`. Events of a key come as they arrived. */
  add(rings: RingStates, event: Event, options?: AddOptions): void;
  /** Ring of the marks that explain frauds; undefined for pipelines without. */
  readonly marks: KeyRing | undefined;
  /**
   * A label with the flag `explained`: as it is `known` to be, or as of the events added so far; any other event as it is. Looks at `rings` for
   * frauds only.
   */
  told(event: Event, rings: () => RingStates, known?: boolean): Event;
  /** Drops the tiles that no read as of `oldestMs` or later can reach, and the rings that no feature reads any more; changes `rings`. */
  expire(rings: RingStates, oldestMs: number): void;
}

/** What key features are read of. */
export interface KeyReading {
  readonly rings: RingStates;
  readonly event: Event;
  readonly asOfMs: number;
}

/** How an event is added. */
export interface AddOptions {
  /** Rings that it is added to; all, if absent. They must have their bases with them. */
  readonly to?: readonly KeyRing[];
  /** What was read of a feature for the event as of its own time, so that it need not be read again. */
  readonly known?: ((feature: string) => number | null) | undefined;
}

interface Reader {
  readonly name: string;
  readonly ring: KeyRing;
  readonly windowMs: number;
  readonly measure: Measure;
  /** Its value where nothing was counted: most features of most events, where they are about what only some events have. */
  readonly ofNothing: number | null;
  readonly held: Held;
  readonly stride: Stride;
  /** Whether it has another value of nothing for an event that says more. */
  readonly isOfEvent: boolean;
  /** Place of the first reader of the same tiles: they are gone through once for all of these. */
  readonly twin: number;
}

/** Compiles the key features of a pipeline. */
export function compileKeyFeatures(pipeline: Pipeline): KeyFeatures {
  const specs = Object.entries(pipeline.features).flatMap(([name, spec]) => (spec.kind === 'key' ? [{ name, spec }] : []));
  const byId = ringsOf(pipeline, specs);
  const ringOfFeature = (name: string): KeyRing | undefined => {
    const spec = pipeline.features[name];
    return spec?.kind === 'key' ? byId.get(ringOf(pipeline, spec).ringId) : undefined;
  };
  const marking = compileMarking(pipeline, (name) => identityOf(pipeline, name));
  const marks = marking === undefined ? undefined : ringOfMarks(pipeline, marking, ringOfFeature);
  if (marks !== undefined) byId.set(marks.ringId, marks);
  const readers = readersOf(pipeline, specs, ringOfFeature);
  const rings = [...byId.values()];
  const fedBy = new Set(rings.map(({ over }) => over));
  const remembered = new Set([...specs.flatMap(({ spec }) => rememberedBy(spec) ?? []), ...(marking?.reads ?? [])]);
  const bases = readers.filter(({ name }) => remembered.has(name));
  const recordOf = compileRecord(readers.map(({ name }) => name));
  const scratch: number[] = [];
  return {
    rings,
    ofNothing: Object.fromEntries(readers.map(({ name, ofNothing }) => [name, ofNothing])),
    read: (rings, event, asOfMs) => {
      readAll(readers, scratch, 0, { rings, event, asOfMs });
      return recordOf(scratch, 0);
    },
    readInto: (into, at, of) => readAll(readers, into, at, of),
    isFedBy: (type) => fedBy.has(type),
    add: (states, event, { to = rings, known } = {}) => {
      const valueBy = (base: Reader): number | null => (known === undefined ? readOne(base, states, event) : known(base.name));
      addToRings(to, states, withValues(event, { bases, marking }, valueBy));
    },
    marks,
    told: (event, states, known) => (marking?.labels.over === event.type ? tellLabel(marking, event, states, known) : event),
    expire: (states, oldestMs) => {
      expireRings(rings, states, oldestMs);
      for (const ringId in states) if (!byId.has(ringId)) delete states[ringId];
    },
  };
}

// One for all reads, which are over before the next begins.
const totals: (Total | undefined)[] = [];

function readAll(readers: readonly Reader[], into: NumberList, at: number, { rings, event, asOfMs }: KeyReading): void {
  for (let i = 0; i < readers.length; i += 1) {
    const reader = readers[i] as Reader;
    const total = reader.twin === i ? totalIn(reader, rings, event, asOfMs) : totals[reader.twin];
    totals[i] = total;
    into[at + i] = (total === undefined ? reader.ofNothing : reader.measure(total, event, asOfMs)) ?? Number.NaN;
  }
}

function readersOf(pipeline: Pipeline, specs: NamedSpecs, ringOfFeature: (name: string) => KeyRing | undefined): Reader[] {
  const readers: Reader[] = [];
  for (const { name, spec } of specs) {
    const ring = ringOfFeature(name);
    if (ring === undefined) continue;
    const measure = measureOf(pipeline, spec);
    const held: Held = { component: ring.component, entriesOf: entriesOf(spec) };
    const { windowMs } = spec;
    const twin = readers.findIndex((one) => one.ring === ring && one.windowMs === windowMs && held.entriesOf === undefined);
    readers.push({
      ...{ name, ring, windowMs, measure, held, stride: strideOf(ring), twin: twin < 0 ? readers.length : twin },
      ...{ ofNothing: valueOfNothing(measure, ring.component), isOfEvent: spec.measure === 'ratio' },
    });
  }
  return readers;
}

interface Remembering {
  readonly bases: readonly Reader[];
  readonly marking: Marking | undefined;
}

/** The event with the values that features have for it which others remember, and its mark. It is not among the events they are over. */
function withValues(event: Event, { bases, marking }: Remembering, valueBy: (base: Reader) => number | null): Event {
  if (bases.length === 0 && marking === undefined) return event;
  const values = { ...event.values };
  for (const base of bases) {
    if (base.ring.over !== event.type && marking?.source.over !== event.type) continue;
    const value = valueBy(base);
    if (value !== null) values[`features.${base.name}`] = value;
  }
  if (marking?.isMarked(event, values) === true) values[MARKED] = true;
  return { ...event, values };
}

/** Value of one feature as of the event's own time. */
function readOne(reader: Reader, states: RingStates, event: Event): number | null {
  const total = totalIn(reader, states, event, event.timeMs);
  return total === undefined ? reader.ofNothing : reader.measure(total, event, event.timeMs);
}

type NamedSpecs = readonly { readonly name: string; readonly spec: KeyFeature }[];

function ringsOf(pipeline: Pipeline, specs: NamedSpecs): Map<string, KeyRing> {
  const byId = new Map<string, KeyRing>();
  for (const { name, spec } of specs) {
    const ring = ringOf(pipeline, spec);
    const known = byId.get(ring.ringId);
    const features = [...(known?.features ?? []), name];
    byId.set(ring.ringId, { ...ring, bases: [], features, windowMsMax: Math.max(ring.windowMsMax, known?.windowMsMax ?? 0) });
  }
  for (const { spec } of specs) {
    const [id, base] = [ringOf(pipeline, spec).ringId, pipeline.features[rememberedBy(spec) ?? '']];
    const ring = byId.get(id);
    const of = base?.kind === 'key' ? byId.get(ringOf(pipeline, base).ringId) : undefined;
    if (ring !== undefined && of !== undefined) byId.set(id, { ...ring, bases: [of] });
  }
  return byId;
}

function ringOfMarks(
  pipeline: Pipeline,
  { ringId, source, per, windowMs, reads }: Marking,
  of: (name: string) => KeyRing | undefined,
): KeyRing {
  const features = Object.keys(pipeline.features).filter((name) => readsExplained(pipeline.features[name]));
  const bases = reads.flatMap((name) => of(name) ?? []);
  return { ...source, ringId, per, component: undefined, windowMsMax: windowMs, features, bases };
}

/** What a feature is made of, whatever its name. */
function identityOf(pipeline: Pipeline, name: string): readonly unknown[] {
  const spec = pipeline.features[name];
  return spec?.kind === 'key' ? [ringOf(pipeline, spec).ringId, spec.measure, spec.windowMs, spec.usual ?? null] : [];
}

function ringOf(pipeline: Pipeline, spec: KeyFeature): Omit<KeyRing, 'features' | 'bases'> {
  const per = [...spec.per].sort();
  const counted = { ...sourceOf(spec), per };
  const source = spec.measure === 'count' ? (summedTwin(pipeline, counted) ?? counted) : counted;
  const component = componentOf(source);
  return { ...source, per, component, ringId: `${ringIdOf(source, per)}${baseText(pipeline, spec)}`, windowMsMax: spec.windowMs };
}

/** What the remembered feature is: another one of the same name makes another ring. */
function baseText(pipeline: Pipeline, spec: KeyFeature): string {
  const base = rememberedBy(spec);
  return base === undefined ? '' : `/from:${encodeURIComponent(JSON.stringify(identityOf(pipeline, base)))}`;
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

/** What a reader's window holds; undefined where there is nothing and that says all. */
function totalIn({ ring, windowMs, isOfEvent, held, stride }: Reader, states: RingStates, event: Event, asOfMs: number): Total | undefined {
  const byPer = states[ring.ringId];
  const tiles = byPer === undefined ? undefined : ringAt(byPer, perKeyOf(ring.per, event));
  if (tiles === undefined && !isOfEvent) return undefined;
  const to = Math.floor(asOfMs / ring.tileMs);
  return totalOf(tiles, stride, [to - windowMs / ring.tileMs, to], held);
}
