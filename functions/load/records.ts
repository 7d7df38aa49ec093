import { join } from 'node:path';
import { positionOf } from '../../core/decode/position.ts';
import type { Plan } from '../../core/plan.ts';
import type { Row } from '../../core/ports.ts';
import { parseLoaded } from '../../core/replay/load.ts';
import { nullable, required } from '../../lake/columns.ts';
import type { SortEngine } from '../../lake/compaction/engine.ts';
import { RowFile } from '../../lake/row-file.ts';
import type { TableSchema } from '../../lake/schema.ts';
import type { Span } from '../backfill/plan-record.ts';

/** Records of files in their order: payload `i` is `bytes[ends[i-1], ends[i])`. */
export interface RecordChunk {
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
  /** Partition keys. */
  readonly keys: readonly string[];
  /** Event times as far as they can be read without parsing, epoch ms; NaN where there is none. */
  readonly timesMs: Float64Array;
}

/** Records of a load on their way to be sorted. */
const RECORDS: TableSchema = {
  name: 'records',
  description: 'Records of files, with their place in event time.',
  columns: [
    required('ordinal', 'bigint', 'Number in the order of the files, from 0.'),
    nullable('at_ms', 'bigint', 'Place in event time, epoch ms; null for what came before any time could be read.'),
    nullable('type', 'string', 'Event type; null for what is no event.'),
    nullable('event_id', 'string', 'Event id.'),
    nullable('key', 'string', 'Value of the partition-key field.'),
    required('partition_key', 'string', 'Partition key.'),
    required('data', 'blob', 'Bytes; card numbers are masked.'),
  ],
  partitionColumn: 'at_ms',
  idColumns: ['ordinal'],
  clusterColumns: [],
  money: [],
};

/** A run has so many records, or bytes, at most: what one sort of it takes in memory. */
const RUN_RECORDS = 200_000;
const RUN_BYTES = 48 * 1024 * 1024;
/** Instants that the parser of event times takes: others are no place in time. */
const TIME_MS_MIN = Date.parse('2000-01-01T00:00:00Z');

/** A record gets its place in the load once all are sorted. */
const NO_PLACE = { position: positionOf('0', 0), sequence: '0', subSequence: 0 };

/** What a pass over the files has found. */
export interface FoundRecords {
  /** Parquet files, each sorted by time. */
  readonly runs: readonly string[];
  /** Records in them. */
  readonly records: number;
  /** Records outside of the span that was asked for. */
  readonly leftOut: number;
  /** First and last event time among the events; undefined without one. */
  readonly firstMs: number | undefined;
  readonly lastMs: number;
  /** Place of what came before any time could be read; undefined if that is left out. */
  readonly leadingMs: number | undefined;
}

/** How the files are read. */
export interface RecordsOptions {
  readonly plan: Plan;
  /** Span of event time that is wanted, epoch ms. */
  readonly span: Span;
  /** Events from so long after this moment on are too far ahead, epoch ms. */
  readonly nowMs: number;
  readonly scratch: string;
  readonly engine: SortEngine;
}

/**
 * Takes the records of files in, and sorts them by event time in runs on disk. What is no event, or has a time to come, stands where the
 * record before it stands, so that each record is in one span only.
 */
export class RecordRuns {
  private readonly options: RecordsOptions;
  private readonly runs: string[] = [];
  private file: RowFile;
  private bytes = 0;
  private ordinal = 0;
  private kept = 0;
  private leftOut = 0;
  private leading = 0;
  private firstMs: number | undefined;
  private lastMs = Number.NEGATIVE_INFINITY;
  private placeMs: number | undefined;
  private leadingMs: number | undefined;

  constructor(options: RecordsOptions) {
    this.options = options;
    this.file = this.newFile();
  }

  /** Takes some records, in the order of the files. */
  async add({ count, bytes, ends, keys, timesMs }: RecordChunk): Promise<void> {
    const rows: Row[] = [];
    for (let i = 0; i < count; i += 1) {
      const payload = bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i]);
      const row = this.rowOf(payload, keys[i] ?? '', timesMs[i] ?? Number.NaN);
      if (row !== undefined) rows.push(row);
    }
    this.file.add(rows);
    this.bytes += bytes.byteLength;
    if (this.file.rows >= RUN_RECORDS || this.bytes >= RUN_BYTES) await this.finishRun();
  }

  /** Sorts what is left, and says what there is. */
  async finish(): Promise<FoundRecords> {
    if (this.file.rows > 0) await this.finishRun();
    const { runs, kept, leftOut, leading, firstMs, lastMs, leadingMs } = this;
    const isLeadingKept = leadingMs === undefined || this.isWanted(leadingMs);
    return {
      runs,
      records: kept + (isLeadingKept ? leading : 0),
      leftOut: leftOut + (isLeadingKept ? 0 : leading),
      firstMs,
      lastMs,
      leadingMs: isLeadingKept ? leadingMs : undefined,
    };
  }

  private rowOf(payload: Uint8Array, partitionKey: string, peekedMs: number): Row | undefined {
    const ordinal = this.ordinal;
    this.ordinal += 1;
    const { nowMs, plan } = this.options;
    const { raw, parsed } = parseLoaded(plan, { ...NO_PLACE, arrivalMs: nowMs, partitionKey, bytes: payload });
    const event = 'event' in parsed ? parsed.event : undefined;
    const atMs = this.placeOf(event?.timeMs ?? peekedMs, event !== undefined);
    if (atMs !== undefined && !this.isWanted(atMs)) {
      this.leftOut += 1;
      return undefined;
    }
    if (atMs === undefined) this.leading += 1;
    else this.kept += 1;
    if (event !== undefined) {
      this.firstMs = Math.min(this.firstMs ?? event.timeMs, event.timeMs);
      this.lastMs = Math.max(this.lastMs, event.timeMs);
    }
    return {
      ordinal,
      at_ms: atMs ?? null,
      type: event?.type ?? null,
      event_id: event?.id ?? null,
      key: event?.key ?? null,
      partition_key: raw.partitionKey,
      data: Buffer.from(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength).toString('base64'),
    };
  }

  private placeOf(timeMs: number, isEvent: boolean): number | undefined {
    const isPlace = isEvent || (timeMs >= TIME_MS_MIN && timeMs <= this.options.nowMs);
    if (isPlace) this.placeMs = timeMs;
    this.leadingMs ??= this.placeMs;
    return this.placeMs;
  }

  private isWanted(atMs: number): boolean {
    const { fromMs, toMs } = this.options.span;
    return atMs >= fromMs && atMs < toMs;
  }

  private newFile(): RowFile {
    return new RowFile(RECORDS, join(this.options.scratch, `run-${this.runs.length}.ndjson`));
  }

  private async finishRun(): Promise<void> {
    const path = join(this.options.scratch, `run-${this.runs.length}.parquet`);
    await this.file.finish(this.options.engine, path, ['at_ms', 'ordinal']);
    // The engine keeps the memory of a large sort.
    this.options.engine.rest();
    this.runs.push(path);
    this.file = this.newFile();
    this.bytes = 0;
  }
}
