import { CursorExpiredError, type StreamRecord, type StreamSource } from '../../functions/adapters/kinesis-source.ts';

/** Bytes one page aims at: large enough to make calls cheap, small enough to pass the endpoint's JSON quickly. */
const PAGE_BYTES = 512 * 1024;

/** The first page, before any record size is known. */
const FIRST_LIMIT = 16;

/** More records than this per page gain nothing, and a sudden run of 1 MiB records behind small ones must still fit in memory. */
const LIMIT_MAX = 512;

/** What one fetch brought. */
export type Fetched = 'records' | 'gap' | 'tip' | 'end';

/** Reads one shard ahead, in order, into a buffer. */
export class ShardReader {
  readonly #source: StreamSource;
  readonly #shardId: string;
  #after: string | undefined;
  #cursor: string | undefined;
  #closed: boolean;
  #ended = false;
  #records: StreamRecord[] = [];
  #head = 0;
  #bytes = 0;
  #limit = FIRST_LIMIT;
  #fetching: Promise<Fetched> | undefined;

  /** Reads records past `after`, or from the oldest when it is undefined. */
  constructor(source: StreamSource, shardId: string, after: string | undefined) {
    this.#source = source;
    this.#shardId = shardId;
    this.#after = after;
    this.#closed = false;
  }

  /** Records buffered. */
  get length(): number {
    return this.#records.length - this.#head;
  }

  /** Data bytes buffered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True when the shard is closed and everything in it was taken. */
  get drained(): boolean {
    return this.#ended && this.length === 0;
  }

  /** The stream says that the shard takes no more records. True when that is news. */
  markClosed(): boolean {
    const news = !this.#closed;
    this.#closed = true;
    return news;
  }

  /** The n-th record not yet taken. */
  peek(n: number): StreamRecord | undefined {
    return this.#records[this.#head + n];
  }

  /** Takes the first `count` records. */
  take(count: number): StreamRecord[] {
    const taken = this.#records.slice(this.#head, this.#head + count);
    this.#head += taken.length;
    for (const record of taken) this.#bytes -= record.data.length;
    // What was taken must go even if the buffer never runs empty, or a long run holds the whole stream in memory.
    if (this.#head * 2 >= this.#records.length) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  /** Reads one more page; a call during a read shares it. Throws what the stream throws, having changed nothing. */
  fetch(): Promise<Fetched> {
    this.#fetching ??= this.#fetchOnce().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetchOnce(): Promise<Fetched> {
    if (this.#ended) return 'end';
    const from = this.#after === undefined ? 'oldest' : { after: this.#after };
    this.#cursor ??= await this.#source.cursor(this.#shardId, from);
    try {
      const page = await this.#source.read(this.#cursor, this.#limit);
      return this.#accept(page.records, page.next, page.atTip);
    } catch (error) {
      this.#cursor = undefined;
      if (error instanceof CursorExpiredError) return 'gap';
      throw error;
    }
  }

  #accept(records: readonly StreamRecord[], next: string | undefined, atTip: boolean): Fetched {
    // The local endpoint names the next place by the clock until a first record gives it a number; a put that was already
    // under way would then lie before it. So an open shard's cursor stays where it is until something was read.
    const stay = records.length === 0 && atTip && this.#after === undefined && !this.#closed;
    if (!stay) this.#cursor = next;
    if (next === undefined) this.#ended = true;
    if (records.length === 0) return this.#ended ? 'end' : atTip ? 'tip' : 'gap';
    let bytes = 0;
    for (const record of records) {
      bytes += record.data.length;
      this.#records.push(record);
    }
    this.#bytes += bytes;
    this.#after = records[records.length - 1]?.sequence;
    const fitting = Math.floor(PAGE_BYTES / Math.max(1, bytes / records.length));
    this.#limit = Math.max(1, Math.min(fitting, this.#limit * 2, LIMIT_MAX));
    return 'records';
  }
}
