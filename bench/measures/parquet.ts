import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compilePlan } from '../../core/plan.ts';
import type { Verdict } from '../../core/processor.ts';
import { createRowBuilder } from '../../lake/rows.ts';
import { quoteText } from '../../lake/sql-text.ts';
import { tablesOf } from '../../lake/tables.ts';
import { BufferedDelivery } from '../../local/delivery/buffer.ts';
import { FolderObjectStore } from '../../local/objects/folder.ts';
import { pipeline } from '../cards/pipeline.ts';
import { BATCH_EVENTS, SHARD } from '../cards/records.ts';
import { linesOf } from '../harness/lines.ts';
import { cpuOf, type Measure, type Result, type Variant, type Work } from '../harness/measure.ts';
import { packagesMissing } from '../harness/packages.ts';
import { PAYMENT } from '../peers/baseline/schema.ts';
import { copyParquet, withDuckDb } from '../peers/duckdb.ts';

/** Writes NDJSON as Parquet; gives a glob of the files. */
type Write = () => Promise<string> | string;
/** Makes ready what is not timed: lines in memory and in a file, and a folder to write below. */
type Prepare = (lines: readonly Buffer[], from: string, scratch: string) => Promise<Write> | Write;

/** As events land: their rows stand as NDJSON in a segment, which is landed by the hour. A row has the event's place in the stream too. */
const product: Prepare = async (lines, _from, scratch) => {
  const objects = new FolderObjectStore(join(scratch, 'lake'));
  const delivery = await BufferedDelivery.open({ folder: join(scratch, 'segments'), objects, tables: tablesOf(pipeline) });
  const [{ parse }, rows] = [compilePlan(pipeline), createRowBuilder(pipeline)];
  const context = { floorMs: null, tileFrontierMs: null, ruleSet: '', definition: 1 };
  for (let at = 0; at < lines.length; at += BATCH_EVENTS) {
    const verdicts = lines.slice(at, at + BATCH_EVENTS).flatMap((bytes, i): Verdict[] => {
      const raw = { position: '', sequence: String(at + i), subSequence: 0, arrivalMs: Number.MAX_SAFE_INTEGER, partitionKey: '', bytes };
      const parsed = parse(raw);
      return 'event' in parsed
        ? [{ raw: { ...raw, arrivalMs: 0 }, lane: 'accepted', watermarkMs: null, event: parsed.event, isFresh: true }]
        : [];
    });
    await delivery.deliver(rows.batchRows({ shardId: SHARD, context, isContextNew: false, isArchived: true, verdicts }));
  }
  return async () => {
    await delivery.flush();
    await delivery.close();
    return join(scratch, 'lake', 'card_payments', 'landing', '**', '*.parquet');
  };
};

const duckDb: Prepare = (_lines, from, scratch) => async () => {
  const to = join(scratch, 'copied.parquet');
  await copyParquet(from, to);
  return to;
};

const parsed = (line: Buffer) => PAYMENT.parse(JSON.parse(line.toString()));

const hyparquet: Prepare = (lines, _from, scratch) => async () => {
  const { writeHyparquet } = await import('../peers/hyparquet-writer.ts');
  const to = join(scratch, 'hyparquet.parquet');
  writeHyparquet(lines.map(parsed), to);
  return to;
};

const parquetJs: Prepare = (lines, _from, scratch) => async () => {
  const { writeParquetJs } = await import('../peers/parquetjs-lite.ts');
  const to = join(scratch, 'parquetjs.parquet');
  await writeParquetJs(lines.map(parsed), to);
  return to;
};

function way(prepare: Prepare, ...packages: readonly string[]): Variant {
  return {
    isMissing: packagesMissing(...packages),
    run: async (work: Work) => {
      const lines = linesOf({ ...work, warmUp: 0 });
      const from = join(work.scratch, 'events.ndjson');
      mkdirSync(work.scratch, { recursive: true });
      writeFileSync(from, Buffer.concat(lines.flatMap((line) => [line, NEWLINE])));
      readFileSync(from);
      const write = await prepare(lines, from, work.scratch);
      const { cpuUs, value } = await cpuOf(write);
      return { events: lines.length, cpuUs, result: await readBack(value) };
    },
  };
}

const NEWLINE = Buffer.from('\n');

/** What another reader finds in the files. */
function readBack(glob: string): Promise<Result> {
  return withDuckDb(async (rows) => {
    const [row] = await rows(`SELECT count(*), CAST(round(sum(amount) * 100) AS BIGINT), count(DISTINCT card_id), count(DISTINCT event_id),
      epoch_ms(min(event_time)::TIMESTAMP), epoch_ms(max(event_time)::TIMESTAMP) FROM read_parquet(${quoteText(glob)}, hive_partitioning = false)`);
    const [count, cents, cards, ids, firstMs, lastMs] = (row ?? []).map(Number);
    return {
      exact: { count: count ?? 0, cents: cents ?? 0, cards: cards ?? 0, ids: ids ?? 0, firstMs: firstMs ?? 0, lastMs: lastMs ?? 0 },
    };
  });
}

/** NDJSON bytes to Parquet files that DuckDB reads back equal. */
export const parquet: Measure = {
  name: 'parquet',
  title: 'Parquet: NDJSON to SNAPPY files of one thread, read back equal',
  sizes: {
    guard: { events: 30_000, warmUp: 0, reps: 3 },
    quick: { events: 60_000, warmUp: 0, reps: 3 },
    full: { events: 300_000, warmUp: 0, reps: 5 },
  },
  variants: {
    product: way(product),
    'DuckDB COPY': way(duckDb),
    'hyparquet-writer': way(hyparquet, 'hyparquet-writer'),
    'parquetjs-lite': way(parquetJs, 'parquetjs-lite'),
  },
  ratios: [
    { name: 'parquet_vs_duckdb', ours: 'product', theirs: 'DuckDB COPY', target: 0.8 },
    { name: 'parquet_vs_parquetjs', ours: 'product', theirs: 'parquetjs-lite', target: 10 },
    { name: 'parquet_vs_hyparquet', ours: 'product', theirs: 'hyparquet-writer' },
  ],
};
