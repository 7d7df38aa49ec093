import { join } from 'node:path';
import { positionOf } from '../../core/decode/position.ts';
import type { Row } from '../../core/ports.ts';
import { type LoadedUnit, LoadJudge } from '../../core/replay/load.ts';
import { blobBytes, type SortEngine } from '../../lake/compaction/engine.ts';
import { landingFolder, landingKey, type PartitionName, partitionOf } from '../../lake/names.ts';
import { RowFile } from '../../lake/row-file.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { quoteText } from '../../lake/sql-text.ts';
import type { BackfillPorts } from '../backfill/ports.ts';
import { filesSql } from '../backfill/slices.ts';
import type { Load } from './loads.ts';
import type { FoundRecords } from './records.ts';

const HOUR_MS = 3_600_000;
/** Records that are sorted and held as text in one go, if one hour has no more. */
const STRETCH_RECORDS = 50_000;
/** Stands for an event where only its identity and time are asked for. */
const NO_VALUES = {};

/** Where the records of a load are written from. */
export interface ArchiveOptions {
  readonly load: Load;
  readonly found: FoundRecords;
  readonly scratch: string;
  readonly engine: SortEngine;
}

/**
 * Writes the records of a load into the archive, one file for each hour, in order of time: judged as the stream would have judged them.
 * Names depend on the load alone, so a repeat replaces its files. Returns the judge, which has the sums.
 */
export async function writeArchive(ports: BackfillPorts, { load, found, scratch, engine }: ArchiveOptions): Promise<LoadJudge> {
  const judge = new LoadJudge(ports.plan, load.shardId);
  const hours = new HourFiles(ports, { load, scratch, engine });
  const repeated = join(scratch, 'repeated.parquet');
  const runs = filesSql(found.runs, '*');
  await engine.rows(
    `COPY (SELECT type, key, event_id FROM ${runs} WHERE type IS NOT NULL GROUP BY ALL HAVING count(*) > 1) TO ${quoteText(repeated)} (FORMAT parquet)`,
    true,
  );
  // What is no event stands between the first and the last one: it must not widen the span.
  const place = `CASE WHEN at_ms IS NOT NULL OR ${found.leadingMs !== undefined}
    THEN least(greatest(coalesce(at_ms, ${found.leadingMs ?? 'NULL'}), ${load.fromMs}), ${load.toMs - 1}) END`;
  let ordinal = 0;
  for (const stretch of await stretchesOf(engine, runs, place)) {
    for await (const part of engine.parts(recordsSql({ runs, place, repeated, stretch }))) {
      const units = part.map((row) => {
        ordinal += 1;
        return unitOf(row, ordinal, load.recordedMs);
      });
      for (const batch of judge.judge(units)) hours.add(ports.rows.archiveRows({ shardId: load.shardId, ...batch }));
    }
    await hours.storeDone();
  }
  await hours.storeAll();
  await registerHours(ports, 'archive', hours.stored);
  return judge;
}

/** Makes queries of engines that know the catalogue see hours of landing files. */
export async function registerHours(
  { lake: { catalogue } }: Pick<BackfillPorts, 'lake'>,
  table: string,
  hours: readonly PartitionName[],
): Promise<void> {
  await catalogue?.register(
    table,
    hours.map(({ dt, hour }) => ({ dt, hour, folder: landingFolder(table, { dt, hour }) })),
  );
}

/** Key of the file that a load has in an hour of a table. */
export function loadKey(table: string, { dt, hour }: PartitionName, { shardId }: Pick<Load, 'shardId'>): string {
  return landingKey({ table, dt, hour, name: shardId });
}

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** Whole hours with about as many records as are sorted in one go. */
async function stretchesOf(engine: SortEngine, runs: string, place: string): Promise<Stretch[]> {
  const rows = await engine.rows(
    `SELECT ${place} // ${HOUR_MS} AS hour, count(*) FROM ${runs} WHERE ${place} IS NOT NULL GROUP BY 1 ORDER BY 1`,
    true,
  );
  const edges: number[] = [];
  let records = STRETCH_RECORDS;
  for (const [hour, count] of rows) {
    if (records + Number(count) > STRETCH_RECORDS) {
      edges.push(Number(hour) * HOUR_MS);
      records = 0;
    }
    records += Number(count);
  }
  return edges.map((fromMs, i) => ({
    fromMs,
    toMs: edges[i + 1] ?? Number.MAX_SAFE_INTEGER,
    isFirst: i === 0,
    isLast: i === edges.length - 1,
  }));
}

