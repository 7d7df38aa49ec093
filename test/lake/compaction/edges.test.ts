import { describe, expect, test } from 'vitest';
import type { ObjectStore, Row } from '../../../core/ports.ts';
import { readTable } from '../../../lake/generations/state.ts';
import { kindsRows } from '../../contract/kinds-table.ts';
import { HOUR_MS, LakeWorld } from './world.ts';

const DAY_MS = 24 * HOUR_MS;

describe('a reader that meets the first compaction of an hour', () => {
  /** The store as a reader sees it for whom `work` is done between listing manifests and listing files. */
  const meeting = (store: ObjectStore, work: () => Promise<unknown>): ObjectStore =>
    Object.assign(Object.create(store) as ObjectStore, {
      list: async (prefix: string) => {
        const found = await store.list(prefix);
        if (prefix.endsWith('/manifest/')) await work();
        return found;
      },
    });

  test('does not take its manifest for lost, though it was not there when manifests were listed', async () => {
    const world = new LakeWorld();
    await world.land(kindsRows(0, 10));
    const [state] = await readTable(
      meeting(world.store, () => world.compact()),
      'kinds',
    );
    expect(state?.damage).toBeUndefined();
    expect(state?.manifest?.value.generations).toHaveLength(1);
  });

  test('does so neither while the try is at work', async () => {
    const world = new LakeWorld();
    await world.land(kindsRows(0, 10));
    const dying = (): Promise<unknown> =>
      world.compact(
        world.ports((ports) => ({ ...ports, objects: Object.assign(Object.create(ports.objects) as ObjectStore, { put: hang }) })),
      );
    const hang = (): Promise<void> => Promise.reject(new Error('its receipt is not written yet'));
    const begun = meeting(world.store, async () => {
      await dying();
      await world.store.put('kinds/gen=1/dt=2026-03-01/hour=00/part-00000.parquet', Buffer.from('being written'));
    });
    const [state] = await readTable(begun, 'kinds');
    expect([state?.damage, state?.manifest?.value.generations]).toEqual([undefined, []]);
  });
});

test('a generation that a clock gone back publishes does not make the one before look replaced long ago', async () => {
  const world = new LakeWorld();
  await world.land(kindsRows(0, 5));
  await world.compact();
  const rightMs = world.nowMs;
  world.nowMs = rightMs - 30 * DAY_MS;
  await world.land(kindsRows(5, 10));
  await world.compact();
  world.nowMs = rightMs + 1;
  await world.sweep();
  expect((await world.manifest()).generations.map(({ number, publishedMs }) => [number, publishedMs])).toEqual([
    [1, rightMs],
    [2, rightMs],
  ]);
});

describe('an hour', () => {
  test.each<[string, readonly Row[][], number, number]>([
    ['of one row', [kindsRows(0, 1)], 1, 0],
    ['of one row that landed five times', Array.from({ length: 5 }, () => kindsRows(0, 1)), 1, 4],
    ['of rows that are all there already', [kindsRows(0, 9), kindsRows(0, 9)], 9, 9],
  ])('%s is compacted to its rows, once', async (_name, landings, rows, repeatsDropped) => {
    const world = new LakeWorld();
    for (const one of landings) await world.land(one);
    expect((await world.compact()).compacted).toMatchObject([{ rows, repeatsDropped, filesAfter: 1 }]);
    expect((await world.compact()).compacted).toEqual([]);
    expect((await world.read()).ids).toHaveLength(rows);
    await world.land(landings[0] ?? []);
    expect((await world.compact()).compacted).toMatchObject([{ rows, generation: 2 }]);
  });

  test('ends where the next one begins: rows of the last and first millisecond stay apart', async () => {
    const world = new LakeWorld();
    const [first, second] = kindsRows(0, 2);
    const atMs = Date.parse('2026-03-01T01:00:00Z');
    await world.land([
      { ...first, at: atMs - 1 },
      { ...second, at: atMs },
    ]);
    const { compacted } = await world.compact();
    expect(compacted.map(({ partition, rows }) => [partition.hour, rows])).toEqual([
      ['00', 1],
      ['01', 1],
    ]);
  });
});
