import { expect } from 'vitest';
import { kindsRows, kindsTable } from '../../contract/kinds-table.ts';
import { HOUR_MS, LakeWorld } from './world.ts';

export const DAY_MS = 24 * HOUR_MS;
/** End of the hour that rows 0 to 24 fall in; rows 25 to 49 fall in the next one, and rows 1250 to 1274 two days later. */
export const HOUR_END_MS = Date.parse('2026-03-01T01:00:00Z');
/** So many days that the hour's last moment lies ahead of the clock of this machine, by less than a day. */
export const KEPT_DAYS = Math.ceil((Date.now() - HOUR_END_MS) / DAY_MS);
export const LIMIT_MS = HOUR_END_MS + KEPT_DAYS * DAY_MS;
export const MANIFEST = 'kinds/manifest/dt=2026-03-01/hour=00.json';
export const CALLS_MAX = 80;

export const idsOf = (from: number, to: number): string[] =>
  kindsRows(from, to)
    .map(({ id }) => String(id))
    .sort();
export const LATER = idsOf(1250, 1255);
export const ALL = [...idsOf(0, 20), ...LATER].sort();

/** Two published hours, the first one with a landing file since, a moment before the first one is past its age. */
export async function aging(): Promise<LakeWorld> {
  const world = new LakeWorld({ ...kindsTable, keptDays: KEPT_DAYS });
  world.nowMs = LIMIT_MS - 1;
  await world.land([...kindsRows(0, 10), ...kindsRows(1250, 1255)]);
  expect((await world.compact()).failed).toEqual([]);
  await world.land(kindsRows(10, 20));
  return world;
}

export const hoursOf = async (world: LakeWorld): Promise<string[]> =>
  (await world.catalogue.list('kinds', '0000-01-01', '9999-12-31')).map(({ dt, hour }) => `${dt} ${hour}`);
export const keysOfHour = async (world: LakeWorld): Promise<string[]> =>
  (await world.keys()).filter((key) => key.includes('dt=2026-03-01/hour=00'));
export const readCatalogue = async (world: LakeWorld): Promise<string[]> =>
  (await world.readThroughCatalogue()).map(({ id }) => String(id)).sort();
