import type { Row } from '../../core/ports.ts';
import type { Result } from '../harness/measure.ts';
import { type ClosedGroup, tallyOf } from '../harness/tally.ts';

/** Windows with the fields that their groups are made of. */
const GROUP_FIELDS: Readonly<Record<string, readonly string[]>> = {
  merchant_1m: ['merchant_id', 'country'],
  category_5m: ['country', 'mcc', 'channel'],
};

/** Tables that alerts and closed groups land in. */
export const RESULT_TABLES: readonly string[] = ['alerts', ...Object.keys(GROUP_FIELDS)];

/** What the product's rows say, in the form in which ways are compared. */
export function resultOf(rows: ReadonlyMap<string, readonly Row[]>): Result {
  const firings = (rows.get('alerts') ?? []).map((row) => ({ rule: String(row['rule_id']), eventId: String(row['event_id']) }));
  const groups = Object.keys(GROUP_FIELDS).flatMap((window) => (rows.get(window) ?? []).map((row) => closedGroup(window, row)));
  return tallyOf(firings, groups);
}

function closedGroup(window: string, row: Row): ClosedGroup {
  const cents = (name: string): number => Math.round(Number(row[name]) * 100);
  const group = (GROUP_FIELDS[window] ?? []).map((field) => String(row[field])).join('|');
  return {
    ...{ window, group, startMs: Number(row['window_start']), count: Number(row['count']), cards: Number(row['cards']) },
    ...{ sum: cents('sum'), min: cents('min'), max: cents('max') },
    ...{ p50: Number(row['p50']), p95: Number(row['p95']), p99: Number(row['p99']) },
  };
}
