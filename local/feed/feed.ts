import type { ShardRange, StreamSource } from '../../functions/adapters/kinesis-source.ts';
import type { EventChunk } from './events.ts';
import { type Pack, Packs } from './packs.ts';
import { ShardRouter } from './router.ts';
import { type PutRecords, Sender } from './sender.ts';

/** Where a feed stands. */
export interface FeedState {
  /** Least event time that may still be put, epoch ms: -Infinity while not known, +Infinity when all is put. */
  readonly positionMs: number;
  /** Events read from the input. */
  readonly read: number;
  /** Events put by this run. */
  readonly sent: number;
  /** Events that lay in the stream already. */
  readonly skipped: number;
  /** Events that no stream record can hold, handed to `onOversize`. */
  readonly oversize: number;
  /** Data bytes put by this run. */
  readonly bytesPut: number;
  readonly done: boolean;
}

/** An event too large for the stream. */
export interface OversizeEvent {
  readonly ordinal: number;
  readonly partitionKey: string;
  readonly bytes: Uint8Array;
}

/** Options of one feed. */
export interface FeedOptions {
  readonly events: AsyncIterable<EventChunk>;
  readonly source: StreamSource;
  readonly put: PutRecords;
  readonly feedId: string;
  /** What the stream holds of this feed, from `findFeedTail`. */
  readonly tails: ReadonlyMap<string, number>;
  readonly tileMs: number | undefined;
  readonly packBytes: number;
  readonly futureLimitMs: number;
  readonly gate: (bytesPut: number) => Promise<void>;
  readonly random: () => number;
  readonly onOversize: (event: OversizeEvent) => void;
  /** Hears the state after each put and at the end. */
  readonly onState: (state: FeedState) => void;
  readonly signal: AbortSignal;
}

/** Size at which a pack is full: larger ones gain nothing measurable, smaller ones cost more calls. */
export const PACK_BYTES_DEFAULT = 200_000;

class Feed {
  readonly #options: FeedOptions;
  readonly #router: ShardRouter;
  readonly #packs: Packs;
  readonly #sender: Sender;
  #ordinal = 0;
  #sent = 0;
  #skipped = 0;
  #oversize = 0;
  #begun = false;
  #done = false;

  constructor(options: FeedOptions, shards: readonly ShardRange[]) {
    this.#options = options;
    this.#router = new ShardRouter(shards, options.tails);
    const { source, put, feedId, gate, random, signal, tileMs, packBytes, futureLimitMs } = options;
    const onPut = (packs: readonly Pack[]): void => {
      for (const pack of packs) this.#sent += pack.events;
      options.onState(this.state());
    };
    this.#sender = new Sender({ source, put, shards: this.#router.open, feedId, gate, random, signal, onPut });
    const emit = (pack: Pack): void => this.#sender.enqueue(pack);
    this.#packs = new Packs({ shards: this.#router.open.length, tileMs, packBytes, futureLimitMs, emit });
  }

  state(): FeedState {
    const counts = { read: this.#ordinal, sent: this.#sent, skipped: this.#skipped, oversize: this.#oversize };
    return { positionMs: this.#positionMs(), ...counts, bytesPut: this.#sender.bytesPut, done: this.#done };
  }

  async run(): Promise<FeedState> {
    for await (const chunk of this.#options.events) {
      this.#addAll(chunk);
      if (this.#sender.full) await this.#sender.settled();
      if (this.#options.signal.aborted) return this.state();
    }
    this.#packs.flush();
    await this.#sender.settled();
    this.#done = !this.#options.signal.aborted;
    const state = this.state();
    this.#options.onState(state);
    return state;
  }

  #positionMs(): number {
    if (this.#done) return Number.POSITIVE_INFINITY;
    // Until an event is to be put, what is read are events that the stream holds, and the next one's time is not known.
    if (!this.#begun) return Number.NEGATIVE_INFINITY;
    const clock = this.#packs.clockMs ?? Number.NEGATIVE_INFINITY;
    return Math.min(this.#sender.waitingSinceMs() ?? clock, this.#packs.openSinceMs() ?? clock, clock);
  }

  #addAll(chunk: EventChunk): void {
    let start = 0;
    for (let index = 0; index < chunk.count; index++) {
      const end = chunk.ends[index] ?? start;
      this.#add(chunk.keys[index] ?? '', chunk.timesMs[index] ?? Number.NaN, chunk.bytes, start, end);
      start = end;
    }
  }

  #add(key: string, timeMs: number, bytes: Uint8Array, start: number, end: number): void {
    const ordinal = this.#ordinal++;
    this.#packs.tick(timeMs);
    const { shard, doneThrough } = this.#router.route(key);
    if (ordinal <= doneThrough) {
      this.#skipped++;
      return;
    }
    this.#begun = true;
    const payload = bytes.subarray(start, end);
    if (this.#packs.add(shard, ordinal, key, payload)) return;
    this.#oversize++;
    this.#options.onOversize({ ordinal, partitionKey: key, bytes: payload.slice() });
  }
}

/** Feeds events into the stream in their order. Resolves with the final state when all is put or the signal fired. */
export async function runFeed(options: FeedOptions): Promise<FeedState> {
  return new Feed(options, await options.source.shards()).run();
}
