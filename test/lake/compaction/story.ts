import { expect } from 'vitest';
import type { ObjectFiles } from '../../../core/ports.ts';
import { kindsRows } from '../../contract/kinds-table.ts';
import { LakeWorld } from './world.ts';

/** Ids of rows of the table, sorted. */
export const idsOf = (from: number, to: number): string[] =>
  kindsRows(from, to)
    .map(({ id }) => String(id))
    .sort();
/** Why hours failed. */
export const messages = ({ failed }: Awaited<ReturnType<LakeWorld['compact']>>): string[] =>
  failed.map(({ error }) => (error as Error).message);
/** The file of the first generation of the first hour. */
export const GENERATION = 'kinds/gen=1/dt=2026-03-01/hour=00/part-00000.parquet';
/** The manifest of the first hour. */
export const MANIFEST = 'kinds/manifest/dt=2026-03-01/hour=00.json';

/** Rows 0 to 9 published, rows 10 to 19 landed since. */
export async function published(): Promise<LakeWorld> {
  const world = new LakeWorld();
  await world.land(kindsRows(0, 10));
  expect(messages(await world.compact())).toEqual([]);
  await world.land(kindsRows(10, 20));
  return world;
}

/** Files whose methods may be replaced one by one. */
export const bound = (files: ObjectFiles): ObjectFiles => ({
  scratch: (name) => files.scratch(name),
  open: (key) => files.open(key),
  store: (key, path) => files.store(key, path),
  part: (key, from, to) => files.part(key, from, to),
  release: (paths) => files.release(paths),
});
