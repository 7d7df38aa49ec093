import { expect, test } from 'vitest';
import { RetriableError } from '../../../core/errors.ts';
import type { ObjectStore } from '../../../core/ports.ts';
import { compactPartition } from '../../../lake/compaction/partition.ts';
import { restOf } from '../../../lake/compaction/plan.ts';
import type { CompactionPorts } from '../../../lake/compaction/ports.ts';
import { replacePartition } from '../../../lake/compaction/replace.ts';
import { readPartition } from '../../../lake/generations/state.ts';
import { kindsRows } from '../../contract/kinds-table.ts';
import { idsOf, messages, published } from './story.ts';
import { FIRST_HOUR, HOUR_MS, type LakeWorld } from './world.ts';

/** Ports of a process that writes slowly: another one publishes the hour meanwhile. */
function overtaken(world: LakeWorld): CompactionPorts {
  return world.ports((ports) => ({
    ...ports,
    writer: {
      clear: () => ports.writer.clear(),
      write: async (table, inputs) => {
        const written = await ports.writer.write(table, inputs);
        expect(messages(await world.compact())).toEqual([]);
        return written;
      },
    },
  }));
}

/** What the loser of a race must leave of itself: nothing. */
async function expectNothingLeft(world: LakeWorld): Promise<void> {
  const manifest = await world.manifest();
  expect(manifest.attempts).toEqual([]);
  const owned = manifest.generations.map(({ number }) => `gen=${number}`);
  const folders = new Set((await world.keys('landing', 'manifest')).map((key) => key.split('/')[1]));
  expect([...folders].sort()).toEqual(owned);
}

test('compactions that lose the race to publish leave nothing, and are not taken for tries that were cut off', async () => {
  const world = await published();
  for (let race = 0; race < 3; race += 1) {
    await world.land(kindsRows(20 + race, 21 + race));
    const state = await readPartition(world.store, 'kinds', FIRST_HOUR);
    await expect(compactPartition(overtaken(world), world.table, state)).rejects.toThrow(/^PARTITION_CHANGED/);
    await expectNothingLeft(world);
  }
  expect(restOf(await world.manifest(), world.nowMs + HOUR_MS / 2)).toBeUndefined();
  expect(await world.read()).toEqual({ ids: idsOf(0, 23), warnings: [] });
});

test('a replacement that loses the race leaves nothing', async () => {
  const world = await published();
  const state = await readPartition(world.store, 'kinds', FIRST_HOUR);
  const replacement = { inputs: [], origin: 'backfill/one' };
  await expect(replacePartition(overtaken(world), world.table, state, replacement)).rejects.toThrow(/^PARTITION_CHANGED/);
  await expectNothingLeft(world);
  expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
});

test('a generation that was published though the answer was lost keeps its files', async () => {
  const world = await published();
  const state = await readPartition(world.store, 'kinds', FIRST_HOUR);
  let isLost = false;
  const silent = world.ports((ports) => ({
    ...ports,
    objects: Object.assign(Object.create(ports.objects) as ObjectStore, {
      putIf: async (...args: Parameters<ObjectStore['putIf']>) => {
        const version = await ports.objects.putIf(...args);
        if (isLost || !Buffer.from(args[1]).toString().includes('"number": 2,\n    "publishedMs"')) return version;
        isLost = true;
        throw new RetriableError('the answer is lost');
      },
    }),
  }));
  await expect(compactPartition(silent, world.table, state)).rejects.toThrow('the answer is lost');
  expect((await world.manifest()).generations).toHaveLength(2);
  expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
});
