import { refuseCardNumbers } from '../cards/guard.ts';
import { emptyRecord } from '../events/empty.ts';
import { reject } from '../events/rejection.ts';
import type { RawEvent, Rejection } from '../model.ts';
import { type KplFault, readKpl } from './kpl.ts';
import { positionAt, positionPrefix } from './position.ts';

/** One stream record as the Lambda event has it. */
export interface StreamRecord {
  /** Sequence number, 1..56 decimal digits. */
  readonly sequence: string;
  /** Arrival stamp, epoch ms. */
  readonly arrivalMs: number;
  readonly partitionKey: string;
  /** Base64. */
  readonly data: string;
}

/** One user record, or a whole stream record that could not be unpacked, with the reason. */
export interface UnpackedRecord {
  readonly raw: RawEvent;
  readonly rejection?: Rejection;
}

/**
 * Takes a stream record apart: a KPL aggregate gives one unit for each user record, with its own partition key and sub-sequence
 * 0..n-1; any other record gives one unit. Always gives at least one, so that no record vanishes. A unit with a card number in it is
 * refused, whatever else it is, and holds a mask in its place. Never throws on any data.
 */
export function unpackRecord(record: StreamRecord): UnpackedRecord[] {
  const { data, ...rest } = record;
  return unpackBytes({ ...rest, bytes: Buffer.from(data, 'base64') }).map((unit) => refuseCardNumbers(unit.raw) ?? unit);
}

/** Takes the bytes of a stream record apart, without looking for card numbers. */
export function unpackBytes(record: Pick<RawEvent, 'sequence' | 'arrivalMs' | 'partitionKey' | 'bytes'>): UnpackedRecord[] {
  const bytes = Buffer.from(record.bytes.buffer, record.bytes.byteOffset, record.bytes.byteLength);
  const prefix = positionPrefix(record.sequence);
  const unit = (subSequence: number, partitionKey: string, data: Uint8Array): RawEvent => ({
    position: positionAt(prefix, subSequence),
    sequence: record.sequence,
    subSequence,
    arrivalMs: record.arrivalMs,
    partitionKey,
    bytes: data,
  });
  const whole = unit(0, record.partitionKey, bytes);
  if (bytes.length === 0) return [{ raw: whole, rejection: emptyRecord() }];
  const kpl = readKpl(bytes);
  if (kpl === undefined) return [{ raw: whole }];
  if ('code' in kpl) return [{ raw: whole, rejection: rejectKpl(kpl, bytes) }];
  if (kpl.length === 0) return [{ raw: whole, rejection: emptyRecord() }];
  return kpl.map(({ partitionKey, data }, index) => {
    const raw = unit(index, partitionKey, data);
    return data.length === 0 ? { raw, rejection: emptyRecord() } : { raw };
  });
}

// With a wrong checksum the record counts as plain. It cannot be a plain event: the magic is no UTF-8, and JSON must be.
function rejectKpl(fault: KplFault, bytes: Buffer): Rejection {
  const received = `${bytes.length} bytes, ${bytes.toString('hex', 0, 16)}`;
  return reject(fault.code, '', { what: fault.what, received, allowed: 'a KPL aggregate with its MD5, or a JSON object' });
}
