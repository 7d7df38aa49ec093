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

/** One user record of an aggregate; `data` is a view into the aggregate's bytes. */
export interface UserRecord {
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly data: Buffer;
}

/** Why an aggregate could not be unpacked. */
export interface KplFault {
  readonly code: 'KPL_CHECKSUM' | 'KPL_MALFORMED' | 'KPL_LIMIT';
  readonly what: string;
}

/** Record message with table indexes not yet resolved: key tables may come behind it. */
interface IndexedRecord {
  partitionKey: number;
  explicitHashKey: number;
  data: Buffer | undefined;
}

interface Aggregate {
  readonly partitionKeys: string[];
  readonly explicitHashKeys: string[];
  readonly records: IndexedRecord[];
}

/** User records of a KPL aggregate in order, a fault if it cannot be unpacked whole, or undefined if the bytes are no aggregate. */
export function readKpl(bytes: Buffer): readonly UserRecord[] | KplFault | undefined {
  if (!beginsLikeKpl(bytes)) return undefined;
  if (bytes.length > KPL_BYTES_MAX) return { code: 'KPL_LIMIT', what: `aggregate of ${bytes.length} bytes, more than ${KPL_BYTES_MAX}` };
  const end = bytes.length - KPL_DIGEST_BYTES;
  if (end < KPL_MAGIC.length) return { code: 'KPL_CHECKSUM', what: `aggregate of ${bytes.length} bytes has no room for a checksum` };
  const digest = hash('md5', bytes.subarray(KPL_MAGIC.length, end), 'buffer');
  if (digest.compare(bytes, end) !== 0) return { code: 'KPL_CHECKSUM', what: 'checksum of the aggregate does not match' };
  const aggregate: Aggregate = { partitionKeys: [], explicitHashKeys: [], records: [] };
  return readAggregate(new ProtobufCursor(bytes, KPL_MAGIC.length, end), aggregate) ?? resolve(aggregate);
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
      if (into.records.length === KPL_RECORDS_MAX) return { code: 'KPL_LIMIT', what: `more than ${KPL_RECORDS_MAX} user records` };
      into.records.push(readRecord(cursor));
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

/** Reads one record message; `data` stays undefined if it lacks a required field, and the cursor breaks on broken bytes. */
function readRecord(cursor: ProtobufCursor): IndexedRecord {
  const record: IndexedRecord = { partitionKey: -1, explicitHashKey: -1, data: undefined };
  const outerEnd = cursor.enter();
  while (!cursor.isAtEnd) {
    const tag = cursor.tag();
    switch (tag) {
      case RECORD_FIELD.partitionKey << 3:
        record.partitionKey = cursor.varint();
        break;
      case RECORD_FIELD.explicitHashKey << 3:
        record.explicitHashKey = cursor.varint();
        break;
      case (RECORD_FIELD.data << 3) | WIRE.bytes:
        record.data = cursor.bytes();
        break;
      default:
        cursor.skip(tag, RECORD_FIELD.data);
    }
  }
  cursor.leave(outerEnd);
  return record;
}

function resolve(aggregate: Aggregate): readonly UserRecord[] | KplFault {
  const { partitionKeys, explicitHashKeys, records } = aggregate;
  const resolved: UserRecord[] = [];
  for (const { partitionKey, explicitHashKey, data } of records) {
    const key = partitionKeys[partitionKey];
    const hashKey = explicitHashKey < 0 ? undefined : explicitHashKeys[explicitHashKey];
    if (key === undefined) return malformed(`user record ${resolved.length} has partition key ${partitionKey} of ${partitionKeys.length}`);
    if (explicitHashKey >= 0 && hashKey === undefined) {
      return malformed(`user record ${resolved.length} has hash key ${explicitHashKey} of ${explicitHashKeys.length}`);
    }
    if (data === undefined) return malformed(`user record ${resolved.length} has no data field`);
    resolved.push({ partitionKey: key, explicitHashKey: hashKey, data });
  }
  return resolved;
}
