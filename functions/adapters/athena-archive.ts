import { createHash, randomUUID } from 'node:crypto';
import type { ObjectStore } from '../../core/ports.ts';
import { quoteName, quoteText } from '../../lake/sql-text.ts';
import { StillRunning } from '../backfill/errors.ts';
import type { Span } from '../backfill/plan-record.ts';
import type { ArchiveReader, ArchiveSelection } from '../backfill/ports.ts';
import type { AthenaSql } from './athena-sql.ts';

/** Where Athena finds the archive, and where the work of backfills lies. */
export interface AthenaArchiveOptions {
  readonly sql: Pick<AthenaSql, 'run' | 'finish'>;
  readonly landingDatabase: string;
  /** The work of backfills, and the same place as Athena names it, ending in `/`. */
  readonly work: ObjectStore;
  readonly workUri: string;
}

/** Partitions that one statement of Athena writes at most. */
const PARTITIONS_MAX = 100;
const WITH = "format = 'PARQUET', compression = 'ZSTD'";

/** Reads the archive of a deployed stack with Athena; each statement is done once, whatever is repeated. */
export class AthenaArchive implements ArchiveReader {
  private readonly options: AthenaArchiveOptions;

  constructor(options: AthenaArchiveOptions) {
    this.options = options;
  }

  async count(condition: string, arrival: Span): Promise<number> {
    const { rows } = await this.options.sql.run(`
      SELECT count(*) FROM (SELECT DISTINCT shard_id, sequence, sub_sequence FROM ${this.source()} WHERE ${condition}${inHours(arrival)})`);
    return Number(rows[0]?.[0] ?? 0);
  }

  async span(condition: string): Promise<{ readonly firstMs: number; readonly lastMs: number } | undefined> {
    const [first, last] = ['min', 'max'].map((end) => `CAST(round(to_unixtime(${end}(event_time)) * 1000) AS BIGINT)`);
    const { rows } = await this.options.sql.run(`SELECT ${first}, ${last} FROM ${this.source()} WHERE ${condition}`);
    const [firstMs, lastMs] = rows[0] ?? [];
    return firstMs === null || firstMs === undefined ? undefined : { firstMs: Number(firstMs), lastMs: Number(lastMs) };
  }

  async split({ id, records, steps, arrival, slices }: ArchiveSelection, signal?: AbortSignal): Promise<void> {
    const hash = 'from_base(substr(lower(to_hex(md5(to_utf8(coalesce(key, partition_key))))), 1, 4), 16)';
    const columns = 'shard_id, sequence, sub_sequence, arrival_time, partition_key, data, lane, watermark';
    for (let from = 0; from < slices; from += PARTITIONS_MAX) {
      const sliced = `SELECT ${columns}, CAST(mod(${hash}, ${slices}) AS integer) AS slice FROM ${this.source()} WHERE ${records}${inHours(arrival)}`;
      const some = `SELECT * FROM (${sliced}) WHERE slice >= ${from} AND slice < ${from + PARTITIONS_MAX}`;
      await this.unload(`${id}/shuffle/records-${from}/`, { select: some, more: ", partitioned_by = ARRAY['slice']", signal });
    }
    const contexts = `SELECT shard_id, sequence, sub_sequence, context FROM ${this.source()} WHERE kind = 'context'`;
    await this.unload(`${id}/shuffle/contexts/`, { select: contexts, signal });
    const stepColumns = 'shard_id, sequence, sub_sequence, arrival_time, lane, watermark, event_time';
    const chosen = `SELECT ${stepColumns} FROM ${this.source()} WHERE ${steps}${inHours(arrival)}`;
    await this.unload(`${id}/shuffle/steps/`, { select: chosen, signal });
  }

  private source(): string {
    return `${quoteName(this.options.landingDatabase)}.${quoteName('archive')}`;
  }

  /**
   * Writes the rows of a query below a folder of the work. Each try of the statement is marked before it starts: whoever comes while it is at
   * work, or was not seen to end, goes on with that one; after one that failed, what it has left there goes first.
   */
  private async unload(folder: string, { select, more = '', signal }: Unload): Promise<void> {
    const { work, workUri, sql } = this.options;
    const [done, begun] = ['done', 'query'].map((end) => `${folder.slice(0, -1)}.${end}`) as [string, string];
    if ((await work.get(done)) !== undefined) return;
    const known = await work.get(begun);
    if (known === undefined) for (const { key } of await work.list(folder)) await work.remove(key);
    const mark = known?.body ?? new TextEncoder().encode(randomUUID());
    if (known === undefined) await work.put(begun, mark);
    const token = createHash('sha256').update(mark).digest('hex');
    const statement = `UNLOAD (${select}) TO ${quoteText(workUri + folder)} WITH (${WITH}${more})`;
    const failure = await sql.finish(statement, token, signal).catch((error: unknown) => {
      if (signal?.aborted !== true) throw error;
      throw new StillRunning(`Athena is still writing ${folder}: the same step again waits for the same statement`);
    });
    if (failure !== undefined) {
      await work.remove(begun);
      throw failure;
    }
    await work.put(done, new TextEncoder().encode('{}\n'));
  }
}

interface Unload {
  readonly select: string;
  readonly more?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Hours that a condition on arrival leaves: an unbounded end reads everything on its side. */
function inHours({ fromMs, toMs }: Span): string {
  const day = (ms: number): string => quoteText(new Date(ms).toISOString().slice(0, 10));
  const from = Number.isFinite(fromMs) ? ` AND dt >= ${day(fromMs)}` : '';
  return Number.isFinite(toMs) ? `${from} AND dt <= ${day(toMs)}` : from;
}
