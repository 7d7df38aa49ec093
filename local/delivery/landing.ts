import { rmSync } from 'node:fs';
import { type DuckDBConnection, DuckDBInstance, DuckDBListValue } from '@duckdb/node-api';
import { fromJson, jsonType } from '../../lake/duck-types.ts';
import { landingKey, partitionOf, segmentFileName } from '../../lake/names.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { quoteName, quoteText } from '../../lake/sql-text.ts';
import type { FolderObjectStore } from '../objects/folder.ts';
import type { SealedSegment } from './segments.ts';

/** Memory and threads of the writer. */
export interface LandingOptions {
  /** DuckDB memory limit, MiB. */
  readonly memoryMb: number;
  readonly threads: number;
}

const HOUR_MS = 3_600_000;
/** Column of the scratch table that holds the hour since the epoch; it does not go into the files. */
const HOUR_COLUMN = '"@hour"';
/** Folder of one hour below the scratch folder; DuckDB escapes what is no letter or digit. */
const HOUR_FOLDER = /[/\\](?:@|%40)hour=(-?\d+)[/\\][^/\\]*$/;
/** Partition files written at once. Each open file holds buffers for every column, and beyond 100 DuckDB closes and splits them. */
const PARTITIONS_AT_ONCE = 32;
/** Longest row as JSON, bytes: a Kinesis record of 10 MiB as base64 with room for the rest. */
const ROW_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Turns segments into Parquet landing files with DuckDB: one file for each UTC hour of the partition column, rows in
 * the order of delivery, SNAPPY as Firehose writes it, dictionaries and statistics (a file is one row group, so neither sorting nor
 * bloom filters would save a reader anything). Files appear under their final name only when whole; landing a segment again gives the same names.
 */
export class SegmentLanding {
  private readonly objects: FolderObjectStore;
  private readonly options: LandingOptions;
  private instance: DuckDBInstance | undefined;
  /** Where files are written before they get their names; its folders, one for each hour, serve all segments. */
  private scratch: string | undefined;

  constructor(objects: FolderObjectStore, options: LandingOptions) {
    this.objects = objects;
    this.options = options;
  }

  /** Writes the landing files of one segment and returns how many there are. */
  async land(table: TableSchema, segment: SealedSegment): Promise<number> {
    this.scratch ??= this.objects.scratch('land');
    const db = await this.connect();
    try {
      await db.run(loadSql(table, segment.path));
      const hours = await hoursOf(db, table);
      const files: PartitionFile[] = [];
      for (let at = 0; at < hours.length; at += PARTITIONS_AT_ONCE) {
        files.push(...(await writeHours(db, hours.slice(at, at + PARTITIONS_AT_ONCE), this.scratch)));
      }
      await this.moveIn(table, segment, files);
      return files.length;
    } finally {
      await db.run('DROP TABLE IF EXISTS segment');
      db.closeSync();
    }
  }

  /** Frees DuckDB's memory and removes what it wrote and nobody needed. */
  close(): void {
    if (this.scratch !== undefined) rmSync(this.scratch, { recursive: true, force: true });
    this.scratch = undefined;
    this.instance?.closeSync();
    this.instance = undefined;
  }

  private async connect(): Promise<DuckDBConnection> {
    this.instance ??= await DuckDBInstance.create(':memory:', {
      memory_limit: `${this.options.memoryMb}MiB`,
      threads: String(this.options.threads),
      // Spills go beside the lake, never into the folder the command was started in.
      temp_directory: this.objects.scratch('duckdb'),
      enable_external_file_cache: 'false',
      autoinstall_known_extensions: 'false',
    });
    return this.instance.connect();
  }

  private async moveIn(table: TableSchema, { number }: SealedSegment, files: readonly PartitionFile[]): Promise<void> {
    const perPartition = new Map<string, number>();
    for (const { path, dt, hour } of files) {
      const index = perPartition.get(`${dt} ${hour}`) ?? 0;
      perPartition.set(`${dt} ${hour}`, index + 1);
      await this.objects.store(landingKey({ table: table.name, dt, hour, name: segmentFileName(number, index) }), path);
    }
  }
}

interface PartitionFile {
  readonly path: string;
  readonly dt: string;
  readonly hour: string;
}

function loadSql(table: TableSchema, path: string): string {
  const types = table.columns.map(({ name, type }) => `${quoteText(name)}: ${quoteText(jsonType(type))}`);
  // One integer is a cheaper partition key than two texts: a third of the whole landing.
  return `
    CREATE OR REPLACE TEMP TABLE segment AS
    SELECT ${table.columns.map(fromJson).join(', ')}, ${quoteName(table.partitionColumn)} // ${HOUR_MS} AS ${HOUR_COLUMN}
    FROM read_json(${quoteText(path)}, format = 'newline_delimited', columns = {${types.join(', ')}}, maximum_object_size = ${ROW_BYTES_MAX})`;
}

/** Hours since the epoch that the segment has rows of, ascending. */
async function hoursOf(db: DuckDBConnection, table: TableSchema): Promise<number[]> {
  const reader = await db.runAndReadAll(`SELECT DISTINCT CAST(${HOUR_COLUMN} AS DOUBLE) FROM segment ORDER BY 1`);
  return reader.getRows().map(([hour]) => {
    if (typeof hour !== 'number') throw new Error(`a row of ${table.name} has no ${table.partitionColumn}`);
    return hour;
  });
}

/** Writes the rows of some hours below one folder, a folder for each hour. */
async function writeHours(db: DuckDBConnection, hours: readonly number[], folder: string): Promise<PartitionFile[]> {
  const from = hours[0] ?? 0;
  const to = hours.at(-1) ?? 0;
  // The names of the files tell their hours. The statistics that DuckDB could return instead cost as much as writing small files.
  const reader = await db.runAndReadAll(
    `COPY (SELECT * FROM segment WHERE ${HOUR_COLUMN} BETWEEN ${from} AND ${to})
     TO ${quoteText(folder)} (FORMAT parquet, COMPRESSION snappy, WRITE_BLOOM_FILTER false, PARTITION_BY (${HOUR_COLUMN}),
       FILENAME_PATTERN ${quoteText(`${from}-{i}`)}, OVERWRITE_OR_IGNORE, RETURN_FILES)`,
  );
  const written = reader.value(reader.columnNames().indexOf('Files'), 0);
  if (!(written instanceof DuckDBListValue)) throw new Error('the names of the written files are no list');
  return written.items.map((item) => {
    const path = String(item);
    const hour = HOUR_FOLDER.exec(path)?.[1];
    if (hour === undefined) throw new Error(`written file ${path} is in no folder of an hour`);
    return { path, ...partitionOf(Number(hour) * HOUR_MS) };
  });
}
