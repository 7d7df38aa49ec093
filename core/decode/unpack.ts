import { refuseCardNumbers } from '../cards/guard.ts';
import { emptyRecord } from '../events/empty.ts';
import { reject } from '../events/rejection.ts';
import type { RawEvent, Rejection } from '../model.ts';
import { type KplFault, readKpl } from './kpl.ts';
import { decodeBase64 } from './pool.ts';
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
  return unpackEncoded(record).map((unit) => refuseCardNumbers(unit.raw) ?? unit);
}

/** The same without looking for card numbers. */
export function unpackEncoded({ sequence, arrivalMs, partitionKey, data }: StreamRecord): UnpackedRecord[] {
  return unpackBytes({ sequence, arrivalMs, partitionKey, bytes: decodeBase64(data) });
}

/** Takes the bytes of a stream record apart, without looking for card numbers. */
export function unpackBytes(record: Pick<RawEvent, 'sequence' | 'arrivalMs' | 'partitionKey' | 'bytes'>): UnpackedRecord[] {
  const bytes = Buffer.isBuffer(record.bytes)
    ? record.bytes
    : Buffer.from(record.bytes.buffer, record.bytes.byteOffset, record.bytes.byteLength);
  const prefix = positionPrefix(record.sequence);
  const whole = unitOf(record, { position: positionAt(prefix, 0), subSequence: 0, partitionKey: record.partitionKey, bytes });
  if (bytes.length === 0) return [{ raw: whole, rejection: emptyRecord() }];
  const kpl = readKpl(bytes);
  if (kpl === undefined) return [{ raw: whole }];
  if ('code' in kpl) return [{ raw: whole, rejection: rejectKpl(kpl, bytes) }];
  if (kpl.length === 0) return [{ raw: whole, rejection: emptyRecord() }];
  const units: UnpackedRecord[] = [];
  for (let i = 0; i < kpl.length; i += 1) {
    const data = kpl.data(i);
    const raw = unitOf(record, { position: positionAt(prefix, i), subSequence: i, partitionKey: kpl.partitionKey(i), bytes: data });
    units.push(data.length === 0 ? { raw, rejection: emptyRecord() } : { raw });
  }
  return units;
}

function unitOf(
  { sequence, arrivalMs }: Pick<RawEvent, 'sequence' | 'arrivalMs'>,
  { position, subSequence, partitionKey, bytes }: Pick<RawEvent, 'position' | 'subSequence' | 'partitionKey' | 'bytes'>,
): RawEvent {
  return { position, sequence, subSequence, arrivalMs, partitionKey, bytes };
}

// With a wrong checksum the record counts as plain. It cannot be a plain event: the magic is no UTF-8, and JSON must be.
function rejectKpl(fault: KplFault, bytes: Buffer): Rejection {
  const received = `${bytes.length} bytes, ${bytes.toString('hex', 0, 16)}`;
  return reject(fault.code, '', { what: fault.what, received, allowed: 'a KPL aggregate with its MD5, or a JSON object' });
}
