import type { StreamRecord } from '../../functions/adapters/kinesis-source.ts';
import { cutBatch } from './batch.ts';
import type { ShardReader } from './reader.ts';

/** Event time a record stands at, epoch ms; undefined when it cannot be told. */
export type RecordTime = (record: StreamRecord) => number | undefined;

/** One shard's unread records and the tile each stands in. Tiles never go back: a record out of order counts as of the tile before it. */
export class AlignedShard {
  readonly id: string;
  readonly reader: ShardReader;
  readonly #tileOf: (record: StreamRecord) => number | undefined;
  #tile = Number.NEGATIVE_INFINITY;
  /** Tiles of the first records in the reader, as far as they were asked for. */
  #tiles: number[] = [];

  constructor(id: string, reader: ShardReader, tileOf: (record: StreamRecord) => number | undefined) {
    this.id = id;
    this.reader = reader;
    this.#tileOf = tileOf;
  }

  /** Tile of the n-th unread record; undefined when it is not buffered. */
  tileAt(n: number): number | undefined {
    while (this.#tiles.length <= n) {
      const record = this.reader.peek(this.#tiles.length);
      if (record === undefined) return undefined;
      this.#tile = Math.max(this.#tile, this.#tileOf(record) ?? this.#tile);
      this.#tiles.push(this.#tile);
    }
    return this.#tiles[n];
  }

  /** Takes the next batch of records in tiles up to `tile`; empty when the next record is beyond it or not buffered. */
  takeUpTo(tile: number, batchSize: number): StreamRecord[] {
    const { count } = cutBatch(this.reader, batchSize);
    let within = 0;
    while (within < count && (this.tileAt(within) ?? Number.POSITIVE_INFINITY) <= tile) within++;
    this.#tiles = this.#tiles.slice(within);
    return this.reader.take(within);
  }
}
