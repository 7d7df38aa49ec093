import { describe, expect, test } from 'vitest';
import { kindsRows } from '../../contract/kinds-table.ts';
import { type Death, DoomedPorts, FIRST_HOUR, HOUR_MS, KEPT_MS, LakeWorld } from './world.ts';

const idsOf = (from: number, to: number): string[] =>
  kindsRows(from, to)
    .map(({ id }) => String(id))
    .sort();
const CALLS_MAX = 60;

/** A lake with a published generation of rows 0 to 9, and a landing file with rows 5 to 19. */
async function halfCompacted(): Promise<LakeWorld> {
  const world = new LakeWorld();
  await world.land(kindsRows(0, 10));
  const { failed } = await world.compact();
  expect(failed).toEqual([]);
  await world.land(kindsRows(5, 20));
  return world;
}

/** What must hold whenever a process has died: all rows are read, and engines that know the catalogue only see one whole generation. */
async function expectReadable(world: LakeWorld): Promise<void> {
  expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
  const seen = (await world.readThroughCatalogue()).map(({ id }) => String(id)).sort();
  expect([JSON.stringify(idsOf(0, 10)), JSON.stringify(idsOf(0, 20))]).toContain(JSON.stringify(seen));
}

/** What must hold once others have gone on: the new generation is published, and nothing is left over. */
async function expectTidy(world: LakeWorld): Promise<void> {
  expect((await world.compact()).failed).toEqual([]);
  world.nowMs += 7 * HOUR_MS;
  await world.sweep();
  expect((await world.readThroughCatalogue()).map(({ id }) => String(id)).sort()).toEqual(idsOf(0, 20));
  const { generations, attempts } = await world.manifest();
  expect(attempts).toEqual([]);
  const owned = new Set(generations.map(({ number }) => `gen=${number}`));
  for (const key of await world.keys('landing', 'manifest')) expect(owned).toContain(key.split('/')[1]);
  world.nowMs += 2 * KEPT_MS;
  await world.sweep();
  await world.sweep();
  expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
  const { number = 0 } = generations.at(-1) ?? {};
  expect(await world.keys()).toEqual([
    `kinds/gen=${number}/dt=2026-03-01/hour=00/_receipt.json`,
    `kinds/gen=${number}/dt=2026-03-01/hour=00/part-00000.parquet`,
    'kinds/manifest/dt=2026-03-01/hour=00.json',
  ]);
}

describe('a process that dies in compaction', () => {
  test.each<Death>(['before', 'after'])(
    'leaves the old generation or the new one whole, and only what a sweep removes: %s each of its calls',
    async (death) => {
      let deaths = 0;
      for (let at = 0; at < CALLS_MAX; at += 1) {
        const world = await halfCompacted();
        const doom = new DoomedPorts(at, death);
        await world.compact(world.ports(doom.around)).catch(() => undefined);
        if (!doom.hasDied) break;
        deaths += 1;
        await expectReadable(world);
        await expectTidy(world);
      }
      // Reading the state, a number, files, the reading back, the receipt, the manifest, the catalogue.
      expect(deaths).toBeGreaterThan(12);
      expect(deaths).toBeLessThan(CALLS_MAX);
    },
    300_000,
  );

  test('may die in the recovery, too: any two deaths', async () => {
    // A fixed stride through the pairs of calls: each first call is met, with second calls all over.
    for (let pair = 0; pair < 24; pair += 1) {
      const world = await halfCompacted();
      const first = new DoomedPorts(pair % 16, pair % 2 === 0 ? 'before' : 'after');
      await world.compact(world.ports(first.around)).catch(() => undefined);
      const second = new DoomedPorts((pair * 7) % 19, pair % 3 === 0 ? 'before' : 'after');
      await world.compact(world.ports(second.around)).catch(() => undefined);
      await expectReadable(world);
      await expectTidy(world);
    }
  }, 300_000);

  test('may die in a sweep', async () => {
    for (const death of ['before', 'after'] as const) {
      for (let at = 0; at < CALLS_MAX; at += 1) {
        const world = await halfCompacted();
        const crashed = new DoomedPorts(9, 'after');
        await world.compact(world.ports(crashed.around)).catch(() => undefined);
        expect((await world.compact()).failed).toEqual([]);
        world.nowMs += 2 * KEPT_MS;
        const doom = new DoomedPorts(at, death);
        await world.sweep(world.ports(doom.around)).catch(() => undefined);
        if (!doom.hasDied) break;
        expect(at).toBeLessThan(CALLS_MAX - 1);
        await expectReadable(world);
        await expectTidy(world);
      }
    }
  }, 300_000);
});

test('two processes that compact one partition at once publish one generation, and the other one leaves nothing', async () => {
  const world = await halfCompacted();
  const ends = await Promise.all([world.compact(), world.compact(), world.compact()]);
  const compacted = ends.flatMap((end) => end.compacted);
  const failed = ends.flatMap((end) => end.failed).map(({ error }) => String(error));
  expect(compacted.length).toBeGreaterThan(0);
  for (const error of failed) expect(error).toContain('PARTITION_CHANGED');
  const { generations, attempts } = await world.manifest(FIRST_HOUR);
  expect(attempts).toEqual([]);
  const numbers = generations.map(({ number }) => `gen=${number}`);
  const folders = new Set((await world.keys('landing', 'manifest')).map((key) => key.split('/')[1]));
  expect([...folders].sort()).toEqual(numbers);
  await expectReadable(world);
});
