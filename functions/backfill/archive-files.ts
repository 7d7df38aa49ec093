import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SortEngine } from '../../lake/compaction/engine.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { quoteText } from '../../lake/sql-text.ts';
import type { Span } from './plan-record.ts';
import type { ArchiveReader, ArchiveSelection } from './ports.ts';
import { CONTEXTS_FOLDER, STEPS_FOLDER, STREAM_ORDER } from './slices.ts';
import { type TableFilesOptions, withTableFiles } from './table-files.ts';
import { Work } from './work.ts';

/** What reading the archive's own files needs. */
export interface ArchiveFilesOptions extends TableFilesOptions {
  readonly archive: TableSchema;
}

/** Reads the archive with the engine of this process: on one machine, and where a range fits into one function. */
export class ArchiveFiles implements ArchiveReader {
  private readonly options: ArchiveFilesOptions;

  constructor(options: ArchiveFilesOptions) {
    this.options = options;
  }

  async count(condition: string, arrival: Span): Promise<number> {
    return this.withArchive(arrival, 'count', async (engine, relation) => {
      // Files that landed twice hold a record twice.
      const [[rows] = []] = await engine.rows(
        `SELECT count(*) FROM (SELECT DISTINCT shard_id, sequence, sub_sequence FROM ${relation} WHERE ${condition})`,
        true,
      );
      return Number(rows);
    });
  }

  async span(condition: string): Promise<{ readonly firstMs: number; readonly lastMs: number } | undefined> {
    const always = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
    return this.withArchive(always, 'span', async (engine, relation) => {
      const times = 'epoch_ms(min(event_time)), epoch_ms(max(event_time))';
      const [[first, last] = []] = await engine.rows(`SELECT ${times} FROM ${relation} WHERE ${condition}`, true);
      return first === null || first === undefined ? undefined : { firstMs: Number(first), lastMs: Number(last) };
    });
  }

  async split({ id, records, steps, arrival, slices }: ArchiveSelection): Promise<void> {
    const work = new Work(this.options.work, id);
    await this.withArchive(arrival, id, async (engine, relation, scratch) => {
      const out = join(scratch, 'out');
      for (const part of ['contexts', 'steps']) mkdirSync(join(out, part), { recursive: true });
      const slice = `CAST(('0x' || substr(md5(coalesce(key, partition_key)), 1, 4)) AS INTEGER) % ${slices}`;
      const columns = 'shard_id, sequence, sub_sequence, arrival_time, partition_key, data, lane, watermark';
      await copy(
        engine,
        `SELECT ${columns}, ${slice} AS slice FROM ${relation} WHERE ${records}`,
        join(out, 'records'),
        'PARTITION_BY (slice)',
      );
      await copy(
        engine,
        `SELECT shard_id, sequence, sub_sequence, context FROM ${relation} WHERE kind = 'context'`,
        join(out, 'contexts', 'all.parquet'),
      );
      const stepColumns = 'shard_id, sequence, sub_sequence, arrival_time, lane, watermark, event_time';
      await copy(
        engine,
        `SELECT ${stepColumns} FROM ${relation} WHERE ${steps} ORDER BY shard_id, ${STREAM_ORDER}`,
        join(out, 'steps', 'all.parquet'),
      );
      await moveIn(work, join(out, 'records'), 'shuffle/records-0/');
      await work.store(`${CONTEXTS_FOLDER}all.parquet`, join(out, 'contexts', 'all.parquet'));
      await work.store(`${STEPS_FOLDER}all.parquet`, join(out, 'steps', 'all.parquet'));
    });
  }

  private withArchive<T>(
    hours: Span,
    name: string,
    use: (engine: SortEngine, relation: string, scratch: string) => Promise<T>,
  ): Promise<T> {
    const { archive, ...options } = this.options;
    return withTableFiles(options, { table: archive, hours, name: `archive-${name}` }, use);
  }
}

async function copy(engine: SortEngine, select: string, path: string, options = ''): Promise<void> {
  await engine.rows(
    `COPY (${select}) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd${options === '' ? '' : `, ${options}`})`,
    false,
  );
}

/** Moves the files of the folders of slices into the work. */
async function moveIn(work: Work, folder: string, name: string): Promise<void> {
  for (const slice of entries(folder))
    for (const file of entries(join(folder, slice))) await work.store(`${name}${slice}/${file}`, join(folder, slice, file));
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
