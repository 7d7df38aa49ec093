import type { Accumulator, AggregateFunction } from '../aggregates/types.ts';
import type { Event } from '../model.ts';
import { addToTile, emptyTile, matches, mergeTiles, type Tile, type TileRing } from '../profiles/tiles.ts';

/** Name of the window family that gathers the open tiles of a ring. */
export function tileFamilyName(ring: TileRing): string {
  return `tile:${ring.ringId}`;
}

/** Whether a window family gathers tiles, of a ring that the pipeline has or once had. */
export function isTileFamily(name: string): boolean {
  return name.startsWith('tile:');
}

/** The tile inside an accumulator of a tile family. */
export function tileOfAccumulator(accumulator: Accumulator): Tile {
  return accumulator[0] as Tile;
}

/** Open tiles as an algebra, so that they are gathered, merged and closed like any other window; they have no result columns. */
function tileFunction(ring: TileRing): AggregateFunction {
  return {
    empty: () => [emptyTile(ring)],
    // The family is fed with whole events, which hold everything a tile reads.
    add: (into, input) => {
      into[0] = addToTile(tileOfAccumulator(into), ring, input as Event);
      return into;
    },
    merge: (into, other) => [mergeTiles(tileOfAccumulator(into), tileOfAccumulator(other), ring)],
    result: () => ({}),
  };
}

/** The window family of a tile ring: tumbling windows of one tile, grouped by the ring's field. */
export function tileFamilyOf(ring: TileRing) {
  return {
    name: tileFamilyName(ring),
    over: ring.over,
    sliceMs: ring.tileMs,
    reachMs: ring.tileMs,
    fn: tileFunction(ring),
    groupKeyOf: (event: Event): string | undefined => (matches(ring, event) ? String(event.values[ring.by]) : undefined),
    aggregate: undefined,
  };
}
