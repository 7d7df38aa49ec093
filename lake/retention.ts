import { type PartitionName, partitionStartMs } from './names.ts';
import type { TableSchema } from './schema.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The moment (epoch ms) that hours begin at or before which are past the age that their table keeps; undefined if it keeps all. */
export function pastByMs({ keptDays }: Pick<TableSchema, 'keptDays'>, nowMs: number): number | undefined {
  return keptDays === undefined ? undefined : nowMs - keptDays * DAY_MS - HOUR_MS;
}

/** Whether the end of an hour lies as many days back as its table keeps rows, or more. */
export function isPast(table: Pick<TableSchema, 'keptDays'>, partition: PartitionName, nowMs: number): boolean {
  const byMs = pastByMs(table, nowMs);
  return byMs !== undefined && partitionStartMs(partition) <= byMs;
}
