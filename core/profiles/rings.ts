import type { Component } from '../aggregates/component.ts';
import { addExact, type ExactInteger } from '../aggregates/exact.ts';
import type { AccumulatorInput } from '../aggregates/types.ts';
import { type Suffixes, suffixesFor, suffixesOf, totalFrom } from './suffixes.ts';

/**
 * Tiles of one ring, oldest first, flat: tile number (tile start / tile width), count, where the ring has a sum the sum, and where it holds
 * more the state of its component. Flat and numbered because profiles hold many of these as JSON text.
 */
export interface Ring extends Array<unknown> {
  /** Its tiles merged beforehand; null where it was read once. Not a part of the ring: no JSON has it. */
  suffixes?: Suffixes | null;
}

/** All rings of one profile: ring id, then the values of the `per` fields, to tiles. JSON-safe. */
export type RingStates = Record<string, Record<string, Ring>>;

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

/** Adds one event to the tile with number `tile`. */
export function addToRing(ring: Ring, stride: Stride, tile: number, { amount, input, component }: Added): void {
  if (ring.suffixes) ring.suffixes = suffixesFor(ring, stride, tile, { component }) ?? null;
  let at = ring.length - stride;
  while (at >= 0 && Number(ring[at]) > tile) at -= stride;
  if (at < 0 || ring[at] !== tile) {
    at += stride;
    ring.splice(at, 0, ...[tile, 0, 0, component?.empty()].slice(0, stride));
  }
  ring[at + 1] = Number(ring[at + 1]) + 1;
  if (stride >= 3) ring[at + 2] = addExact(exactAt(ring, at + 2), amount);
  if (component !== undefined) ring[at + 3] = component.add(ring[at + 3], input);
}

/** How what tiles hold beside count and sum is read. */
export interface Held {
  readonly component: Component | undefined;
  /** How many entries are looked at, of so many events; undefined for all. */
  readonly entriesOf?: ((count: number) => number) | undefined;
}

/** Tiles from which on a window is worth merging beforehand. */
const TILES_MIN = 8;

/** Total of the tiles numbered `from` to `to`, both included. */
export function totalOf(ring: Ring | undefined, stride: Stride, [from, to]: readonly [number, number], held: Held): Total {
  if (ring === undefined) return emptyTotal(held);
  const isSliding = to >= Number(ring[ring.length - stride]) && ring.length >= TILES_MIN * stride;
  return (isSliding ? slidingTotal(ring, stride, from, held) : undefined) ?? scannedTotal(ring, stride, [from, to], held);
}

/** Total from a tile on, of a ring that is read again and again; undefined where it is as well to look at each tile. */
function slidingTotal(ring: Ring, stride: Stride, from: number, held: Held): Total | undefined {
  if (ring.suffixes === undefined) {
    // Many rings are read once and stored again.
    ring.suffixes = null;
    return undefined;
  }
  if (Number(ring.at(-TILES_MIN * stride)) < from) return undefined;
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
    const tile = Number(ring[at]);
    if (tile > to) continue;
    if (tile < from) break;
    total.count += Number(ring[at + 1]);
    if (stride >= 3) total.sum = addExact(total.sum, exactAt(ring, at + 2));
    if (states !== undefined) states.push(ring[at + 3]);
    else if (component !== undefined) total.state = component.merge(total.state, ring[at + 3]);
  }
  if (states !== undefined) total.state = component?.mergeAll?.(states, entriesOf?.(total.count) ?? 0);
  return total;
}

/** Drops the tiles numbered below `from`. */
export function expireRing(ring: Ring, stride: Stride, from: number): void {
  let at = 0;
  while (at < ring.length && Number(ring[at]) < from) at += stride;
  if (at > 0) ring.splice(0, at);
  if (ring.length === 0) ring.suffixes = null;
}

function exactAt(ring: Ring, at: number): ExactInteger {
  return (ring[at] ?? 0) as ExactInteger;
}
