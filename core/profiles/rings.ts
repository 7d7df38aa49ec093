import type { Component } from '../aggregates/component.ts';
import { addExact, type ExactInteger } from '../aggregates/exact.ts';
import type { AccumulatorInput } from '../aggregates/types.ts';
import { addToSlides, type Slide, slideExpired, slideTotal } from './slides.ts';
import { type Suffixes, suffixesFor, suffixesOf, totalFrom } from './suffixes.ts';

/**
 * Tiles of one ring, oldest first, flat: tile number (tile start / tile width), count, where the ring has a sum the sum, and where it holds
 * more the state of its component. Flat and numbered because profiles hold many of these as JSON text.
 */
export interface Ring extends Array<unknown> {
  /** Its tiles merged beforehand; null where it was read once. Not a part of the ring: no JSON has it. */
  suffixes?: Suffixes | null;
  /** What its windows held when they were read last, of rings without a component. No part of the ring either. */
  slides?: Slide[] | undefined;
}

/** Rings by the values of their `per` fields, flat: such a value, its ring, the next. A list, since an object for each customer's devices would be slow. */
export type PerRings = (string | Ring)[];

/** All rings of one profile by ring id. JSON-safe. */
export type RingStates = Record<string, PerRings>;

/** Entries that one tile takes in a ring. */
export type Stride = 2 | 3 | 4;

/** What some tiles hold. */
export interface Total {
  count: number;
  sum: ExactInteger;
  /** State of the ring's component; undefined for rings without. */
  state?: unknown;
}

/** What one event adds to a tile. */
export interface Added {
  readonly amount: number;
  readonly input: AccumulatorInput;
  readonly component: Component | undefined;
}

/** The ring of some values of the `per` fields. */
export function ringAt(rings: PerRings | undefined, perKey: string): Ring | undefined {
  if (rings === undefined) return undefined;
  for (let at = 0; at < rings.length; at += 2) if (rings[at] === perKey) return rings[at + 1] as Ring;
  return undefined;
}

/** Adds one event to the tile with number `tile`. */
export function addToRing(ring: Ring, stride: Stride, tile: number, { amount, input, component }: Added): void {
  if (ring.suffixes) ring.suffixes = suffixesFor(ring, stride, tile, { component }) ?? null;
  let at = ring.length - stride;
  while (at >= 0 && (ring[at] as number) > tile) at -= stride;
  const isNew = at < 0 || ring[at] !== tile;
  if (isNew) {
    at += stride;
    insertTile(ring, stride, at, tile);
    if (component !== undefined) ring[at + 3] = component.empty();
  }
  ring[at + 1] = (ring[at + 1] as number) + 1;
  if (stride >= 3) ring[at + 2] = addExact(exactAt(ring, at + 2), amount);
  if (component !== undefined) ring[at + 3] = component.add(ring[at + 3], input);
  if (ring.slides !== undefined) addToSlides(ring, stride, { tile, amount, insertedAt: isNew ? at : undefined });
}

function insertTile(ring: Ring, stride: Stride, at: number, tile: number): void {
  // Mostly it is the newest one.
  if (at === ring.length) {
    if (stride === 2) ring.push(tile, 0);
    else if (stride === 3) ring.push(tile, 0, 0);
    else ring.push(tile, 0, 0, undefined);
  } else ring.splice(at, 0, ...[tile, 0, 0, undefined].slice(0, stride));
}

/** How what tiles hold beside count and sum is read. */
export interface Held {
  readonly component: Component | undefined;
  /** How many entries are looked at, of so many events; undefined for all. */
  readonly entriesOf?: ((count: number) => number) | undefined;
}

/** Tiles from which on a window is worth more than looking at each. */
const TILES_MIN = 8;
/** The same where what tiles hold is a number: merging it is next to nothing. */
const NUMBER_TILES_MIN = 64;

function tilesMinOf(ring: Ring, component: Component | undefined): number {
  return component !== undefined && typeof ring[ring.length - 1] === 'number' ? NUMBER_TILES_MIN : TILES_MIN;
}

/** Total of the tiles numbered `from` to `to`, both included. */
export function totalOf(ring: Ring | undefined, stride: Stride, [from, to]: readonly [number, number], held: Held): Total {
  if (ring === undefined) return emptyTotal(held);
  const { component } = held;
  const isSliding = ring.length >= tilesMinOf(ring, component) * stride && to >= (ring[ring.length - stride] as number);
  if (!isSliding || component?.isSettled !== undefined) {
    return scannedTotal(ring, stride, [from, to], held);
  }
  const known = component === undefined ? slideTotal(ring, stride, [from, to]) : slidingTotal(ring, stride, from, held);
  return known ?? scannedTotal(ring, stride, [from, to], held);
}

/** Total from a tile on, of a ring that is read again and again; undefined where it is as well to look at each tile. */
function slidingTotal(ring: Ring, stride: Stride, from: number, held: Held): Total | undefined {
  if (ring.suffixes === undefined) {
    // Many rings are read once and stored again.
    ring.suffixes = null;
    return undefined;
  }
  if ((ring[ring.length - TILES_MIN * stride] as number) < from) return undefined;
  const known = totalFrom(ring, stride, from, held);
  if (known !== undefined) return known;
  ring.suffixes = suffixesOf(ring, stride, held);
  return totalFrom(ring, stride, from, held);
}

function emptyTotal({ component }: Held): Total {
  return component === undefined ? { count: 0, sum: 0 } : { count: 0, sum: 0, state: component.empty() };
}

function scannedTotal(ring: Ring, stride: Stride, [from, to]: readonly [number, number], held: Held): Total {
  const { component, entriesOf } = held;
  const total = emptyTotal(held);
  const states: unknown[] | undefined = component?.mergeAll === undefined || entriesOf === undefined ? undefined : [];
  for (let at = ring.length - stride; at >= 0; at -= stride) {
    const tile = ring[at] as number;
    if (tile > to) continue;
    if (tile < from) break;
    total.count += ring[at + 1] as number;
    if (stride >= 3) total.sum = addExact(total.sum, exactAt(ring, at + 2));
    if (states !== undefined) states.push(ring[at + 3]);
    else if (component !== undefined) {
      total.state = component.merge(total.state, ring[at + 3]);
      // What asks for the latest does not ask how many there were.
      if (component.isSettled?.(total.state) === true) break;
    }
  }
  if (states !== undefined) total.state = component?.mergeAll?.(states, entriesOf?.(total.count) ?? 0);
  return total;
}

/** Drops the tiles numbered below `from`. */
export function expireRing(ring: Ring, stride: Stride, from: number): void {
  let at = 0;
  while (at < ring.length && (ring[at] as number) < from) at += stride;
  if (at === 0) return;
  ring.splice(0, at);
  slideExpired(ring, at);
  if (ring.length === 0) ring.suffixes = null;
}

function exactAt(ring: Ring, at: number): ExactInteger {
  return (ring[at] ?? 0) as ExactInteger;
}
