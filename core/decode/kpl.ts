import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { ProtobufCursor, WIRE } from './protobuf.ts';

/** First bytes of a KPL aggregate. Never valid UTF-8, so no plain event begins with them. */
export const KPL_MAGIC = Buffer.from('f3899ac2', 'hex');

/** Bytes of the MD5 that ends an aggregate. */
export const KPL_DIGEST_BYTES = 16;

/** Most user records of one aggregate: 1 MiB holds 10,000 of 100 bytes, less than any event; more only costs memory. */
export const KPL_RECORDS_MAX = 10_000;

/** Most entries of a key table: there is no use for more keys than records. */
export const KPL_KEYS_MAX = KPL_RECORDS_MAX;

/**
 * Longest key, bytes: Kinesis takes 256 characters of up to four bytes. Each user record carries its key on, so a longer one that
 * many records share would make rows of gigabytes out of one record.
 */
export const KPL_KEY_BYTES_MAX = 1_024;

/** Longest aggregate: the largest record a Kinesis stream can be set to take, 10 MiB. */
export const KPL_BYTES_MAX = 10_485_760;

/** Field numbers of the aggregate and of its records; tags carry nothing that events need and are skipped. */
const FIELD = { partitionKeys: 1, explicitHashKeys: 2, records: 3 };
const RECORD_FIELD = { partitionKey: 1, explicitHashKey: 2, data: 3 };

/** User records of an aggregate, in order. Nothing is made of one until it is asked for. */
export class KplRecords {
  /** How many there are. */
  readonly length: number;
  readonly #bytes: Buffer;
  readonly #partitionKeys: readonly string[];
  readonly #explicitHashKeys: readonly string[];
  readonly #columns: Float64Array;

  constructor(bytes: Buffer, { partitionKeys, explicitHashKeys, columns, count }: Aggregate) {
    this.#bytes = bytes;
    this.#partitionKeys = partitionKeys;
    this.#explicitHashKeys = explicitHashKeys;
    this.#columns = columns;
    this.length = count;
  }

  /** Partition key of a record. */
  partitionKey(index: number): string {
    return this.#partitionKeys[this.#column(index, COLUMN.partitionKey)] as string;
  }

  /** Explicit hash key of a record, if it has one. */
  explicitHashKey(index: number): string | undefined {
    return this.#explicitHashKeys[this.#column(index, COLUMN.explicitHashKey)];
  }

  /** Bytes of a record, a view into the aggregate's. */
  data(index: number): Buffer {
    return this.#bytes.subarray(this.#column(index, COLUMN.start), this.#column(index, COLUMN.end));
  }

  #column(index: number, column: number): number {
    return this.#columns[index * COLUMNS + column] as number;
  }
}

/** Why an aggregate could not be unpacked. */
export interface KplFault {
  readonly code: 'KPL_CHECKSUM' | 'KPL_MALFORMED' | 'KPL_LIMIT';
  readonly what: string;
}

/** What is known of each record: where its data are, and its keys' places in their tables, -1 for none. Tables may come behind the records. */
const COLUMN = { start: 0, end: 1, partitionKey: 2, explicitHashKey: 3 };
const COLUMNS = 4;
const COLUMN_RECORDS = 256;

interface Aggregate {
  readonly partitionKeys: string[];
  readonly explicitHashKeys: string[];
  columns: Float64Array;
  count: number;
}

/** User records of a KPL aggregate in order, a fault if it cannot be unpacked whole, or undefined if the bytes are no aggregate. */
export function readKpl(bytes: Buffer): KplRecords | KplFault | undefined {
  if (!beginsLikeKpl(bytes)) return undefined;
  if (bytes.length > KPL_BYTES_MAX) return { code: 'KPL_LIMIT', what: `aggregate of ${bytes.length} bytes, more than ${KPL_BYTES_MAX}` };
  const end = bytes.length - KPL_DIGEST_BYTES;
  if (end < KPL_MAGIC.length) return { code: 'KPL_CHECKSUM', what: `aggregate of ${bytes.length} bytes has no room for a checksum` };
  const digest = hash('md5', bytes.subarray(KPL_MAGIC.length, end), 'buffer');
  if (digest.compare(bytes, end) !== 0) return { code: 'KPL_CHECKSUM', what: 'checksum of the aggregate does not match' };
  const columns = new Float64Array(COLUMN_RECORDS * COLUMNS);
  const aggregate: Aggregate = { partitionKeys: [], explicitHashKeys: [], columns, count: 0 };
  const fault = readAggregate(new ProtobufCursor(bytes, KPL_MAGIC.length, end), aggregate) ?? checkRecords(aggregate);
  return fault ?? new KplRecords(bytes, aggregate);
}

