import { refuseCardNumbers } from './cards/guard.ts';
import { forEachUnit, type StreamRecord } from './decode/unpack.ts';
import type { Parsed, RawEvent, Rejection } from './model.ts';
import type { Plan } from './plan.ts';

/** One user record, and what it says. */
export interface ReadRecord {
  readonly raw: RawEvent;
  readonly parsed: Parsed;
}

/**
 * The user records of stream records, in order, parsed. One with a card number in it is refused, whatever else it is, and holds a mask in
 * its place.
 */
export function readRecords(plan: Plan, records: readonly StreamRecord[]): ReadRecord[] {
  const read: ReadRecord[] = [];
  const take = (raw: RawEvent, rejection: Rejection | undefined): void => {
    read.push(readUnit(plan, raw, rejection));
  };
  for (const record of records) forEachUnit(record, Buffer.from(record.data, 'base64'), take);
  return read;
}

/** One user record, parsed, and what may be kept of it; `rejection` says why it is refused already. */
export function readUnit(plan: Plan, raw: RawEvent, rejection?: Rejection): ReadRecord {
  const event = rejection === undefined ? plan.parsePlain(raw) : undefined;
  if (event !== undefined) return { raw, parsed: { event } };
  const refused = refuseCardNumbers(raw);
  if (refused !== undefined) return { raw: refused.raw, parsed: { rejection: refused.rejection } };
  return { raw, parsed: rejection === undefined ? plan.parseOther(raw) : { rejection } };
}
