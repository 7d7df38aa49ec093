import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compactPartition } from '../../../lake/compaction/partition.ts';
import { manifestBytes, parseManifest, withAttempt } from '../../../lake/generations/manifest.ts';
import { readPartition, readTable } from '../../../lake/generations/state.ts';
import { kindsRows } from '../../contract/kinds-table.ts';
import { idsOf, MANIFEST, messages, published } from './story.ts';
import { FIRST_HOUR, HOUR_MS, KEPT_MS, type LakeWorld } from './world.ts';

const GENERATION_2 = 'kinds/gen=2/dt=2026-03-01/hour=00/';

/** Rows 0 to 19 in generation 2, whose landing files are gone; and the bytes of the manifest before its try began. */
async function replaced(): Promise<{ readonly world: LakeWorld; readonly before: Buffer; readonly path: string }> {
  const world = await published();
  const path = join(world.lakeDir, MANIFEST);
  const before = readFileSync(path);
  expect(messages(await world.compact())).toEqual([]);
  world.nowMs += KEPT_MS + 2 * HOUR_MS;
  await world.sweep();
  expect(await world.keys('gen', 'manifest')).toEqual([]);
  return { world, before, path };
}

test('a manifest from before a generation is damaged: nothing is swept, queries see the newest generation, --repair goes on', async () => {
  const { world, before, path } = await replaced();
  writeFileSync(path, before);
  expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [expect.stringContaining('older than its generations')] });
  expect(messages(await world.compact())).toEqual([
    expect.stringMatching(/^MANIFEST_DAMAGED: kinds\/manifest.*number 2 .* generation 2 is there.*Run headrace compact --repair.*, or put/),
  ]);
  world.nowMs += KEPT_MS + 2 * HOUR_MS;
  expect((await world.sweep()).filesRemoved).toBe(0);
  const repaired = await world.compact(world.ports(), true);
  expect([repaired.repaired, messages(repaired)]).toEqual([1, []]);
  expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
});

test('whoever reads one hour alone does not write over the generation that an outdated manifest does not know', async () => {
  const world = await published();
  const path = join(world.lakeDir, MANIFEST);
  const before = readFileSync(path);
  await world.compact();
  writeFileSync(path, before);
  await world.land(kindsRows(20, 22));
  const files = async (): Promise<unknown> =>
    (await world.store.list(GENERATION_2)).map(({ key }) => readFileSync(join(world.lakeDir, key)));
  const kept = await files();
  const state = await readPartition(world.store, 'kinds', FIRST_HOUR);
  await expect(compactPartition(world.ports(), world.table, state)).rejects.toThrow(/^MANIFEST_DAMAGED: .*older than its generations/);
  expect(await files()).toEqual(kept);
  expect(readFileSync(path)).toEqual(before);
});

test('a manifest from after the try of a generation has begun does not have that generation swept', async () => {
  const { world, before, path } = await replaced();
  writeFileSync(path, manifestBytes(withAttempt(parseManifest(before, MANIFEST), world.nowMs).manifest));
  world.nowMs += KEPT_MS + 2 * HOUR_MS;
  await world.sweep();
  expect((await world.manifest()).attempts).toEqual([]);
  expect((await world.keys()).filter((key) => key.startsWith(GENERATION_2))).toHaveLength(2);
});

test('a generation that begins while the state is read does not make its manifest look outdated', async () => {
  const world = await published();
  let isDone = false;
  const objects = Object.assign(Object.create(world.store) as typeof world.store, {
    list: async (prefix: string) => {
      if (prefix === 'kinds/landing/' && !isDone) {
        isDone = true;
        await world.compact();
      }
      return world.store.list(prefix);
    },
  });
  const [state] = await readTable(objects, 'kinds');
  expect([isDone, state?.damage, state?.manifest?.value.generations.length]).toEqual([true, undefined, 2]);
});