/** Whether bytes begin like a KPL aggregate. */
export function beginsLikeKpl(bytes: Uint8Array): boolean {
  return bytes[0] === 0xf3 && bytes[1] === 0x89 && bytes[2] === 0x9a && bytes[3] === 0xc2;
}

function malformed(what: string): KplFault {
  return { code: 'KPL_MALFORMED', what };
}

function readAggregate(cursor: ProtobufCursor, into: Aggregate): KplFault | undefined {
  while (!cursor.isAtEnd) {
    const tag = cursor.tag();
    const fault = readField(cursor, tag, into);
    if (fault !== undefined) return fault;
    if (cursor.isBroken) return malformed(`broken field at byte ${cursor.at}`);
  }
  return undefined;
}

function readField(cursor: ProtobufCursor, tag: number, into: Aggregate): KplFault | undefined {
  switch (tag) {
    case (FIELD.records << 3) | WIRE.bytes:
      if (into.count === KPL_RECORDS_MAX) return { code: 'KPL_LIMIT', what: `more than ${KPL_RECORDS_MAX} user records` };
      readRecord(cursor, into);
      return undefined;
    case (FIELD.partitionKeys << 3) | WIRE.bytes:
      return readKey(cursor, into.partitionKeys);
    case (FIELD.explicitHashKeys << 3) | WIRE.bytes:
      return readKey(cursor, into.explicitHashKeys);
    default:
      cursor.skip(tag, FIELD.records);
      return undefined;
  }
}

function readKey(cursor: ProtobufCursor, into: string[]): KplFault | undefined {
  if (into.length === KPL_KEYS_MAX) return { code: 'KPL_LIMIT', what: `more than ${KPL_KEYS_MAX} keys in a table` };
  const key = cursor.bytes();
  if (key.length > KPL_KEY_BYTES_MAX) return { code: 'KPL_LIMIT', what: `key of ${key.length} bytes, more than ${KPL_KEY_BYTES_MAX}` };
  if (!isUtf8(key)) return malformed(`key before byte ${cursor.at} is not UTF-8`);
  into.push(key.toString('utf8'));
  return undefined;
}

/** Reads one record message; its data stay at -1 if it lacks them, and the cursor breaks on broken bytes. */
function readRecord(cursor: ProtobufCursor, into: Aggregate): void {
  const row = into.count * COLUMNS;
  const columns = roomFor(into, row + COLUMNS);
  into.count += 1;
  for (let column = 0; column < COLUMNS; column += 1) columns[row + column] = -1;
  const outerEnd = cursor.enter();
  while (!cursor.isAtEnd) {
    const tag = cursor.tag();
    switch (tag) {
      case RECORD_FIELD.partitionKey << 3:
        columns[row + COLUMN.partitionKey] = cursor.varint();
        break;
      case RECORD_FIELD.explicitHashKey << 3:
        columns[row + COLUMN.explicitHashKey] = cursor.varint();
        break;
      case (RECORD_FIELD.data << 3) | WIRE.bytes:
        columns[row + COLUMN.start] = cursor.pass();
        columns[row + COLUMN.end] = cursor.at;
        break;
      default:
        cursor.skip(tag, RECORD_FIELD.data);
    }
  }
  cursor.leave(outerEnd);
}

function roomFor(into: Aggregate, length: number): Float64Array {
  if (length > into.columns.length) {
    const wider = new Float64Array(2 * into.columns.length);
    wider.set(into.columns);
    into.columns = wider;
  }
  return into.columns;
}

function checkRecords({ partitionKeys, explicitHashKeys, columns, count }: Aggregate): KplFault | undefined {
  for (let index = 0, row = 0; index < count; index += 1, row += COLUMNS) {
    const partitionKey = columns[row + COLUMN.partitionKey] as number;
    const hashKey = columns[row + COLUMN.explicitHashKey] as number;
    if (partitionKey < 0 || partitionKey >= partitionKeys.length)
      return malformed(`user record ${index} has partition key ${partitionKey} of ${partitionKeys.length}`);
    if (hashKey >= explicitHashKeys.length) return malformed(`user record ${index} has hash key ${hashKey} of ${explicitHashKeys.length}`);
    if (columns[row + COLUMN.start] === -1) return malformed(`user record ${index} has no data field`);
  }
  return undefined;
}
