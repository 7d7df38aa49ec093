import { addExact, type ExactInteger } from '../aggregates/exact.ts';

/**
 * Tiles of one ring, oldest first, flat: tile number (tile start / tile width), count and, where the ring has a sum, the sum.
 * Flat and numbered because profiles hold many of these as JSON text.
 */
export type Ring = ExactInteger[];

/** All rings of one profile: ring id, then the values of the `per` fields, to tiles. JSON-safe. */
export type RingStates = Record<string, Record<string, Ring>>;

/** Entries that one tile takes in a ring. */
export type Stride = 2 | 3;

/** Count and sum of some tiles. */
export interface Total {
  count: number;
  sum: ExactInteger;
}

/** Adds one event to the tile with number `tile`. */
export function addToRing(ring: Ring, stride: Stride, tile: number, amount: number): void {
  let at = ring.length - stride;
  while (at >= 0 && Number(ring[at]) > tile) at -= stride;
  if (at < 0 || ring[at] !== tile) {
    at += stride;
    if (stride === 3) ring.splice(at, 0, tile, 0, 0);
    else ring.splice(at, 0, tile, 0);
  }
  ring[at + 1] = Number(ring[at + 1]) + 1;
  if (stride === 3) ring[at + 2] = addExact(ring[at + 2] ?? 0, amount);
}

/** Total of the tiles numbered `from` to `to`, both included. */
export function totalOf(ring: Ring | undefined, stride: Stride, from: number, to: number): Total {
  const total: Total = { count: 0, sum: 0 };
  if (ring === undefined) return total;
  for (let at = ring.length - stride; at >= 0; at -= stride) {
    const tile = Number(ring[at]);
    if (tile > to) continue;
    if (tile < from) break;
    total.count += Number(ring[at + 1]);
    if (stride === 3) total.sum = addExact(total.sum, ring[at + 2] ?? 0);
  }
  return total;
}

/** Drops the tiles numbered below `from`. */
export function expireRing(ring: Ring, stride: Stride, from: number): void {
  let at = 0;
  while (at < ring.length && Number(ring[at]) < from) at += stride;
  if (at > 0) ring.splice(0, at);
}
