import { refuseCardNumbers } from './cards/guard.ts';
import { type StreamRecord, type UnpackedRecord, unpackEncoded } from './decode/unpack.ts';
import type { Parsed, RawEvent } from './model.ts';
import type { Plan } from './plan.ts';

/** One user record, and what it says. */
export interface ReadRecord {
  readonly raw: RawEvent;
  readonly parsed: Parsed;
}

/** The user records of one stream record, parsed. One with a card number in it is refused, whatever else it is, and holds a mask in its place. */
export function readRecord(plan: Plan, record: StreamRecord): ReadRecord[] {
  return readRecords(plan, [record]);
}

/** The user records of stream records, in order. */
export function readRecords(plan: Plan, records: readonly StreamRecord[]): ReadRecord[] {
  const read: ReadRecord[] = [];
  for (const record of records) for (const unit of unpackEncoded(record)) read.push(readUnit(plan, unit));
  return read;
}

/** One user record, parsed, and what may be kept of it. */
export function readUnit(plan: Plan, { raw, rejection }: UnpackedRecord): ReadRecord {
  const event = rejection === undefined ? plan.parsePlain(raw) : undefined;
  if (event !== undefined) return { raw, parsed: { event } };
  const refused = refuseCardNumbers(raw);
  if (refused !== undefined) return { raw: refused.raw, parsed: { rejection: refused.rejection } };
  return { raw, parsed: rejection === undefined ? plan.parseOther(raw) : { rejection } };
}
