import { type StreamRecord, unpackRecord } from '../core/decode/unpack.ts';
import type { Plan } from '../core/plan.ts';
import type { Unit } from '../core/processor.ts';

/** The user records of one stream record, parsed. */
export function unitsOf(plan: Plan, record: StreamRecord): Unit[] {
  return unpackRecord(record).map(({ raw, rejection }) => ({ raw, parsed: rejection === undefined ? plan.parse(raw) : { rejection } }));
}
