import type { ShardRange, StreamRecord, StreamSource } from '../../functions/adapters/kinesis-source.ts';
import type { KinesisHandler } from '../../functions/kinesis-event.ts';
import type { StreamIdentity } from '../stream/client.ts';
import { checkedBatchSize, checkedWindowMs, cutBatch } from './batch.ts';
import type { Checkpoints } from './checkpoints.ts';
import { type DeliverOptions, deliver, type MappingStats } from './deliver.ts';
import { readableShards } from './lineage.ts';
import { type Backoff, backoffMs, pause } from './pause.ts';
import { ShardReader } from './reader.ts';

/** Options of a live mapping. */
export interface MappingOptions {
  readonly source: StreamSource;
  readonly stream: StreamIdentity;
  readonly checkpoints: Checkpoints;
  readonly handler: KinesisHandler;
  /** Uniform in [0, 1): spreads retries. */
  readonly random: () => number;
  /** Records per invocation, 1..10,000, default 100. */
  readonly batchSize?: number;
  /** How long a batch may gather before it is handed over, 0..300,000 ms, default 0. */
  readonly batchingWindowMs?: number;
  /** Halve a batch that failed as a whole, default true. */
  readonly bisectOnError?: boolean;
  /** Wait between reads of an idle shard, default 200 ms. */
  readonly pollMs?: number;
  /** Time between looks at the stream's shard list, default 1,000 ms. */
  readonly listMs?: number;
  /** Greatest wait between retries, default 10,000 ms. */
  readonly backoffMaxMs?: number;
  /** Hears of every run of records done. */
  readonly onProgress?: (shardId: string, done: readonly StreamRecord[]) => void;
  /** Told once when the mapping cannot go on, such as when another one has taken its checkpoints over. */
  readonly onFatal?: (error: Error) => void;
}

/** A running mapping. */
export interface Mapping {
  readonly stats: Readonly<MappingStats>;
  /** Resolves when everything that was in the stream at the call is done and checkpointed. */
  drain(): Promise<void>;
  /** Takes no further batch, waits for the handler calls in flight, writes the checkpoints. With `drain`, drains first. */
  stop(options?: { readonly drain?: boolean }): Promise<void>;
}

/** A shard that had records a moment ago is read again this soon: under load nobody waits for a poll, and an idle shard costs little. */
const BUSY_POLL_MS = 25;
const BUSY_MS = 1_000;

/** First wait after a failure. */
const BACKOFF_FIRST_MS = 100;

/** A shard is read ahead while less than this is buffered. */
const READ_AHEAD_BYTES = 8 * 1024 * 1024;

/** Wait between looks at whether a drain is complete. */
const DRAIN_POLL_MS = 10;

interface LiveShard {
  readonly id: string;
  readonly reader: ShardReader;
  /** Reads begun with nothing buffered or in flight. */
  idleReads: number;
  /** The latest of those that found nothing behind the last record. */
  idleAtRead: number;
  /** When records were last at hand, by the process's own clock, ms. */
  busyMs: number;
  running: Promise<void>;
}

class LiveMapping implements Mapping {
  readonly stats: MappingStats = { invocations: 0, failedInvocations: 0, records: 0, bytes: 0, lastError: undefined };
  readonly #options: MappingOptions;
  readonly #batchSize: number;
  readonly #windowMs: number;
  readonly #pollMs: number;
  readonly #backoff: Backoff;
  readonly #abort = new AbortController();
  readonly #delivery: DeliverOptions;
  readonly #shards = new Map<string, LiveShard>();
  #listing: Promise<void> = Promise.resolve();
  readonly #watching: Promise<void>;
  #error: Error | undefined;

