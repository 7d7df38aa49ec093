import { type FirehoseClient, PutRecordBatchCommand, type PutRecordBatchCommandOutput } from '@aws-sdk/client-firehose';
import type { Delivery, Row, TableRows } from '../../core/ports.ts';
import { deliveryEncoder, deliveryStreamName } from '../../lake/delivery-format.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { RowTooLargeError } from './errors.ts';
import { forEachLimited } from './parallel.ts';
import { backOff, type RetryOptions, withRetry } from './retry.ts';
import { errorOfCode, type ServiceCall, serviceError } from './service-error.ts';

/** Where a row goes that no Firehose record can hold; durable on return, and the same row again may not make a second one. */
export type OversizeLanding = (table: TableSchema, row: Row) => Promise<void>;

/** What the delivery works on. */
export interface FirehoseDeliveryOptions {
  readonly client: FirehoseClient;
  /** Delivery streams are named `<prefix>-<table>`, with - for _. */
  readonly prefix: string;
  readonly tables: readonly TableSchema[];
  readonly retry: RetryOptions;
  /** Takes rows over the record limit; without it they are a RowTooLargeError. */
  readonly oversize?: OversizeLanding;
  /** Rows joined in one record, 1..500. 1 suits a service that does not take joined records apart. */
  readonly recordRowsMax?: number;
}

/** Largest record before base64, 1,000 KiB. */
const RECORD_BYTES_MAX = 1_024_000;
/** Most rows that Firehose takes out of one record. */
const RECORD_ROWS_MAX = 500;
/** Limits of one PutRecordBatch call. */
const CALL_RECORDS_MAX = 500;
const CALL_BYTES_MAX = 4 * 1024 * 1024;
/** Calls under way at once: a batch has rows for about five tables. */
const CALLS_MAX = 4;

interface Call {
  readonly stream: string;
  readonly records: readonly Buffer[];
}

/**
 * Rows to the lake through Firehose, one delivery stream for each table. Rows are joined, a line each, because Firehose bills every
 * record in steps of 5 KB. Only what a call refused is sent again. Throws ServiceError (retriable), RowTooLargeError, and Error for
 * an unknown table or a value that its column cannot hold.
 */
export class FirehoseDelivery implements Delivery {
  private readonly options: FirehoseDeliveryOptions;
  private readonly tables: ReadonlyMap<string, { readonly table: TableSchema; readonly encode: (row: Row) => string }>;

  constructor(options: FirehoseDeliveryOptions) {
    this.options = options;
    this.tables = new Map(options.tables.map((table) => [table.name, { table, encode: deliveryEncoder(table) }]));
  }

  async deliver(batch: readonly TableRows[]): Promise<void> {
    const calls: Call[] = [];
    const oversize: (() => Promise<void>)[] = [];
    for (const { table: name, rows } of batch) {
      const known = this.tables.get(name);
      if (known === undefined) throw new Error(`table ${name} is not one of ${[...this.tables.keys()].join(', ')}`);
      const packer = new RecordPacker(this.options.recordRowsMax ?? RECORD_ROWS_MAX);
      for (const row of rows) {
        const line = `${known.encode(row)}\n`;
        const bytes = Buffer.byteLength(line);
        if (bytes <= RECORD_BYTES_MAX) packer.add(line, bytes);
        else oversize.push(this.landing(known.table, row, bytes));
      }
      calls.push(...callsOf(deliveryStreamName(this.options.prefix, name), packer.finish()));
    }
    const sends = calls.map((call) => () => this.send(call));
    await forEachLimited([...oversize, ...sends], CALLS_MAX, (work) => work());
  }

  private landing(table: TableSchema, row: Row, bytes: number): () => Promise<void> {
    const { oversize } = this.options;
    if (oversize !== undefined) return () => oversize(table, row);
    throw new RowTooLargeError(
      `row of table ${table.name}: got ${bytes} bytes; allowed: at most ${RECORD_BYTES_MAX} bytes in one delivery record`,
    );
  }

  private async send({ stream, records }: Call): Promise<void> {
    const { client, retry } = this.options;
    const call: ServiceCall = { action: 'firehose:PutRecordBatch', target: `delivery stream ${stream}` };
    let left = records;
    for (let failures = 0; left.length > 0; ) {
      const command = new PutRecordBatchCommand({ DeliveryStreamName: stream, Records: left.map((Data) => ({ Data })) });
      const answer: PutRecordBatchCommandOutput = await withRetry(retry, call, () => client.send(command));
      const codes = left.map((_, i) => answer.RequestResponses?.[i]?.ErrorCode);
      const refused = left.filter((_, i) => codes[i] !== undefined);
      failures = refused.length < left.length ? 1 : failures + 1;
      left = refused;
      if (left.length > 0) await backOff(retry, failures, () => serviceError(call, refusal(left.length, codes)));
    }
  }
}

function refusal(count: number, codes: readonly (string | undefined)[]): Error {
  return errorOfCode('ThrottlingException', `${count} records were refused: ${codes.find((code) => code !== undefined)}`);
}

/** Joins lines into records. */
class RecordPacker {
  private readonly rowsMax: number;
  private readonly records: Buffer[] = [];
  private lines: string[] = [];
  private bytes = 0;

  constructor(rowsMax: number) {
    this.rowsMax = rowsMax;
  }

  add(line: string, bytes: number): void {
    if (this.lines.length === this.rowsMax || this.bytes + bytes > RECORD_BYTES_MAX) this.cut();
    this.lines.push(line);
    this.bytes += bytes;
  }

  finish(): readonly Buffer[] {
    this.cut();
    return this.records;
  }

  private cut(): void {
    if (this.lines.length > 0) this.records.push(Buffer.from(this.lines.join('')));
    this.lines = [];
    this.bytes = 0;
  }
}

function callsOf(stream: string, records: readonly Buffer[]): Call[] {
  const calls: Call[] = [];
  let call: Buffer[] = [];
  let bytes = 0;
  for (const record of records) {
    if (call.length === CALL_RECORDS_MAX || bytes + record.length > CALL_BYTES_MAX) {
      calls.push({ stream, records: call });
      call = [];
      bytes = 0;
    }
    call.push(record);
    bytes += record.length;
  }
  if (call.length > 0) calls.push({ stream, records: call });
  return calls;
}
