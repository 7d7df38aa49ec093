import { peekEventTimes } from '../../core/decode/peek.ts';
import type { StreamRecord, StreamSource } from '../../functions/adapters/kinesis-source.ts';
import type { KinesisHandler } from '../../functions/kinesis-event.ts';
import { parseStamp } from '../feed/stamp.ts';
import type { StreamIdentity } from '../stream/client.ts';
import { AlignedShard } from './aligned-shard.ts';
import { checkedBatchSize } from './batch.ts';
import type { Checkpoints } from './checkpoints.ts';
import { type DeliverOptions, deliver, type MappingStats } from './deliver.ts';
import { readableShards } from './lineage.ts';
import { type Backoff, backoffMs, pause, pauseUntil } from './pause.ts';
import { ShardReader } from './reader.ts';

/** What the aligned mapping must know of the feeder. */
export interface FeedProgress {
  /**
   * Least event time that may still be put, epoch ms: every earlier event is in the stream already. -Infinity while not yet
   * known, +Infinity once all is put. Never goes back. Throws what made the feeder fail.
   */
  positionMs(): number;
  /** Resolves at the next change of the position or the stream. */
  changed(): Promise<void>;
  /** Hears that nothing in the stream may be processed before more is put, so that a paused feeder goes on. */
  starving(): void;
}

/** Options of an aligned run. */
export interface AlignedOptions {
  readonly source: StreamSource;
  readonly stream: StreamIdentity;
  readonly checkpoints: Checkpoints;
  readonly handler: KinesisHandler;
  /** Uniform in [0, 1): spreads retries. */
  readonly random: () => number;
  readonly feed: FeedProgress;
  /** Width of a tile; undefined when the pipeline has none: shards are then not aligned and no barrier is called. */
  readonly tileMs: number | undefined;
  /**
   * Called with the start of a tile (epoch ms) before any record of it, or of a later one, is handed over and after every
   * record of earlier tiles is done; no handler call is in flight. Starts go up strictly; tiles without records are skipped.
   */
  readonly barrier: (tileStartMs: number) => Promise<void>;
  /** Records per invocation, 1..10,000, default 100. What the handler sees between two barriers does not depend on it. */
  readonly batchSize?: number;
  readonly bisectOnError?: boolean;
  /** Times past it (epoch ms) do not move a shard forward: a wrong year 9999 must not open all tiles. Default: none. */
  readonly futureLimitMs?: number;
  /** Data bytes read ahead per shard, default 16 MB. */
  readonly prefetchBytesMax?: number;
  /** Longest wait before an idle shard is read again although the feeder put nothing, default 50 ms. */
  readonly pollMs?: number;
  /** Greatest wait between retries, default 10,000 ms. */
  readonly backoffMaxMs?: number;
  readonly onProgress?: (shardId: string, done: readonly StreamRecord[]) => void;
  /** Fires when the run shall stop: handler calls in flight finish and are checkpointed. */
  readonly signal?: AbortSignal;
  /** Counters to fill, if the caller wants to watch them. */
  readonly stats?: MappingStats;
}

const PREFETCH_BYTES = 16 * 1024 * 1024;
const BACKOFF_FIRST_MS = 100;

/** Fresh counters. */
export function newStats(): MappingStats {
  return { invocations: 0, failedInvocations: 0, records: 0, bytes: 0, lastError: undefined };
}

class AlignedRun {
  readonly #options: AlignedOptions;
  readonly #batchSize: number;
  readonly #prefetchBytes: number;
  readonly #pollMs: number;
  readonly #backoff: Backoff;
  /** Fires when one shard has failed for good, so that the others stop too. */
  readonly #failed = new AbortController();
  readonly #signal: AbortSignal;
  readonly #stats: MappingStats;
  readonly #delivery: DeliverOptions;
  #shards: AlignedShard[] = [];
  #tile = Number.NEGATIVE_INFINITY;
  #delivering = 0;

