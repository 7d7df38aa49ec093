import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { kindsRows } from '../../contract/kinds-table.ts';
import { KEPT_MS, LakeWorld } from './world.ts';

/** Generations published while readers read. */
const SWAPS = 12;
const READERS = 4;

test('queries that run all through swaps see an old generation or a new one whole, never a mix', async () => {
  const world = new LakeWorld();
  await world.land(kindsRows(0, 1));
  await world.compact();
  let isOver = false;
  const seen = new Set<number>();
  const read = async (): Promise<void> => {
    while (!isOver) {
      const { ids, warnings } = await world.read();
      expect(warnings).toEqual([]);
      expect(ids).toEqual(
        kindsRows(0, ids.length)
          .map(({ id }) => String(id))
          .sort(),
      );
      seen.add(ids.length);
    }
  };
  // As Athena reads: the catalogue says where, and then the files there.
  const readThroughCatalogue = async (): Promise<void> => {
    while (!isOver) {
      const ids = (await world.readThroughCatalogue()).map(({ id }) => Number(String(id).slice('row-'.length))).sort((a, b) => a - b);
      expect(ids).toEqual(Array.from({ length: ids.length }, (_, i) => i));
      // The store of a folder answers at once: others must have their turn.
      await setImmediate();
    }
  };
  const readers = [...Array.from({ length: READERS }, read), readThroughCatalogue()];
  try {
    for (let rows = 1; rows <= SWAPS; rows += 1) await swap(world, rows);
  } finally {
    isOver = true;
  }
  await Promise.all(readers);
  expect(seen.size).toBeGreaterThan(3);
  expect((await world.read()).ids).toHaveLength(SWAPS + 1);
}, 240_000);

async function swap(world: LakeWorld, rows: number): Promise<void> {
  // Each landing brings one row, and one that is there already.
  await world.land(kindsRows(rows - 1, rows + 1));
  expect((await world.compact()).failed).toEqual([]);
  world.nowMs += KEPT_MS / 4;
  await world.sweep();
}

test('what was published at a moment is read again while it is kept', async () => {
  const world = new LakeWorld();
  const moments: number[] = [];
  for (let rows = 1; rows <= 4; rows += 1) {
    await world.land(kindsRows(rows - 1, rows));
    world.nowMs = Date.now() + rows * 60_000;
    await world.compact();
    moments.push(world.nowMs);
    world.nowMs += 1_000;
    await world.sweep();
  }
  for (const [i, at] of moments.entries()) {
    // Landing files carry the time of this machine: all of them had landed by these moments, and generations say which counted.
    const { ids } = await world.read(at);
    expect(ids.length).toBeGreaterThanOrEqual(i + 1);
  }
  const { generations } = await world.manifest();
  expect(generations.map(({ tally }) => tally.rows)).toEqual([1, 2, 3, 4]);
});
