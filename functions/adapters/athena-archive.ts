import type { ObjectStore, SqlEngine } from '../../core/ports.ts';
import { quoteName, quoteText } from '../../lake/sql-text.ts';
import type { Span } from '../backfill/plan-record.ts';
import type { ArchiveReader, ArchiveSelection } from '../backfill/ports.ts';

/** Where Athena finds the archive, and where the work of backfills lies. */
export interface AthenaArchiveOptions {
  readonly sql: SqlEngine;
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

  async split({ id, records, steps, arrival, slices }: ArchiveSelection): Promise<void> {
    const hash = 'from_base(substr(lower(to_hex(md5(to_utf8(coalesce(key, partition_key))))), 1, 4), 16)';
    const columns = 'shard_id, sequence, sub_sequence, arrival_time, partition_key, data, lane, watermark';
    for (let from = 0; from < slices; from += PARTITIONS_MAX) {
      const sliced = `SELECT ${columns}, CAST(mod(${hash}, ${slices}) AS integer) AS slice FROM ${this.source()} WHERE ${records}${inHours(arrival)}`;
      const some = `SELECT * FROM (${sliced}) WHERE slice >= ${from} AND slice < ${from + PARTITIONS_MAX}`;
      await this.unload(`${id}/shuffle/records-${from}/`, some, ", partitioned_by = ARRAY['slice']");
    }
    await this.unload(
      `${id}/shuffle/contexts/`,
      `SELECT shard_id, sequence, sub_sequence, context FROM ${this.source()} WHERE kind = 'context'`,
    );
    await this.unload(
      `${id}/shuffle/steps/`,
      `SELECT shard_id, sequence, sub_sequence, arrival_time, lane, watermark, event_time FROM ${this.source()} WHERE ${steps}${inHours(arrival)}`,
    );
  }

  private source(): string {
    return `${quoteName(this.options.landingDatabase)}.${quoteName('archive')}`;
  }

  /** Writes the rows of a query below a folder of the work; what an earlier try has left there goes first. */
  private async unload(folder: string, select: string, more = ''): Promise<void> {
    const { work, workUri, sql } = this.options;
    const done = `${folder.slice(0, -1)}.done`;
    if ((await work.get(done)) !== undefined) return;
    for (const { key } of await work.list(folder)) await work.remove(key);
    await sql.run(`UNLOAD (${select}) TO ${quoteText(workUri + folder)} WITH (${WITH}${more})`);
    await work.put(done, new TextEncoder().encode('{}\n'));
  }
}

/** Hours that a condition on arrival leaves: an unbounded end reads everything on its side. */
function inHours({ fromMs, toMs }: Span): string {
  const day = (ms: number): string => quoteText(new Date(ms).toISOString().slice(0, 10));
  const from = Number.isFinite(fromMs) ? ` AND dt >= ${day(fromMs)}` : '';
  return Number.isFinite(toMs) ? `${from} AND dt <= ${day(toMs)}` : from;
}
