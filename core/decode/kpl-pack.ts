import { hash } from 'node:crypto';
import { KPL_DIGEST_BYTES, KPL_MAGIC, KPL_RECORDS_MAX } from './kpl.ts';

/** A record may have 1 MiB including its partition key, which has at most 256 characters of up to four bytes. */
export const PACKED_BYTES_MAX = 1_048_576 - 256 * 4;

const START_BYTES = 65_536;
/** Tag, length and index bytes of one entry take at most this much beside the data. */
const ENTRY_OVERHEAD_MAX = 32;

const PARTITION_KEY_TAG = 0x0a;
const RECORD_TAG = 0x1a;
const KEY_INDEX_TAG = 0x08;
const DATA_TAG = 0x1a;

/** Packs events into KPL aggregates. Makes the same bytes as Amazon's own aggregator. */
export class KplPacker {
  readonly #bytesMax: number;
  readonly #indexes = new Map<string, number>();
  #keys: Buffer = Buffer.allocUnsafe(START_BYTES / 16);
  #keysLength = 0;
  #records: Buffer = Buffer.allocUnsafe(START_BYTES);
  #recordsLength = 0;
  #count = 0;

  /** `bytesMax` limits the whole aggregate, magic and checksum included. */
  constructor(bytesMax: number = PACKED_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** User records packed so far. */
  get count(): number {
    return this.#count;
  }

  /** Exact length of what `finish` would return now. */
  get byteLength(): number {
    return KPL_MAGIC.length + this.#keysLength + this.#recordsLength + KPL_DIGEST_BYTES;
  }

  /** Adds a user record; false, with nothing changed, if the aggregate would pass its size or 10,000 user records. */
  add(partitionKey: string, data: Uint8Array): boolean {
    const known = this.#indexes.get(partitionKey);
    const index = known ?? this.#indexes.size;
    const keyLength = known === undefined ? Buffer.byteLength(partitionKey) : 0;
    const keyEntryLength = known === undefined ? 1 + varintLength(keyLength) + keyLength : 0;
    const recordLength = 1 + varintLength(index) + 1 + varintLength(data.length) + data.length;
    const length = keyEntryLength + 1 + varintLength(recordLength) + recordLength;
    if (this.#count === KPL_RECORDS_MAX || this.byteLength + length > this.#bytesMax) return false;
    if (known === undefined) this.#addKey(partitionKey, index, keyLength);
    this.#addRecord(index, data, recordLength);
    this.#count += 1;
    return true;
  }

  /** The aggregate, in bytes of its own; the packer is empty again. Throws if nothing was added. */
  finish(): Uint8Array {
    if (this.#count === 0) throw new Error('an aggregate needs a user record');
    const keys = this.#keys.subarray(0, this.#keysLength);
    const records = this.#records.subarray(0, this.#recordsLength);
    const aggregate = Buffer.concat([KPL_MAGIC, keys, records], this.byteLength);
    const end = aggregate.length - KPL_DIGEST_BYTES;
    hash('md5', aggregate.subarray(KPL_MAGIC.length, end), 'buffer').copy(aggregate, end);
    this.#indexes.clear();
    this.#keysLength = 0;
    this.#recordsLength = 0;
    this.#count = 0;
    return aggregate;
  }

  #addKey(key: string, index: number, length: number): void {
    this.#keys = withRoom(this.#keys, this.#keysLength, length + ENTRY_OVERHEAD_MAX);
    const into = this.#keys;
    into[this.#keysLength] = PARTITION_KEY_TAG;
    const at = writeVarint(into, this.#keysLength + 1, length);
    into.write(key, at);
    this.#keysLength = at + length;
    this.#indexes.set(key, index);
  }

  #addRecord(index: number, data: Uint8Array, recordLength: number): void {
    this.#records = withRoom(this.#records, this.#recordsLength, recordLength + ENTRY_OVERHEAD_MAX);
    const into = this.#records;
    into[this.#recordsLength] = RECORD_TAG;
    let at = writeVarint(into, this.#recordsLength + 1, recordLength);
    into[at] = KEY_INDEX_TAG;
    at = writeVarint(into, at + 1, index);
    into[at] = DATA_TAG;
    at = writeVarint(into, at + 1, data.length);
    into.set(data, at);
    this.#recordsLength = at + data.length;
  }
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest >>>= 7) length += 1;
  return length;
}

function writeVarint(into: Buffer, at: number, value: number): number {
  let rest = value;
  let next = at;
  while (rest > 0x7f) {
    into[next] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
    next += 1;
  }
  into[next] = rest;
  return next + 1;
}

/** The buffer, or one at least twice as large with the same first `length` bytes. */
function withRoom(buffer: Buffer, length: number, more: number): Buffer {
  if (length + more <= buffer.length) return buffer;
  const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, length + more));
  buffer.copy(larger, 0, 0, length);
  return larger;
}
