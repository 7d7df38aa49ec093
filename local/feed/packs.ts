import { KplPacker, PACKED_BYTES_MAX } from '../../core/decode/kpl-pack.ts';

/** One aggregated stream record ready to be put. */
export interface Pack {
  /** Index among the open shards. */
  readonly shard: number;
  readonly firstOrdinal: number;
  readonly lastOrdinal: number;
  /** The feed's clock at the first event; undefined while no event has had a time. */
  readonly clockMs: number | undefined;
  readonly events: number;
  readonly data: Uint8Array;
}

/** Options of the packing. */
export interface PackOptions {
  readonly shards: number;
  /** Tile width; undefined for no cuts by time. */
  readonly tileMs: number | undefined;
  /** Size at which a pack is full. */
  readonly packBytes: number;
  /** Event times past it (epoch ms) do not move the clock. */
  readonly futureLimitMs: number;
  readonly emit: (pack: Pack) => void;
}

interface OpenPack {
  readonly packer: KplPacker;
  firstOrdinal: number;
  lastOrdinal: number;
  clockMs: number | undefined;
}

/**
 * Gathers events into one open pack per shard. The feed's clock is the greatest event time so far; when it enters another
 * tile all open packs are cut first, so that no pack spans two. The packs depend on the events and shards only.
 */
export class Packs {
  readonly #options: PackOptions;
  readonly #open: OpenPack[];
  #clockMs: number | undefined;
  #tile = Number.NEGATIVE_INFINITY;

  constructor(options: PackOptions) {
    this.#options = options;
    const openPack = (): OpenPack => ({ packer: new KplPacker(options.packBytes), firstOrdinal: 0, lastOrdinal: 0, clockMs: undefined });
    this.#open = Array.from({ length: options.shards }, openPack);
  }

  /** The feed's clock, epoch ms; undefined while no event has had a time. */
  get clockMs(): number | undefined {
    return this.#clockMs;
  }

  /** Least clock over the open packs; undefined when all are empty. */
  openSinceMs(): number | undefined {
    let least: number | undefined;
    for (const { packer, clockMs } of this.#open) {
      if (packer.count > 0 && (least === undefined || (clockMs ?? Number.NEGATIVE_INFINITY) < least))
        least = clockMs ?? Number.NEGATIVE_INFINITY;
    }
    return least;
  }

  /** Moves the clock to the time of the next event, NaN for none; call it for every event, put or not, before `add`. */
  tick(timeMs: number): void {
    if (!(timeMs > (this.#clockMs ?? Number.NEGATIVE_INFINITY)) || timeMs > this.#options.futureLimitMs) return;
    const { tileMs } = this.#options;
    const tile = tileMs === undefined ? 0 : Math.floor(timeMs / tileMs);
    if (tile > this.#tile) this.flush();
    this.#tile = tile;
    this.#clockMs = timeMs;
  }

  /** Adds an event; false when no stream record can hold it. */
  add(shard: number, ordinal: number, key: string, bytes: Uint8Array): boolean {
    const pack = this.#open[shard];
    if (pack === undefined) throw new RangeError(`shard index must be in 0..${this.#open.length - 1}, got ${shard}`);
    if (!pack.packer.add(key, bytes)) {
      this.#cut(shard, pack);
      if (!pack.packer.add(key, bytes)) return this.#alone(shard, ordinal, key, bytes);
    }
    if (pack.packer.count === 1) {
      pack.firstOrdinal = ordinal;
      pack.clockMs = this.#clockMs;
    }
    pack.lastOrdinal = ordinal;
    return true;
  }

  /** Emits every pack that holds something, by shard. */
  flush(): void {
    for (const [shard, pack] of this.#open.entries()) this.#cut(shard, pack);
  }

  #cut(shard: number, { packer, firstOrdinal, lastOrdinal, clockMs }: OpenPack): void {
    const events = packer.count;
    if (events > 0) this.#options.emit({ shard, firstOrdinal, lastOrdinal, clockMs, events, data: packer.finish() });
  }

  /** An event larger than a pack takes a record of its own. */
  #alone(shard: number, ordinal: number, key: string, bytes: Uint8Array): boolean {
    const packer = new KplPacker(PACKED_BYTES_MAX);
    if (!packer.add(key, bytes)) return false;
    this.#options.emit({ shard, firstOrdinal: ordinal, lastOrdinal: ordinal, clockMs: this.#clockMs, events: 1, data: packer.finish() });
    return true;
  }
}
