import { describe, expect, test } from 'vitest';
import type { KinesisRecord } from '../../functions/kinesis-event.ts';
import { paymentsWorld, transaction } from './payments-world.ts';
import { recordOf, tablesOfLake, type World } from './world.ts';

const SHARD = 'shardId-000000000000';

/** Calls that end a batch, retries included. */
const TRIES_MAX = 100;

describe('a key on two shards at once', () => {
  const OTHER = 'shardId-000000000001';
  const twins = (shardId: string): KinesisRecord[] =>
    Array.from({ length: 12 }, (_, i) =>
      recordOf(shardId, (shardId === SHARD ? 100 : 200) + i, [
        transaction(`e${i}`, i * 40, { customer_id: `c${i % 3}`, amount: `${30 + 4 * i}.00` }),
      ]),
    );

  async function settle(world: World, records: readonly KinesisRecord[]): Promise<void> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const isDone = await world.process({ Records: records }).then(
        () => true,
        () => false,
      );
      if (isDone) return;
    }
    throw new Error('the batch does not come to an end');
  }

  test('whichever shard swaps a profile first has its event; nothing is told of a verdict that was never made', async () => {
    let calls = Number.POSITIVE_INFINITY;
    for (let at = 1; at <= calls; at += 1) {
      const world = paymentsWorld();
      world.shards = [SHARD, OTHER].map((shardId) => ({ shardId, parents: [], open: true }));
      let wake = (): void => {};
      world.faults.wakeUp = new Promise((resolve) => {
        wake = resolve;
      });
      world.faults.failAt = at;
      const held = world.process({ Records: twins(SHARD) }).catch((error: unknown) => String(error));
      await new Promise((resolve) => setImmediate(resolve));
      if (calls === Number.POSITIVE_INFINITY) {
        const alone = paymentsWorld();
        await alone.process({ Records: twins(SHARD) });
        calls = alone.faults.calls;
      }
      // The other shard takes the keys in another cut, so that some profiles are its own and some not.
      await settle(world, twins(OTHER).slice(0, 7));
      wake();
      await held;
      await settle(world, twins(OTHER));
      await settle(world, twins(SHARD));
      expect(world.lake.conflicts, `held at ${at}`).toEqual([]);
      const rows = tablesOfLake(world.lake.tables);
      expect(rows['transactions']).toHaveLength(12);
      expect(rows['decisions']).toHaveLength(12);
      const items = await world.store.query('shards#1');
      for (const { sk, body } of items) {
        const { counters } = JSON.parse(body) as { counters: Record<string, number> };
        const lanes = (rows['archive'] ?? []).filter((row) => row.includes(sk) && row.includes('"kind":"record"'));
        expect(counters['accepted'], `held at ${at}`).toBe(lanes.filter((row) => row.includes('"lane":"accepted"')).length);
        expect(counters['duplicate']).toBe(lanes.filter((row) => row.includes('"lane":"duplicate"')).length);
      }
      expect(items).toHaveLength(2);
    }
    expect(calls).toBeGreaterThan(5);
  });
});
