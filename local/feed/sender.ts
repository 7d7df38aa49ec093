import { setTimeout as sleep } from 'node:timers/promises';
import type { ShardRange, StreamSource } from '../../functions/adapters/kinesis-source.ts';
import type { Pack } from './packs.ts';
import { stampKey } from './stamp.ts';
import { tailFrom } from './tail.ts';

/** One record of a put. */
export interface PutRecord {
  readonly partitionKey: string;
  /** Decimal hash key that names the shard. */
  readonly explicitHashKey: string;
  readonly data: Uint8Array;
}

/** Answer for one record of a put: its sequence number, or undefined when it was refused. */
export type PutAnswer = string | undefined;

/** Puts records in one call, answers in their order. Throws when it is not known whether the call arrived. */
export type PutRecords = (records: readonly PutRecord[]) => Promise<readonly PutAnswer[]>;

/** Options of the sender. */
export interface SenderOptions {
  readonly source: StreamSource;
  readonly put: PutRecords;
  /** Open shards by index. */
  readonly shards: readonly ShardRange[];
  readonly feedId: string;
  /** Resolves when the stream may take more, `bytes` having been put so far. */
  readonly gate: (bytesPut: number) => Promise<void>;
  /** Uniform in [0, 1): spreads retries. */
  readonly random: () => number;
  /** Greatest wait after a first failure, default 50 ms. */
  readonly backoffFirstMs?: number;
  /** Hears of every change of what is put. */
  readonly onPut: (packs: readonly Pack[]) => void;
  /** Fires when nothing more shall be put. */
  readonly signal: AbortSignal;
}

/** Kinesis' limits per call are 500 records and 5 MB; far fewer bytes pass the local endpoint faster, which joins a body piece by piece. */
const CALL_BYTES_MAX = 1024 * 1024;
const CALL_RECORDS_MAX = 500;

const BACKOFF_FIRST_MS = 50;
const BACKOFF_MAX_MS = 5_000;

/** Bytes of packs that may wait to be put before the caller should. */
const QUEUED_BYTES_MAX = 4 * 1024 * 1024;

