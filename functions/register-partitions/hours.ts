import type { TablePartition } from '../../core/ports.ts';
import { LAKE_FOLDER } from '../../lake/delivery-format.ts';
import { landingPrefix, type PartitionName, partitionOf, partitionStartMs } from '../../lake/names.ts';

/** An hour of a table. */
export interface TableHour {
  readonly table: string;
  readonly partition: TablePartition;
}

const HOUR_MS = 3_600_000;
/** Object name of a landing file, whatever Firehose calls the file itself. */
const LANDING_OBJECT = /^([a-z][a-z0-9_]*)\/landing\/dt=(\d{4}-\d{2}-\d{2})\/hour=(\d{2})\/[^/]+$/;

/** The hour of `nowMs` (epoch ms) and the `ahead` hours after it, as partitions of a table with their landing folders. */
export function comingHours(table: string, nowMs: number, ahead: number): TablePartition[] {
  return Array.from({ length: ahead + 1 }, (_, i) => landingPartition(table, partitionOf(nowMs + i * HOUR_MS)));
}

/** The hour that an object of the lake bucket landed in; undefined for any other object. Keys may be URL-encoded, as in S3's own events. */
export function landedHourOf(objectKey: string): TableHour | undefined {
  return hourOf(objectKey) ?? hourOf(decoded(objectKey));
}

function hourOf(objectKey: string): TableHour | undefined {
  if (!objectKey.startsWith(LAKE_FOLDER)) return undefined;
  const [, table, dt, hour] = LANDING_OBJECT.exec(objectKey.slice(LAKE_FOLDER.length)) ?? [];
  if (table === undefined || dt === undefined || hour === undefined) return undefined;
  const startMs = partitionStartMs({ dt, hour });
  // A day or hour that no calendar has: 30 February would be read as 2 March.
  if (Number.isNaN(startMs) || partitionOf(startMs).dt !== dt || partitionOf(startMs).hour !== hour) return undefined;
  return { table, partition: landingPartition(table, { dt, hour }) };
}

function decoded(objectKey: string): string {
  try {
    return decodeURIComponent(objectKey.replaceAll('+', ' '));
  } catch {
    return '';
  }
}

function landingPartition(table: string, { dt, hour }: PartitionName): TablePartition {
  return { dt, hour, folder: `${landingPrefix(table)}dt=${dt}/hour=${hour}/` };
}