  constructor(options: AlignedOptions) {
    this.#options = options;
    this.#batchSize = checkedBatchSize(options.batchSize);
    this.#prefetchBytes = options.prefetchBytesMax ?? PREFETCH_BYTES;
    this.#pollMs = options.pollMs ?? 50;
    this.#backoff = { firstMs: BACKOFF_FIRST_MS, maxMs: options.backoffMaxMs ?? 10_000, random: options.random };
    this.#signal = AbortSignal.any([this.#failed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
    this.#stats = options.stats ?? newStats();
    const { handler, stream, bisectOnError } = options;
    this.#delivery = {
      handler,
      streamArn: stream.arn,
      bisectOnError: bisectOnError ?? true,
      backoff: this.#backoff,
      signal: this.#signal,
      stats: this.#stats,
    };
  }

  /** True when everything is done, false when the signal stopped it. */
  async run(): Promise<boolean> {
    await this.#discover();
    while (!this.#signal.aborted) {
      const tile = await this.#nextTile();
      // Children of a shard that ended may hold records of tiles before this one.
      if (await this.#retire()) continue;
      if (tile === Number.POSITIVE_INFINITY) {
        if (await this.#discover()) continue;
        break;
      }
      await this.#enter(tile);
      await this.#together((shard) => this.#drainTile(shard));
    }
    await this.#options.checkpoints.flush();
    return !this.#signal.aborted;
  }

  /** Works on all shards at once. When one fails the others stop, and only then is it told: no handler call outlives the run. */
  async #together<T>(work: (shard: AlignedShard) => Promise<T>): Promise<T[]> {
    const running = this.#shards.map(work);
    try {
      return await Promise.all(running);
    } catch (error) {
      this.#failed.abort();
      await Promise.allSettled(running);
      throw error;
    }
  }

  async #enter(tile: number): Promise<void> {
    if (this.#signal.aborted || tile <= this.#tile) return;
    const { tileMs, barrier } = this.#options;
    if (tileMs !== undefined) await barrier(tile * tileMs);
    this.#tile = tile;
  }

  #tileOfTime(ms: number): number {
    const { tileMs } = this.#options;
    if (!Number.isFinite(ms)) return ms;
    return tileMs === undefined ? 0 : Math.floor(ms / tileMs);
  }

  #tileOfRecord(record: StreamRecord): number | undefined {
    const stamp = parseStamp(record.partitionKey);
    const ms = stamp === undefined ? peekEventTimes(record.data)?.firstMs : stamp.clockMs;
    if (ms === undefined || ms > (this.#options.futureLimitMs ?? Number.POSITIVE_INFINITY)) return undefined;
    return this.#tileOfTime(ms);
  }

  /** Least tile over the shards' next records, a shard without one standing at the feeder's position; waits while that is unknown. */
  async #nextTile(): Promise<number> {
    while (!this.#signal.aborted) {
      const change = this.#options.feed.changed();
      const tiles = await this.#together((shard) => this.#standing(shard));
      const known = tiles.filter((tile) => tile !== undefined);
      if (known.length === tiles.length) return Math.min(Number.POSITIVE_INFINITY, ...known);
      await this.#waitForFeed(change);
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Tile a shard stands in; undefined when it is empty and the feeder's position is not known yet. */
  async #standing(shard: AlignedShard): Promise<number | undefined> {
    const position = await this.#fill(shard);
    if (position === undefined)
      return shard.reader.length > 0 ? Math.max(this.#tile, shard.tileAt(0) ?? this.#tile) : Number.POSITIVE_INFINITY;
    return position === Number.NEGATIVE_INFINITY ? undefined : this.#tileOfTime(position);
  }

  /** Reads until the shard has a record or has ended (undefined), or is at its tip (the feeder's position before that read). */
  async #fill(shard: AlignedShard): Promise<number | undefined> {
    const { reader } = shard;
    let failures = 0;
    while (reader.length === 0 && !reader.drained && !this.#signal.aborted) {
      // Taken before the read: whatever was put before this position is seen by the read.
      const position = this.#options.feed.positionMs();
      try {
        const found = await reader.fetch();
        if (found === 'tip') return position;
      } catch (error) {
        this.#stats.lastError = error instanceof Error ? error.message : String(error);
        await pause(backoffMs(++failures, this.#backoff), this.#signal);
      }
    }
    return undefined;
  }

  /** Hands over one shard's records up to the current tile, waiting for the feeder as long as it may still put some. */
  async #drainTile(shard: AlignedShard): Promise<void> {
    while (!this.#signal.aborted) {
      const change = this.#options.feed.changed();
      const position = await this.#fill(shard);
      if (position !== undefined) {
        if (this.#tileOfTime(position) > this.#tile) return;
        await this.#waitForFeed(change);
        continue;
      }
      const batch = shard.takeUpTo(this.#tile, this.#batchSize);
      if (batch.length === 0) return;
      await this.#deliver(shard, batch);
    }
  }

  async #deliver(shard: AlignedShard, batch: readonly StreamRecord[]): Promise<void> {
    const { reader } = shard;
    const more = reader.bytes < this.#prefetchBytes / 2;
    const ahead = more ? reader.fetch().catch(() => undefined) : undefined;
    this.#delivering++;
    try {
      await deliver(this.#delivery, shard.id, batch, (done) => this.#progress(shard.id, done));
    } finally {
      this.#delivering--;
    }
    await ahead;
  }

  async #waitForFeed(change: Promise<void>): Promise<void> {
    if (this.#delivering === 0) this.#options.feed.starving();
    await pauseUntil(change, this.#pollMs, this.#signal);
  }

  #progress(shardId: string, done: readonly StreamRecord[]): void {
    const last = done[done.length - 1];
    if (last === undefined) return;
    this.#stats.records += done.length;
    for (const record of done) this.#stats.bytes += record.data.length;
    this.#options.checkpoints.set(shardId, { sequence: last.sequence, drained: false });
    this.#options.onProgress?.(shardId, done);
  }

  /** Records the end of shards that were resharded away and takes up their children; true if there were any. */
  async #retire(): Promise<boolean> {
    const ended = this.#shards.filter((shard) => shard.reader.drained);
    if (ended.length === 0 || this.#signal.aborted) return false;
    const { checkpoints } = this.#options;
    for (const { id } of ended) checkpoints.set(id, { sequence: checkpoints.get(id)?.sequence, drained: true });
    await checkpoints.flush();
    this.#shards = this.#shards.filter((shard) => !ended.includes(shard));
    await this.#discover();
    return true;
  }

  /** Looks at the shard list; true if a shard turned out to be closed or a new one may be read. */
  async #discover(): Promise<boolean> {
    const { source, checkpoints } = this.#options;
    const infos = await source.shards();
    const closed = new Set(infos.filter((info) => !info.open).map((info) => info.shardId));
    let changed = false;
    for (const shard of this.#shards) if (closed.has(shard.id) && shard.reader.markClosed()) changed = true;
    const reading = new Set(this.#shards.map((shard) => shard.id));
    for (const { shardId } of readableShards(infos, (id) => checkpoints.get(id)?.drained ?? false)) {
      if (reading.has(shardId)) continue;
      const reader = new ShardReader(source, shardId, checkpoints.get(shardId)?.sequence);
      if (closed.has(shardId)) reader.markClosed();
      this.#shards.push(new AlignedShard(shardId, reader, (record) => this.#tileOfRecord(record)));
      changed = true;
    }
    return changed;
  }
}

/**
 * Reads the stream to its end with the shards aligned by event time: all records of one tile, then a barrier, then the next
 * tile. Resolves true when the feeder is done and every shard is read to its tip, false when the signal stopped it.
 */
export function runAligned(options: AlignedOptions): Promise<boolean> {
  return new AlignedRun(options).run();
}
