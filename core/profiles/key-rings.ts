import type { Component } from '../aggregates/component.ts';
import type { Event, FieldValue } from '../model.ts';
import { floorTo } from '../time/tiles.ts';
import { amountOf, feeds, hasSum, type RingSource } from './filter.ts';
import { addToRing, expireRing, type PerRings, type Ring, type RingStates, ringAt, type Stride } from './rings.ts';

/** A ring of tiles in each profile; features with the same source and `per` share one. */
export interface KeyRing extends RingSource {
  readonly ringId: string;
  readonly per: readonly string[];
  readonly component: Component | undefined;
  /** Longest window of the features that read it. */
  readonly windowMsMax: number;
  /** Names of the features that read it. */
  readonly features: readonly string[];
  /** Rings of the features whose values it is fed with. */
  readonly bases: readonly KeyRing[];
}

/** How far back events can matter to a ring: its window and a tile, and as much again for what its values were made of. */
export function memoryMsOf({ windowMsMax, tileMs, bases }: Pick<KeyRing, 'windowMsMax' | 'tileMs' | 'bases'>): number {
  return windowMsMax + tileMs + baseMemoryMsOf(bases);
}

/** How far back events can matter to the values of features that are remembered, as of the moment they are remembered. */
export function baseMemoryMsOf(bases: readonly KeyRing[]): number {
  return Math.max(0, ...bases.map(memoryMsOf));
}

/** Some rings and all those that their values are made of, each once. */
export function withBases(rings: readonly KeyRing[]): KeyRing[] {
  return [...new Set(rings.flatMap((ring): KeyRing[] => [...withBases(ring.bases), ring]))];
}

/** Adds one accepted event to those of `rings` that it feeds; changes `states`. */
export function addToRings(rings: readonly KeyRing[], states: RingStates, event: Event): void {
  for (const ring of rings) if (feeds(ring, event)) addOne(ring, states, event);
}

/** Drops the tiles of `rings` that no read as of `oldestMs` or later can reach; changes `states`. */
export function expireRings(rings: readonly KeyRing[], states: RingStates, oldestMs: number): void {
  for (const ring of rings) expireOne(ring, states, oldestMs);
}

/** Entries of one tile of a ring. */
export function strideOf(ring: KeyRing): Stride {
  if (ring.component !== undefined) return 4;
  return hasSum(ring) ? 3 : 2;
}

/** Values of `per` fields that a ring remembers: what a customer paid from ten thousand devices must not burst the profile. */
const PER_VALUES_MAX = 256;

function addOne(ring: KeyRing, states: RingStates, event: Event): void {
  const { ringId, component } = ring;
  const stride = strideOf(ring);
  let byPer = states[ringId];
  if (byPer === undefined) {
    byPer = [];
    states[ringId] = byPer;
  }
  const perKey = perKeyOf(ring.per, event);
  const known = ringAt(byPer, perKey);
  const tiles = known ?? [];
  addToRing(tiles, stride, Math.floor(event.timeMs / ring.tileMs), { amount: amountOf(ring, event), input: event, component });
  if (known !== undefined) return;
  byPer.push(perKey, tiles);
  if (byPer.length > 2 * PER_VALUES_MAX) forgetOldest(byPer, stride);
}

/** Of too many rings the one whose latest tile is the oldest goes, of several such the first by name: what stays depends on the events of the window only. */
function forgetOldest(byPer: PerRings, stride: Stride): void {
  let oldest = 0;
  for (let at = 2; at < byPer.length; at += 2) {
    const [latest, least] = [latestOf(byPer, at, stride), latestOf(byPer, oldest, stride)];
    if (latest < least || (latest === least && (byPer[at] as string) < (byPer[oldest] as string))) oldest = at;
  }
  byPer.splice(oldest, 2);
}

function latestOf(byPer: PerRings, at: number, stride: Stride): number {
  const ring = byPer[at + 1] as Ring;
  return ring[ring.length - stride] as number;
}

function expireOne(ring: KeyRing, states: RingStates, oldestMs: number): void {
  const byPer = states[ring.ringId];
  if (byPer === undefined) return;
  const from = (floorTo(oldestMs, ring.tileMs) - ring.windowMsMax) / ring.tileMs;
  const stride = strideOf(ring);
  for (let at = byPer.length - 2; at >= 0; at -= 2) {
    const tiles = byPer[at + 1] as Ring;
    if ((tiles[0] as number) >= from) continue;
    expireRing(tiles, stride, from);
    // A customer may pay in a hundred currencies over the years: empty rings go.
    if (tiles.length === 0) byPer.splice(at, 2);
  }
}

const RESERVED = /[!/%]/g;
const RESERVED_ONCE = /[!/%]/;

/**
 * Values of the `per` fields as one object key: each `/` and its text, or `!` for an absent field, which equals only an absent
 * one. No such key is a name that objects have by nature, such as `__proto__`.
 */
export function perKeyOf(per: readonly string[], event: Event): string {
  let key = '';
  for (const field of per) key += perKeyPart(event.values[field]);
  return key;
}

/** What one value adds to such a key. */
export function perKeyPart(value: FieldValue | undefined): string {
  return value === undefined ? '!' : `/${escaped(String(value))}`;
}

function escaped(text: string): string {
  return RESERVED_ONCE.test(text) ? text.replace(RESERVED, (mark) => `%${mark.charCodeAt(0).toString(16)}`) : text;
}
