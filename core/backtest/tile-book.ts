import type { Event } from '../model.ts';
import { addToTile, emptyTile, type KeyTiles, matches, sealTile, type Tile, type TileRing } from '../profiles/tiles.ts';
import { floorTo } from '../time/tiles.ts';

type OpenTiles = (readonly [startMs: number, tile: Tile])[];

/** Tiles of all keys of some rings, from events in order of time. */
export class TileBook {
  private readonly rings: readonly TileRing[];
  private readonly books: ReadonlyMap<string, Map<string, OpenTiles>>;

  constructor(rings: readonly TileRing[]) {
    this.rings = rings;
    this.books = new Map(rings.map(({ ringId }) => [ringId, new Map()]));
  }

  /** Adds an event to the tiles that it belongs to, and forgets those of the same key that no feature reaches any more. */
  add(event: Event): void {
    for (const ring of this.rings) if (matches(ring, event)) this.addTo(ring, event);
  }

  /** Tiles of a key, the newest of which may still grow: readers stop before it. */
  readonly tilesOf = (ringId: string, key: string): KeyTiles | undefined => this.books.get(ringId)?.get(key);

  private addTo(ring: TileRing, event: Event): void {
    const book = this.books.get(ring.ringId);
    const key = String(event.values[ring.by]);
    const tiles = book?.get(key) ?? [];
    book?.set(key, tiles);
    const startMs = floorTo(event.timeMs, ring.tileMs);
    const last = tiles.at(-1);
    if (last?.[0] === startMs) tiles[tiles.length - 1] = [startMs, addToTile(last[1], ring, event)];
    else {
      // Events come in order of time: nothing more comes for the tile before.
      if (last !== undefined) tiles[tiles.length - 1] = [last[0], sealTile(last[1], ring)];
      tiles.push([startMs, addToTile(emptyTile(ring), ring, event)]);
    }
    const oldestMs = startMs - ring.windowMsMax - ring.delayMsMax - ring.tileMs;
    let gone = 0;
    while ((tiles[gone]?.[0] ?? startMs) < oldestMs) gone += 1;
    if (gone > 0) tiles.splice(0, gone);
  }
}
