import type { StreamRecord } from '../core/decode/unpack.ts';
import type { Plan } from '../core/plan.ts';
import type { Unit } from '../core/processor.ts';
import { readRecords } from '../core/read.ts';

/** The user records of one stream record, parsed. */
export function unitsOf(plan: Plan, record: StreamRecord): Unit[] {
  return readRecords(plan, [record]);
}

/** The user records of a batch's stream records, parsed. */
export function unitsOfAll(plan: Plan, records: readonly StreamRecord[]): Unit[] {
  return readRecords(plan, records);
}
