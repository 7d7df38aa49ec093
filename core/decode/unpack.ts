import { refuseCardNumbers } from '../cards/guard.ts';
import { emptyRecord } from '../events/empty.ts';
import { reject } from '../events/rejection.ts';
import type { RawEvent, Rejection } from '../model.ts';
import { type KplFault, type KplRecords, readKpl } from './kpl.ts';
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
  const units: UnpackedRecord[] = [];
  forEachUnit(record, Buffer.from(record.data, 'base64'), (raw, rejection) => {
    units.push(refuseCardNumbers(raw) ?? unitOf(raw, rejection));
  });
  return units;
}

/** Takes the bytes of a stream record apart, without looking for card numbers. */
export function unpackBytes(record: Pick<RawEvent, 'sequence' | 'arrivalMs' | 'partitionKey' | 'bytes'>): UnpackedRecord[] {
  const units: UnpackedRecord[] = [];
  const { buffer, byteOffset, byteLength } = record.bytes;
  forEachUnit(record, Buffer.from(buffer, byteOffset, byteLength), (raw, rejection) => {
    units.push(unitOf(raw, rejection));
  });
  return units;
}

const unitOf = (raw: RawEvent, rejection: Rejection | undefined): UnpackedRecord =>
  rejection === undefined ? { raw } : { raw, rejection };

/** Calls `take` with each unit of a stream record's bytes, and with why it is refused, if it is: at least once. Card numbers are not looked for. */
export function forEachUnit(record: Pick<RawEvent, 'sequence' | 'arrivalMs' | 'partitionKey'>, bytes: Buffer, take: Take): void {
  const { sequence, arrivalMs } = record;
  const prefix = positionPrefix(sequence);
  const whole = { position: positionAt(prefix, 0), sequence, subSequence: 0, arrivalMs, partitionKey: record.partitionKey, bytes };
  const kpl = readKpl(bytes);
  if (kpl === undefined) take(whole, bytes.length === 0 ? emptyRecord() : undefined);
  else if ('code' in kpl) take(whole, rejectKpl(kpl, bytes));
  else if (kpl.length === 0) take(whole, emptyRecord());
  else takeAll(kpl, { sequence, arrivalMs, prefix }, take);
}

type Take = (raw: RawEvent, rejection: Rejection | undefined) => void;

function takeAll(
  kpl: KplRecords,
  { sequence, arrivalMs, prefix }: { readonly sequence: string; readonly arrivalMs: number; readonly prefix: string },
  take: Take,
): void {
  for (let i = 0; i < kpl.length; i += 1) {
    const data = kpl.data(i);
    const raw = { position: positionAt(prefix, i), sequence, subSequence: i, arrivalMs, partitionKey: kpl.partitionKey(i), bytes: data };
    take(raw, data.length === 0 ? emptyRecord() : undefined);
  }
}

// With a wrong checksum the record counts as plain. It cannot be a plain event: the magic is no UTF-8, and JSON must be.
function rejectKpl(fault: KplFault, bytes: Buffer): Rejection {
  const received = `${bytes.length} bytes, ${bytes.toString('hex', 0, 16)}`;
  return reject(fault.code, '', { what: fault.what, received, allowed: 'a KPL aggregate with its MD5, or a JSON object' });
}
