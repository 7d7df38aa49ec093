import type { TablePartition } from '../../core/ports.ts';

/** Registered hours of one table, by day and hour. */
export type Hours = Map<string, TablePartition>;

/** Adds the hours that are not there yet and returns how many those were. */
export function registerHours(hours: Hours, partitions: readonly TablePartition[]): number {
  let registered = 0;
  for (const { dt, hour, folder } of partitions) {
    const key = `${dt} ${hour}`;
    if (hours.has(key)) continue;
    hours.set(key, { dt, hour, folder });
    registered += 1;
  }
  return registered;
}

/** Changes the folder of an hour that is there; false if it is not. */
export function swapHour(hours: Hours, { dt, hour, folder }: TablePartition): boolean {
  const key = `${dt} ${hour}`;
  if (!hours.has(key)) return false;
  hours.set(key, { dt, hour, folder });
  return true;
}

/** Takes hours out. */
export function removeHours(hours: Hours, gone: readonly Pick<TablePartition, 'dt' | 'hour'>[]): void {
  for (const { dt, hour } of gone) hours.delete(`${dt} ${hour}`);
}

/** Hours of the days `from` to `to`, both included, in order of time. */
export function hoursBetween(hours: Hours, from: string, to: string): TablePartition[] {
  return [...hours]
    .filter(([, { dt }]) => dt >= from && dt <= to)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, partition]) => ({ ...partition }));
}