  constructor(options: MappingOptions) {
    this.#options = options;
    this.#batchSize = checkedBatchSize(options.batchSize);
    this.#windowMs = checkedWindowMs(options.batchingWindowMs);
    this.#pollMs = options.pollMs ?? 200;
    this.#backoff = { firstMs: BACKOFF_FIRST_MS, maxMs: options.backoffMaxMs ?? 10_000, random: options.random };
    this.#delivery = {
      handler: options.handler,
      streamArn: options.stream.arn,
      bisectOnError: options.bisectOnError ?? true,
      backoff: this.#backoff,
      signal: this.#abort.signal,
      stats: this.stats,
    };
    this.#watching = this.#watch();
  }

  async drain(): Promise<void> {
    let seen = -1;
    // Draining a closed shard may open its children, so go round until a round starts nothing new.
    while (seen !== this.#shards.size && !this.#abort.signal.aborted) {
      await this.#discover();
      seen = this.#shards.size;
      await Promise.all([...this.#shards.values()].map((shard) => this.#drained(shard)));
      await this.#discover();
    }
    await this.#options.checkpoints.flush();
    if (this.#error !== undefined) throw this.#error;
  }

  async stop(options: { readonly drain?: boolean } = {}): Promise<void> {
    if (options.drain === true) await this.drain();
    this.#abort.abort();
    await this.#watching;
    await Promise.all([...this.#shards.values()].map((shard) => shard.running));
    if (this.#error !== undefined) throw this.#error;
    await this.#options.checkpoints.flush();
  }

  async #drained(shard: LiveShard): Promise<void> {
    const before = shard.idleReads;
    while (shard.idleAtRead <= before && !shard.reader.drained && !this.#abort.signal.aborted)
      await pause(DRAIN_POLL_MS, this.#abort.signal);
    if (shard.reader.drained) await shard.running;
  }

  /** Looks at the shard list again and again; a stream that cannot be reached is asked again. */
  async #watch(): Promise<void> {
    let failures = 0;
    while (!this.#abort.signal.aborted) {
      try {
        await this.#discover();
        failures = 0;
      } catch (error) {
        this.#note(error);
        failures++;
      }
      await pause(failures > 0 ? backoffMs(failures, this.#backoff) : (this.#options.listMs ?? 1_000), this.#abort.signal);
    }
  }

  /** Starts every shard that may be read now; looks go one after another. */
  #discover(): Promise<void> {
    const look = (): Promise<void> => this.#discoverOnce();
    this.#listing = this.#listing.then(look, look);
    return this.#listing;
  }

  async #discoverOnce(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    const shards = await this.#options.source.shards();
    const drained = (shardId: string): boolean => this.#options.checkpoints.get(shardId)?.drained ?? false;
    for (const shard of shards) if (!shard.open) this.#shards.get(shard.shardId)?.reader.markClosed();
    for (const shard of readableShards(shards, drained)) if (!this.#shards.has(shard.shardId)) this.#start(shard);
  }

  #start(info: ShardRange): void {
    const reader = new ShardReader(this.#options.source, info.shardId, this.#options.checkpoints.get(info.shardId)?.sequence);
    if (!info.open) reader.markClosed();
    const shard: LiveShard = {
      id: info.shardId,
      reader,
      idleReads: 0,
      idleAtRead: 0,
      busyMs: Number.NEGATIVE_INFINITY,
      running: Promise.resolve(),
    };
    this.#shards.set(info.shardId, shard);
    shard.running = this.#run(shard).catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    if (this.#error !== undefined) return;
    this.#error = error instanceof Error ? error : new Error(String(error));
    this.#abort.abort();
    this.#options.onFatal?.(this.#error);
  }

  #note(error: unknown): void {
    this.stats.lastError = error instanceof Error ? error.message : String(error);
  }

  async #run(shard: LiveShard): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted && (await this.#gather(shard))) {
      const { count } = cutBatch(shard.reader, this.#batchSize);
      const ahead = shard.reader.bytes < READ_AHEAD_BYTES ? shard.reader.fetch().catch((error: unknown) => this.#note(error)) : undefined;
      await deliver(this.#delivery, shard.id, shard.reader.take(count), (done) => this.#progress(shard.id, done));
      await ahead;
    }
    if (!shard.reader.drained || signal.aborted) return;
    this.#options.checkpoints.set(shard.id, { sequence: this.#options.checkpoints.get(shard.id)?.sequence, drained: true });
    // The end of a parent must be durable before any child is read: a restart would else go back to the parent after the child.
    await this.#options.checkpoints.flush();
    void this.#discover().catch((error: unknown) => this.#note(error));
  }

  /** Waits until a batch may go: true with records buffered, false when the shard is drained or the mapping stops. */
  async #gather(shard: LiveShard): Promise<boolean> {
    const { reader } = shard;
    const { signal } = this.#abort;
    let dueMs = 0;
    while (!signal.aborted && !reader.drained) {
      if (reader.length > 0) {
        shard.busyMs = performance.now();
        if (dueMs === 0) dueMs = shard.busyMs + this.#windowMs;
        if (performance.now() >= dueMs || cutBatch(reader, this.#batchSize).full) return true;
      }
      const found = await this.#read(shard);
      const pollMs = performance.now() - shard.busyMs < BUSY_MS ? Math.min(BUSY_POLL_MS, this.#pollMs) : this.#pollMs;
      const waitMs = reader.length === 0 ? pollMs : Math.min(pollMs, Math.max(1, dueMs - performance.now()));
      if (found === 'end' && reader.length > 0) return true;
      if (found === 'tip') await pause(waitMs, signal);
    }
    return false;
  }

  async #read(shard: LiveShard): Promise<string> {
    const idle = shard.reader.length === 0 ? ++shard.idleReads : 0;
    for (let failures = 1; ; failures++) {
      try {
        const found = await shard.reader.fetch();
        if (found === 'tip' && idle > 0) shard.idleAtRead = idle;
        return found;
      } catch (error) {
        this.#note(error);
        await pause(backoffMs(failures, this.#backoff), this.#abort.signal);
        if (this.#abort.signal.aborted) return 'gap';
      }
    }
  }

  #progress(shardId: string, done: readonly StreamRecord[]): void {
    const last = done[done.length - 1];
    if (last === undefined) return;
    this.stats.records += done.length;
    for (const record of done) this.stats.bytes += record.data.length;
    this.#options.checkpoints.set(shardId, { sequence: last.sequence, drained: false });
    this.#options.onProgress?.(shardId, done);
  }
}

/** Starts handing the stream's records to the handler by Lambda's rules, until stopped. Throws UsageError for options out of range. */
export function startMapping(options: MappingOptions): Mapping {
  return new LiveMapping(options);
}
