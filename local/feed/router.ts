import { hashKeyOf, holdsHash, type ShardRange } from '../../functions/adapters/kinesis-source.ts';

/** Where an event goes. */
export interface Route {
  /** Index among the open shards. */
  readonly shard: number;
  /** Events up to this ordinal lie in the stream already; -1 for none. */
  readonly doneThrough: number;
}

/** Routes remembered; a feed with more keys than that forgets all and starts again. */
const ROUTES_MAX = 200_000;

/** Sends each partition key to the open shard whose hash range holds it, as Kinesis does: MD5 of the key as a 128-bit number. */
export class ShardRouter {
  readonly open: readonly ShardRange[];
  readonly #shards: readonly ShardRange[];
  readonly #tails: ReadonlyMap<string, number>;
  readonly #routes = new Map<string, Route>();

  /** `tails`: last ordinal of this feed in each shard that has any, closed shards included. */
  constructor(shards: readonly ShardRange[], tails: ReadonlyMap<string, number>) {
    this.#shards = shards;
    this.#tails = tails;
    this.open = shards.filter((shard) => shard.open).sort((a, b) => (a.firstHash < b.firstHash ? -1 : 1));
  }

  /** Route of a partition key. */
  route(key: string): Route {
    const known = this.#routes.get(key);
    if (known !== undefined) return known;
    if (this.#routes.size >= ROUTES_MAX) this.#routes.clear();
    const route = this.#find(hashKeyOf(key));
    this.#routes.set(key, route);
    return route;
  }

  #find(hashKey: bigint): Route {
    const holds = (range: ShardRange): boolean => holdsHash(range, hashKey);
    // A key's events before a split or merge lie in a shard that is closed now.
    const tails = this.#shards.filter(holds).map((range) => this.#tails.get(range.shardId) ?? -1);
    return { shard: this.open.findIndex(holds), doneThrough: Math.max(-1, ...tails) };
  }
}
