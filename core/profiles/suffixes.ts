import { addExact } from '../aggregates/exact.ts';
import type { Held, Ring, Stride, Total } from './rings.ts';

/**
 * Tiles of a ring merged beforehand, so that a window that slides along is read from three totals and not from each tile: those up to a boundary from
 * each tile on, those behind it, and the newest tile, to which events are still added. Made of the ring, and never stored with it.
 */
export interface Suffixes {
  /** Numbers of the tiles up to the boundary, ascending, and what they and all behind them up to the boundary hold. */
  readonly tiles: readonly number[];
  readonly totals: readonly Total[];
  /** Place of the first of them that was asked for last: windows slide forwards. */
  at: number;
  /** What the tiles between the boundary and the newest one hold. */
  between: Total;
  newest: number;
}

/** What a window from tile `from` on holds; undefined where it begins behind the boundary. */
export function totalFrom(ring: Ring, stride: Stride, from: number, held: Held): Total | undefined {
  const { suffixes } = ring;
  if (suffixes === undefined || suffixes === null) return undefined;
  const { tiles, totals } = suffixes;
  while (suffixes.at > 0 && (tiles[suffixes.at - 1] as number) >= from) suffixes.at -= 1;
  while (suffixes.at < tiles.length && (tiles[suffixes.at] as number) < from) suffixes.at += 1;
  const older = totals[suffixes.at];
  return older === undefined ? undefined : mergedTotal([older, suffixes.between, tileAt(ring, stride, ring.length - stride)], held);
}

/** Merges the tiles of a ring, which has some. */
export function suffixesOf(ring: Ring, stride: Stride, held: Held): Suffixes {
  const tiles: number[] = [];
  const totals: Total[] = [];
  for (let at = ring.length - 2 * stride; at >= 0; at -= stride) {
    const behind = totals.at(-1);
    const one = tileAt(ring, stride, at);
    totals.push(merged(behind === undefined ? [one] : [behind, one], held));
    tiles.push(Number(ring[at]));
  }
  const newest = Number(ring[ring.length - stride]);
  return { tiles: tiles.reverse(), totals: totals.reverse(), at: 0, between: merged([], held), newest };
}

/** What stays true of them once an event is about to be added to a tile; undefined if nothing does. */
export function suffixesFor(ring: Ring, stride: Stride, tile: number, held: Held): Suffixes | undefined {
  const { suffixes } = ring;
  if (suffixes === undefined || suffixes === null || tile < suffixes.newest) return undefined;
  if (tile === suffixes.newest) return suffixes;
  suffixes.between = merged([suffixes.between, tileAt(ring, stride, ring.length - stride)], held);
  suffixes.newest = tile;
  return suffixes;
}

function tileAt(ring: Ring, stride: Stride, at: number): Total {
  const total: Total = { count: Number(ring[at + 1]), sum: stride >= 3 ? ((ring[at + 2] ?? 0) as Total['sum']) : 0 };
  if (stride === 4) total.state = ring[at + 3];
  return total;
}

/** All that some totals hold, as a total of its own. */
function merged(totals: readonly Total[], { component }: Held): Total {
  const all: Total = { count: 0, sum: 0 };
  if (component !== undefined) all.state = component.empty();
  for (const { count, sum, state } of totals) {
    all.count += count;
    all.sum = addExact(all.sum, sum);
    if (component !== undefined) all.state = component.merge(all.state, state);
  }
  return all;
}

/** The same, of which only some entries may be looked at. */
function mergedTotal(totals: readonly Total[], held: Held): Total {
  const { component, entriesOf } = held;
  if (component?.mergeAll === undefined || entriesOf === undefined) return merged(totals, held);
  const all = merged(totals, { component: undefined });
  all.state = component.mergeAll(
    totals.map(({ state }) => state),
    entriesOf(all.count),
  );
  return all;
}
