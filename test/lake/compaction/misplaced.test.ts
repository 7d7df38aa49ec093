import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { setAside } from '../../../lake/compaction/aside.ts';
import { kindsRows } from '../../contract/kinds-table.ts';
import { idsOf, messages, published } from './story.ts';
import type { LakeWorld } from './world.ts';

const MISPLACED = 'kinds/landing/dt=2026-03-01/hour=01/copy.parquet';

/** Copies the landing file that came last into another folder. */
async function copyLast(world: LakeWorld, to: string): Promise<void> {
  const last = (await world.keys('gen', 'manifest')).filter((key) => key.includes('hour=00')).at(-1) ?? '';
  await world.store.put(to, readFileSync(join(world.lakeDir, last)));
}

test('a landing file in the folder of another hour stops that hour by name; set aside, the hour goes on', async () => {
  const world = await published();
  await world.land(kindsRows(25, 30));
  await copyLast(world, MISPLACED);
  const run = await world.compact();
  expect(messages(run)).toEqual([
    expect.stringMatching(
      /^SCHEMA_MISMATCH: kinds\/landing\/dt=2026-03-01\/hour=01\/copy\.parquet has 10 rows whose at is not in 2026-03-01 hour 01.* --set-aside /,
    ),
  ]);
  expect(run.compacted.map(({ partition }) => partition.hour)).toEqual(['00']);
  await setAside({ objects: world.store, files: world.store }, MISPLACED);
  expect((await world.compact()).compacted).toMatchObject([{ rows: 5, repeatsDropped: 0 }]);
  expect((await world.readThroughCatalogue()).map(({ id }) => String(id)).sort()).toEqual([...idsOf(0, 20), ...idsOf(25, 30)].sort());
});

test('a file that lands misplaced beside a published generation is found as well', async () => {
  const world = await published();
  await world.land(kindsRows(25, 30));
  await world.compact();
  await copyLast(world, MISPLACED);
  expect(messages(await world.compact())).toEqual([expect.stringMatching(/^SCHEMA_MISMATCH: .*copy\.parquet has 10 rows/)]);
  expect((await world.manifest({ dt: '2026-03-01', hour: '01' })).generations).toHaveLength(1);
});

test('a folder of no hour that there is belongs to no table', async () => {
  const world = await published();
  await copyLast(world, 'kinds/landing/dt=2026-13-45/hour=99/copy.parquet');
  const { compacted, failed } = await world.compact();
  expect([compacted.map(({ partition }) => partition), failed]).toEqual([[{ dt: '2026-03-01', hour: '00' }], []]);
  expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
});