/** The service understood and said no, for good: no such stream, not a valid call. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof Error && '$fault' in error && error.$fault === 'client' && !('$retryable' in error && error.$retryable !== undefined)
  );
}

/**
 * Puts packs, in order per shard. A call holds at most one pack per shard: the service may refuse any record of a call and
 * take the others, and a later pack of the same shard must not overtake a refused one. After a call without an answer the
 * stream itself is asked what arrived, so that nothing is put twice.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #queues: Pack[][];
  /** Sequence number of the last own record by shard index, from where on to look after a lost answer. */
  readonly #lastSequence: (string | undefined)[];
  #queuedBytes = 0;
  #bytesPut = 0;
  #sending: Promise<void> | undefined;
  #error: unknown;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#queues = options.shards.map(() => []);
    this.#lastSequence = options.shards.map(() => undefined);
  }

  /** Data bytes put so far. */
  get bytesPut(): number {
    return this.#bytesPut;
  }

  /** Takes a pack; it is put when the gate lets it through. */
  enqueue(pack: Pack): void {
    this.#queues[pack.shard]?.push(pack);
    this.#queuedBytes += pack.data.length;
    if (this.#error === undefined) this.#sending ??= this.#sendAll();
  }

  /** Least clock over the packs not yet acknowledged; undefined when there is none. */
  waitingSinceMs(): number | undefined {
    let least: number | undefined;
    for (const [pack] of this.#queues) {
      if (pack === undefined) continue;
      const clock = pack.clockMs ?? Number.NEGATIVE_INFINITY;
      if (least === undefined || clock < least) least = clock;
    }
    return least;
  }

  /** True when the caller should await `settled` before it goes on. */
  get full(): boolean {
    return this.#queuedBytes > QUEUED_BYTES_MAX;
  }

  /** Resolves when all packs taken so far are put, or the signal fired. Throws what made putting impossible. */
  async settled(): Promise<void> {
    await this.#sending;
    if (this.#error !== undefined) throw this.#error;
  }

  async #sendAll(): Promise<void> {
    try {
      while (this.#queuedBytes > 0 && !this.#options.signal.aborted) {
        await this.#options.gate(this.#bytesPut);
        if (!this.#options.signal.aborted) await this.#sendCall(this.#nextCall());
      }
    } catch (error) {
      this.#error = error;
    } finally {
      this.#sending = undefined;
    }
  }

  /** The first pack of each shard, within the limits of a call. */
  #nextCall(): Pack[] {
    const call: Pack[] = [];
    let bytes = 0;
    for (const [pack] of this.#queues) {
      if (pack === undefined || call.length === CALL_RECORDS_MAX) continue;
      if (call.length > 0 && bytes + pack.data.length > CALL_BYTES_MAX) continue;
      call.push(pack);
      bytes += pack.data.length;
    }
    return call;
  }

  async #sendCall(call: readonly Pack[]): Promise<void> {
    let left = call;
    for (let failures = 0; left.length > 0 && !this.#options.signal.aborted; failures++) {
      if (failures > 0) await this.#backOff(failures);
      left = await this.#attempt(left);
    }
  }

  async #backOff(failures: number): Promise<void> {
    const firstMs = this.#options.backoffFirstMs ?? BACKOFF_FIRST_MS;
    const ceiling = Math.min(BACKOFF_MAX_MS, firstMs * 2 ** Math.min(failures - 1, 20));
    await sleep(ceiling / 2 + (this.#options.random() * ceiling) / 2);
  }

  /** Puts packs once; returns those still to be put. */
  async #attempt(packs: readonly Pack[]): Promise<readonly Pack[]> {
    let answers: readonly PutAnswer[];
    try {
      answers = await this.#options.put(packs.map((pack) => this.#recordOf(pack)));
    } catch (error) {
      if (isRefusal(error)) throw error;
      return this.#leftAfterLostAnswer(packs);
    }
    for (const [index, pack] of packs.entries()) this.#lastSequence[pack.shard] = answers[index] ?? this.#lastSequence[pack.shard];
    this.#acknowledge(packs.filter((_, index) => answers[index] !== undefined));
    return packs.filter((_, index) => answers[index] === undefined);
  }

  #recordOf(pack: Pack): PutRecord {
    const { feedId, shards } = this.#options;
    const { firstOrdinal, lastOrdinal, clockMs, data } = pack;
    return {
      partitionKey: stampKey({ feedId, firstOrdinal, lastOrdinal, clockMs }),
      explicitHashKey: (shards[pack.shard]?.firstHash ?? 0n).toString(),
      data,
    };
  }

  /** Nothing may be put again before the stream has said what it holds. */
  async #leftAfterLostAnswer(packs: readonly Pack[]): Promise<readonly Pack[]> {
    for (let failures = 1; !this.#options.signal.aborted; failures++) {
      await this.#backOff(failures);
      try {
        const arrived = await Promise.all(packs.map((pack) => this.#arrived(pack)));
        this.#acknowledge(packs.filter((_, index) => arrived[index]));
        return packs.filter((_, index) => !arrived[index]);
      } catch (error) {
        if (isRefusal(error)) throw error;
      }
    }
    return packs;
  }

  async #arrived(pack: Pack): Promise<boolean> {
    const { source, shards, feedId } = this.#options;
    const last = this.#lastSequence[pack.shard];
    const tail = await tailFrom(source, shards[pack.shard]?.shardId ?? '', last === undefined ? 'oldest' : { after: last }, feedId);
    return tail !== undefined && tail >= pack.lastOrdinal;
  }

  #acknowledge(packs: readonly Pack[]): void {
    for (const pack of packs) {
      const queue = this.#queues[pack.shard];
      if (queue?.[0] === pack) queue.shift();
      this.#queuedBytes -= pack.data.length;
      this.#bytesPut += pack.data.length;
    }
    if (packs.length > 0) this.#options.onPut(packs);
  }
}
