import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RetriableError } from '../../core/errors.ts';
import type { Delivery, TableRows } from '../../core/ports.ts';
import { readTable } from '../../lake/generations/state.ts';
import { segmentNumberOf } from '../../lake/names.ts';
import { LEDGER_TABLE } from '../../lake/raw-tables.ts';
import { rowEncoder } from '../../lake/row-text.ts';
import type { TableSchema } from '../../lake/schema.ts';
import type { FolderObjectStore } from '../objects/folder.ts';
import { SegmentLanding } from './landing.ts';
import { landRows } from './row-landing.ts';
import { hasSegments, removeSegment, type SealedSegment, TableSegments } from './segments.ts';

/** What a delivery buffer works on, and its limits. */
export interface BufferOptions {
  /** Folder of the segments, on any file system. */
  readonly folder: string;
  readonly objects: FolderObjectStore;
  readonly tables: readonly TableSchema[];
  /** Bytes after which a table's segment lands by itself. */
  readonly bytesMax?: number;
  /** Rows after which a table's segment lands by itself. */
  readonly rowsMax?: number;
  /** DuckDB memory limit, MiB. */
  readonly memoryMb?: number;
  readonly threads?: number;
}

/** Segment size: many rows for each landing file (a file costs about a millisecond, a row a few microseconds) within the writer's memory. */
const BYTES_MAX = 32 * 1024 * 1024;
const ROWS_MAX = 100_000;
/** DuckDB memory, MiB: a segment in memory, its sort, and the open partition files. */
const MEMORY_MB = 256;
/** Segments that may wait to land before `deliver` waits too. */
const WAITING_MAX = 8;

/**
 * Delivery of one machine. Rows are appended to a segment file per table, which makes them durable, and land as Parquet in the object
 * store when the segment is large or at `flush`. A segment is removed only after its files are in place, and landing it again gives
 * the same names, so a crash at any moment loses and repeats nothing.
 */
export class BufferedDelivery implements Delivery {
  private readonly tables: ReadonlyMap<string, TableSchema>;
  private readonly encoders: ReadonlyMap<string, ReturnType<typeof rowEncoder>>;
  private readonly segments = new Map<string, TableSegments>();
  private readonly waiting: SealedSegment[] = [];
  private readonly objects: FolderObjectStore;
  private readonly writer: SegmentLanding;
  private readonly bytesMax: number;
  private readonly rowsMax: number;
  private running: Promise<void> | undefined;
  private failure: unknown;
  private isClosed = false;

  private constructor({ objects, tables, bytesMax = BYTES_MAX, rowsMax = ROWS_MAX, memoryMb = MEMORY_MB, threads = 1 }: BufferOptions) {
    this.objects = objects;
    this.tables = new Map(tables.map((table) => [table.name, table]));
    this.encoders = new Map(tables.map((table) => [table.name, rowEncoder(table)]));
    this.writer = new SegmentLanding(objects, { memoryMb, threads });
    this.bytesMax = bytesMax;
    this.rowsMax = rowsMax;
  }

  /** Opens a buffer on what an earlier process left there; segments it had sealed begin to land. */
  static async open(options: BufferOptions): Promise<BufferedDelivery> {
    const buffer = new BufferedDelivery(options);
    mkdirSync(options.folder, { recursive: true });
    for (const { name } of options.tables) {
      const folder = join(options.folder, name);
      const segments = new TableSegments(name, folder, hasSegments(folder) ? 1 : (await lastLanded(options.objects, name)) + 1);
      buffer.segments.set(name, segments);
      buffer.waiting.push(...segments.sealed());
    }
    buffer.start();
    return buffer;
  }

  async deliver(batch: readonly TableRows[]): Promise<void> {
    this.throwFailure();
    for (const { table, rows } of batch) {
      if (rows.length > 0) this.append(table, rows);
    }
    while (this.waiting.length > WAITING_MAX && this.running !== undefined) await this.running;
  }

  /** Lands everything delivered so far; on return it is in the object store. */
  async flush(): Promise<void> {
    this.throwFailure();
    for (const segments of this.segments.values()) this.seal(segments);
    this.start();
    await this.running;
    this.throwFailure();
    // Idle until the next landing: its memory is of better use to others meanwhile.
    if (this.running === undefined) this.writer.close();
  }

  /** Bytes that wait in open segments. */
  get pendingBytes(): number {
    let bytes = 0;
    for (const segments of this.segments.values()) bytes += segments.bytes;
    return bytes;
  }

  /** Ends landing after the segment at hand and closes the files; what has not landed stays for the next start. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.running;
    for (const segments of this.segments.values()) segments.close();
    this.writer.close();
  }

  private append(table: string, rows: TableRows['rows']): void {
    const segments = this.segments.get(table);
    const encode = this.encoders.get(table);
    if (segments === undefined || encode === undefined)
      throw new Error(`table ${table} is not one of ${[...this.tables.keys()].join(', ')}`);
    try {
      segments.append(encode(rows), rows.length);
    } catch (error) {
      throw new RetriableError(`rows of ${table} could not be written: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    if (segments.bytes < this.bytesMax && segments.rows < this.rowsMax) return;
    this.seal(segments);
    this.start();
  }

  private seal(segments: TableSegments): void {
    const sealed = segments.rotate();
    if (sealed !== undefined) this.waiting.push(sealed);
  }

  /** Lands waiting segments one at a time, unless that is already going on. */
  private start(): void {
    if (this.running !== undefined || this.isClosed) return;
    this.running = this.landAll()
      .catch((error: unknown) => {
        this.failure = error;
      })
      .finally(() => {
        this.running = undefined;
      });
  }

  private async landAll(): Promise<void> {
    while (!this.isClosed) {
      const segment = this.waiting[0];
      if (segment === undefined) return;
      const table = this.tables.get(segment.table);
      if (table === undefined) throw new Error(`table ${segment.table} is unknown`);
      if (table.name === LEDGER_TABLE) await landRows(this.objects, table, segment);
      else await this.writer.land(table, segment);
      removeSegment(segment);
      this.waiting.shift();
    }
  }

  /** A failed landing fails the next call, once; the segment stays and the call after that tries again. */
  private throwFailure(): void {
    const { failure } = this;
    if (failure === undefined) return;
    this.failure = undefined;
    this.start();
    throw new RetriableError(`landing failed: ${failure instanceof Error ? failure.message : String(failure)}`, { cause: failure });
  }
}

/** Greatest segment number among the landing files of a table, those that are there and those that a generation includes; 0 when there is none. */
async function lastLanded(objects: FolderObjectStore, table: string): Promise<number> {
  let last = 0;
  for (const { landing, manifest } of await readTable(objects, table)) {
    const included = manifest?.value.generations.flatMap(({ covers }) => covers) ?? [];
    for (const name of [...landing.map(({ key }) => key.slice(key.lastIndexOf('/') + 1)), ...included])
      last = Math.max(last, segmentNumberOf(name.replace(/\.parquet$/, '')) ?? 0);
  }
  return last;
}
