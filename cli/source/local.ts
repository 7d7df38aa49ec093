import { usageError } from '../../core/errors.ts';
import type { EventProducer } from '../../core/ports.ts';
import { KinesisProducer } from '../../functions/adapters/kinesis-producer.ts';
import { tablesOf } from '../../lake/tables.ts';
import type { LoadedPipeline } from '../../local/pipeline.ts';
import type { LedgerReport } from '../../local/runtime/ledger.ts';
import { lockHolder } from '../../local/runtime/lock.ts';
import { startPipeline } from '../../local/runtime/up.ts';
import { LakeSql } from '../../local/sql/lake-sql.ts';
import { streamClient } from '../../local/stream/client.ts';
import { readLedger } from '../ledger.ts';
import { writeErr } from '../output.ts';
import { openFolder } from './lake.ts';
import type { Place, Source } from './source.ts';

/** Shards of a stream that a data folder lacks; it keeps those it has. */
const SHARD_COUNT = 1;
const BATCH_SIZE = 1_000;
const FLUSH_MS = 15_000;
/** A person waits: a few tries in a second or two, then the error. */
const ATTEMPTS_MAX = 4;

/** A data folder. The folder is looked at when it is first used, and left as it was unless something is put on its stream. */
export class LocalSource implements Source {
  private readonly dataDir: string;
  private readonly loaded: LoadedPipeline;
  private readonly endpoint: string | undefined;
  private readonly past: Place['past'];
  private sql: LakeSql | undefined;

  constructor(dataDir: string, loaded: LoadedPipeline, { endpoint, past }: Pick<Place, 'endpoint' | 'past'>) {
    this.dataDir = dataDir;
    this.loaded = loaded;
    this.endpoint = endpoint;
    this.past = past;
  }

  async lake(): Promise<LakeSql> {
    const folder = openFolder(this.dataDir, this.loaded.pipeline.name);
    this.sql ??= await LakeSql.open({
      lakeDir: folder.lake,
      tables: tablesOf(this.loaded.pipeline),
      asOfMs: this.past?.asOfMs,
      onWarning: (text) => writeErr(`Warning: ${text}\n`),
    });
    return this.sql;
  }

  async ledger(): Promise<LedgerReport> {
    openFolder(this.dataDir, this.loaded.pipeline.name);
    return readLedger(this.dataDir, this.loaded, () => this.lake());
  }

  async produce(use: (producer: EventProducer) => Promise<void>): Promise<void> {
    const { meta } = openFolder(this.dataDir, this.loaded.pipeline.name);
    if (this.endpoint !== undefined) return putThrough(this.endpoint, meta.stream, use);
    const holder = lockHolder(this.dataDir);
    if (holder !== undefined) {
      const allowed = '--endpoint with the address that headrace up printed, or stop that process first';
      throw usageError(`data folder ${this.dataDir} is in use`, `process ${holder}`, allowed);
    }
    await this.runPipeline(use);
  }

  async close(): Promise<void> {
    await this.sql?.close();
  }

  /** Starts the pipeline over the folder, puts the events, drains the stream and lands the lake. */
  private async runPipeline(use: (producer: EventProducer) => Promise<void>): Promise<void> {
    const running = await startPipeline({
      dataDir: this.dataDir,
      loaded: this.loaded,
      port: 0,
      shardCount: SHARD_COUNT,
      batchSize: BATCH_SIZE,
      flushMs: FLUSH_MS,
    });
    try {
      await putThrough(running.endpoint, running.streamName, use);
    } finally {
      await running.stop();
    }
  }
}

async function putThrough(endpoint: string, stream: string, use: (producer: EventProducer) => Promise<void>): Promise<void> {
  const client = streamClient({ endpoint, attemptsMax: 1 });
  try {
    await use(new KinesisProducer({ client, stream, clock: Date.now, retry: { random: Math.random, attemptsMax: ATTEMPTS_MAX } }));
  } finally {
    client.destroy();
  }
}
