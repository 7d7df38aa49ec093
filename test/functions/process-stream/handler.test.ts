import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { compilePlan } from '../../../core/plan.ts';
import { writtenItem } from '../../../functions/adapters/dynamo-items.ts';
import { createProcessStream, type ProcessStream } from '../../../functions/process-stream/handler.ts';
import { createRowBuilder } from '../../../lake/rows.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { paymentsWorld, transaction } from '../payments-world.ts';
import { recordOf, sequenceAt, tablesOfLake, type World } from '../world.ts';

const SHARD = 'shardId-000000000000';
const OTHER = 'shardId-000000000001';

/** A processor over the state and the lake of a world, without rules, for another stream or of another build. */
function processorOver(world: World, { streamEpoch = '1', version = pipeline.version, nowMs = world.nowMs }): ProcessStream {
  const build = { ...pipeline, version };
  return createProcessStream({
    ...{
      plan: compilePlan(build),
      rows: createRowBuilder(build),
      store: world.store,
      delivery: world.lake,
      clock: () => nowMs,
      streamEpoch,
    },
    rules: { current: async () => '', of: async () => undefined },
    parentsOf: async () => [],
  });
}

async function countersOf(world: World, shardId: string, streamEpoch = '1'): Promise<Record<string, number>> {
  const item = (await world.store.query(`shards#${streamEpoch}`)).find(({ sk }) => sk === shardId);
  return (JSON.parse(item?.body ?? '{}') as { counters: Record<string, number> }).counters;
}

test('a batch without records is done, and writes nothing', async () => {
  const world = paymentsWorld();
  expect(await world.process({ Records: [] })).toEqual({ batchItemFailures: [] });
  expect(world.faults.calls).toBe(0);
});

test('the sequence numbers of a stream that was made again count anew, its repeats of known events do not', async () => {
  const world = paymentsWorld();
  await world.process({ Records: [recordOf(SHARD, 900, [transaction('a', 0)])] });
  const records = [recordOf(SHARD, 1, [transaction('a', 0)]), recordOf(SHARD, 2, [transaction('b', 1)])];
  await processorOver(world, { streamEpoch: '2' })({ Records: records });
  expect(await countersOf(world, SHARD)).toMatchObject({ seen: 1, accepted: 1 });
  expect(await countersOf(world, SHARD, '2')).toMatchObject({ seen: 2, accepted: 1, duplicate: 1 });
});

test('a call whose time is up names the first record left; the next call goes on from there', async () => {
  const world = paymentsWorld();
  const process = processorOver(world, {});
  const records = Array.from({ length: 5 }, (_, n) =>
    recordOf(
      SHARD,
      n + 1,
      Array.from({ length: 1_000 }, (_, i) => transaction(`e${n}-${i}`, n, { customer_id: `c${i % 50}` })),
    ),
  );
  expect(await process({ Records: records }, world.nowMs - 1)).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceAt(5) }] });
  expect((await countersOf(world, SHARD))['accepted']).toBe(4_096);
  expect(await process({ Records: records.slice(4) }, world.nowMs - 1)).toEqual({ batchItemFailures: [] });
  expect(await countersOf(world, SHARD)).toMatchObject({ seen: 5_000, accepted: 5_000 });
});

test('a build older than the definition on record fails the batch and changes nothing', async () => {
  const world = paymentsWorld();
  await processorOver(world, { version: pipeline.version + 1 })({ Records: [recordOf(SHARD, 1, [transaction('a', 0)])] });
  const before = [await world.store.query('shards#1'), tablesOfLake(world.lake.tables)];
  const older = processorOver(world, {});
  await expect(older({ Records: [recordOf(SHARD, 2, [transaction('b', 1)])] })).rejects.toMatchObject({ name: 'OutdatedBuildError' });
  expect([await world.store.query('shards#1'), tablesOfLake(world.lake.tables)]).toEqual(before);
});

test('events of a key on a shard that is not its own are processed, and counted as misrouted', async () => {
  const world = paymentsWorld();
  await world.process({ Records: [recordOf(SHARD, 1, [transaction('a', 0)])] });
  const events = [transaction('b', 1), transaction('c', 2, { customer_id: 'c2' }), transaction('a', 0)];
  await world.process({ Records: [recordOf(OTHER, 1, events)] });
  expect(await countersOf(world, OTHER)).toMatchObject({ seen: 3, accepted: 2, duplicate: 1, misrouted: 2 });
  expect(tablesOfLake(world.lake.tables)['transactions']).toHaveLength(3);
});

test.each([2, 3, 4, 5, 6, 7])(
  'when a begun batch fails at call %d and its records leave the stream, the next batch goes on',
  async (call) => {
    const world = paymentsWorld();
    await world.process({ Records: [recordOf(SHARD, 1, [transaction('a', 0)])] });
    world.faults.failAt = world.faults.calls + call;
    await expect(world.process({ Records: [recordOf(SHARD, 2, [transaction('b', 1)])] })).rejects.toThrow('planned fault');
    world.faults.failAt = world.faults.calls + 100;
    expect(await world.restart()({ Records: [recordOf(SHARD, 3, [transaction('c', 2)])] })).toEqual({ batchItemFailures: [] });
    expect(await countersOf(world, SHARD)).toMatchObject({ seen: 2, accepted: 2 });
  },
);

test('thousands of long ids of one key in one record fit into items, and are known when they come again', async () => {
  const world = paymentsWorld();
  const id = (i: number): string => createHash('sha512').update(String(i)).digest('hex');
  const record = recordOf(
    SHARD,
    1,
    Array.from({ length: 3_000 }, (_, i) => transaction(id(i), i % 600)),
  );
  const { put } = world.store;
  let largest = 0;
  world.store.put = (writes) => {
    for (const write of writes) largest = Math.max(largest, writtenItem(write).bytes);
    return put.call(world.store, writes);
  };
  await world.process({ Records: [record] });
  await world.restart()({ Records: [{ ...record, kinesis: { ...record.kinesis, sequenceNumber: sequenceAt(2) } }] });
  expect(await countersOf(world, SHARD)).toMatchObject({ seen: 6_000, accepted: 3_000, duplicate: 3_000 });
  expect(largest).toBeLessThan(150_000);
});
