import type { Clock, PartitionCatalogue, TablePartition } from '../../core/ports.ts';
import { isPast } from '../../lake/retention.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { comingHours, landedHourOf } from './hours.ts';

/** What the registration of hours needs from outside. */
export interface RegisterPartitionsPorts {
  readonly catalogue: PartitionCatalogue;
  /** Tables of the lake. */
  readonly tables: readonly Pick<TableSchema, 'name' | 'keptDays'>[];
  readonly clock: Clock;
  /** Hears of an object that is no landing file of one of the tables. */
  readonly onUnknown?: (objectKey: string) => void;
}

/** An event of the bus: a tick of the schedule, or an object that was made in the lake bucket. */
export interface BusEvent {
  readonly 'detail-type'?: string;
  readonly detail?: { readonly object?: { readonly key?: string } };
}

/** Registers hours and returns how many were not registered before. */
export type RegisterPartitions = (event: BusEvent) => Promise<number>;

/** Hours registered ahead: two may fail before a row comes for an hour that is not there, and then its file registers it. */
const HOURS_AHEAD = 3;
/** Hours remembered as registered; past that all are forgotten, which costs a call each. */
const KNOWN_MAX = 10_000;

/**
 * Makes the registration of hours: on a tick the current hour and the coming ones of all tables, on an object its own hour. Late events
 * land in old hours, so no schedule could know them all. One table that fails does not keep the others back; the first error is thrown.
 */
export function createRegisterPartitions(ports: RegisterPartitionsPorts): RegisterPartitions {
  // Firehose lands many files in one hour: most of them cost no call. An hour that someone removes by hand stays away until a restart.
  const known = new Set<string>();
  const register = async (table: string, partitions: readonly TablePartition[]): Promise<number> => {
    const fresh = partitions.filter(({ folder }) => !known.has(folder));
    if (fresh.length === 0) return 0;
    const count = await ports.catalogue.register(table, fresh);
    if (known.size + fresh.length > KNOWN_MAX) known.clear();
    for (const { folder } of fresh) known.add(folder);
    return count;
  };
  return async (event) => {
    const objectKey = event.detail?.object?.key;
    if (objectKey !== undefined) {
      const landed = landedHourOf(objectKey);
      const table = ports.tables.find(({ name }) => name === landed?.table);
      if (landed !== undefined && table !== undefined)
        // An hour that has left its table does not come back for what lands in it late.
        return isPast(table, landed.partition, ports.clock()) ? 0 : register(table.name, [landed.partition]);
      ports.onUnknown?.(objectKey);
      return 0;
    }
    const nowMs = ports.clock();
    const ends = await Promise.allSettled(ports.tables.map(({ name }) => register(name, comingHours(name, nowMs, HOURS_AHEAD))));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return ends.reduce((sum, end) => sum + (end.status === 'fulfilled' ? end.value : 0), 0);
  };
}
