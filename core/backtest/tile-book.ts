import type { Event } from '../model.ts';
import { addToTile, emptyTile, type KeyTiles, matches, sealTile, type Tile, type TileRing } from '../profiles/tiles.ts';
import { floorTo } from '../time/tiles.ts';

type OpenTiles = (readonly [startMs: number, tile: Tile])[];

interface Book {
  readonly ring: TileRing;
  readonly tiles: Map<string, OpenTiles>;
}

/** Tiles of all keys of some rings, from events in order of time. */
export class TileBook {
  private readonly byRing: ReadonlyMap<string, Book>;
  private readonly byType = new Map<string, Book[]>();

  constructor(rings: readonly TileRing[]) {
    const books = rings.map((ring): Book => ({ ring, tiles: new Map() }));
    this.byRing = new Map(books.map((book) => [book.ring.ringId, book]));
    for (const book of books) this.byType.set(book.ring.over, [...(this.byType.get(book.ring.over) ?? []), book]);
  }

  /** Adds an event to the tiles that it belongs to, and forgets those of the same key that no feature reaches any more. */
  add(event: Event): void {
    for (const book of this.byType.get(event.type) ?? []) if (matches(book.ring, event)) addTo(book, event);
  }

  /** Tiles of a key, the newest of which may still grow: readers stop before it. */
  readonly tilesOf = (ringId: string, key: string): KeyTiles | undefined => this.byRing.get(ringId)?.tiles.get(key);
}

function addTo({ ring, tiles: ofKeys }: Book, event: Event): void {
  const key = String(event.values[ring.by]);
  let tiles = ofKeys.get(key);
  if (tiles === undefined) {
    tiles = [];
    ofKeys.set(key, tiles);
  }
  const startMs = floorTo(event.timeMs, ring.tileMs);
  const last = tiles.at(-1);
  if (last?.[0] === startMs) {
    tiles[tiles.length - 1] = [startMs, addToTile(last[1], ring, event)];
    return;
  }
  // Events come in order of time: nothing more comes for the tile before.
  if (last !== undefined && ring.component?.seal !== undefined) tiles[tiles.length - 1] = [last[0], sealTile(last[1], ring)];
  tiles.push([startMs, addToTile(emptyTile(ring), ring, event)]);
  forgetBefore(tiles, startMs - ring.windowMsMax - ring.delayMsMax - ring.tileMs);
}

function forgetBefore(tiles: OpenTiles, oldestMs: number): void {
  let gone = 0;
  while ((tiles[gone]?.[0] ?? oldestMs) < oldestMs) gone += 1;
  if (gone > 0) tiles.splice(0, gone);
}