interface RecordsQuery {
  readonly runs: string;
  readonly place: string;
  readonly repeated: string;
  readonly stretch: Stretch;
}

function recordsSql({ runs, place, repeated, stretch: { fromMs, toMs, isFirst, isLast } }: RecordsQuery): string {
  // Runs are sorted by this column: its bounds leave out most of them.
  const bounds = [...(isFirst ? [] : [`at_ms >= ${fromMs}`]), ...(isLast ? [] : [`at_ms < ${toMs}`]), 'true'].join(' AND ');
  const wanted = `(at_ms IS NULL OR (${bounds})) AND ${place} >= ${fromMs} AND ${place} < ${toMs}`;
  return `
    SELECT r.place, r.type, r.event_id, r.key, r.partition_key, r.data, p.event_id IS NOT NULL
    FROM (SELECT *, ${place} AS place FROM ${runs} WHERE ${wanted}) r
    LEFT JOIN read_parquet(${quoteText(repeated)}) p ON r.type = p.type AND r.key = p.key AND r.event_id = p.event_id
    ORDER BY r.place, r.ordinal`;
}

function unitOf(row: readonly unknown[], ordinal: number, nowMs: number): LoadedUnit {
  const [place, type, id, key, partitionKey, data, isRepeated] = row;
  const sequence = String(ordinal);
  const timeMs = Number(place);
  const raw = {
    position: positionOf(sequence, 0),
    sequence,
    subSequence: 0,
    // As if each had come at once; nothing comes from the future.
    arrivalMs: Math.min(timeMs, nowMs),
    partitionKey: String(partitionKey),
    bytes: blobBytes(data),
  };
  if (type === null) return { raw, parsed: { rejection: REFUSED }, isRepeated: false };
  const event = { type: String(type), id: String(id), key: String(key), timeMs, values: NO_VALUES };
  return { raw, parsed: { event }, isRepeated: isRepeated === true };
}

/** Why a record was refused is found again when it is replayed; the archive does not say. */
const REFUSED = { code: '', path: '', message: '' };

/** Files of the archive, one for each hour; the hours come in order. */
class HourFiles {
  readonly stored: PartitionName[] = [];
  private readonly ports: BackfillPorts;
  private readonly options: Omit<ArchiveOptions, 'found'>;
  private readonly table: TableSchema;
  private readonly open: { readonly hour: number; readonly file: RowFile }[] = [];

  constructor(ports: BackfillPorts, options: Omit<ArchiveOptions, 'found'>) {
    const table = ports.tables.find(({ name }) => name === 'archive');
    if (table === undefined) throw new Error('the lake has no table archive');
    this.ports = ports;
    this.options = options;
    this.table = table;
  }

  add(rows: readonly Row[]): void {
    let from = 0;
    for (let to = 1; to <= rows.length; to += 1) {
      const hour = hourOf(rows[from]);
      if (to < rows.length && hourOf(rows[to]) === hour) continue;
      this.fileOf(hour).add(rows.slice(from, to));
      from = to;
    }
  }

  /** Stores the hours that no later record falls into. */
  async storeDone(): Promise<void> {
    while (this.open.length > 1) await this.storeFirst();
  }

  async storeAll(): Promise<void> {
    while (this.open.length > 0) await this.storeFirst();
  }

  private fileOf(hour: number): RowFile {
    const last = this.open.at(-1);
    if (last?.hour === hour) return last.file;
    const file = new RowFile(this.table, join(this.options.scratch, `hour-${hour}.ndjson`));
    this.open.push({ hour, file });
    return file;
  }

  private async storeFirst(): Promise<void> {
    const first = this.open.shift();
    if (first === undefined) return;
    const { engine, scratch, load } = this.options;
    const path = join(scratch, `hour-${first.hour}.parquet`);
    await first.file.finish(engine, path, ['arrival_time', 'kind']);
    const partition = partitionOf(first.hour * HOUR_MS);
    await this.ports.lake.files.store(loadKey('archive', partition, load), path);
    this.stored.push(partition);
  }
}

function hourOf(row: Row | undefined): number {
  return Math.floor(Number(row?.['arrival_time']) / HOUR_MS);
}
