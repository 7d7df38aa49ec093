import { expect } from 'vitest';
import type { KinesisRecord } from '../../functions/kinesis-event.ts';
import { paymentsWorld, transaction } from './payments-world.ts';
import { recordOf, tablesOfLake, type WireEvent, type World } from './world.ts';

/** The one shard. */
export const SHARD = 'shardId-000000000000';

/** Calls that end any of the streams here, retries included. */
const TRIES_MAX = 300;

/** Runs the records in batches of the given sizes, retrying failed ones with a fresh instance, then closes everything. */
export async function runAll(world: World, records: readonly KinesisRecord[], sizes: readonly number[]): Promise<void> {
  let done = 0;
  for (let batch = 0; done < records.length; batch += 1) {
    if (batch > TRIES_MAX) throw new Error('the batches do not come to an end');
    const size = sizes[batch % sizes.length] ?? 1;
    const part = records.slice(done, done + size);
    try {
      const { batchItemFailures } = await world.process({ Records: part });
      expect(batchItemFailures).toEqual([]);
      done += part.length;
    } catch (error) {
      expect(String(error)).toMatch(/planned fault|tried again/);
      world.restart();
    }
  }
}

/** Closes everything, however many faults are planned. */
export async function closeAll(world: World): Promise<void> {
  for (let round = 0; round < TRIES_MAX; round += 1) {
    try {
      await world.close({ kind: 'end' });
      return;
    } catch (error) {
      expect(String(error)).toMatch(/planned fault/);
    }
  }
}

/** Counters of the shard. */
export async function countersOf(world: World): Promise<Record<string, number>> {
  const [item] = await world.store.query('shards#1');
  return (JSON.parse(item?.body ?? '{}') as { counters: Record<string, number> }).counters;
}

/** A stream with disorder, repeats, bad data, aggregates and labels. */
export function busyStream(): KinesisRecord[] {
  const events: (WireEvent | string)[][] = [];
  for (let i = 0; i < 60; i += 1) {
    const customer = `c${i % 4}`;
    const seconds = i * 40 + ((i * 37) % 50);
    events.push([transaction(`e${i}`, seconds, { customer_id: customer, terminal_id: `t${i % 3}`, amount: `${10 + i}.00` })]);
    if (i % 9 === 4)
      events.push([transaction(`e${i}`, seconds, { customer_id: customer, terminal_id: `t${i % 3}`, amount: `${10 + i}.00` })]);
    if (i % 11 === 5) events.push(['{"type":"transaction"']);
    if (i % 13 === 7) events.push([transaction(`k${i}`, seconds), transaction(`l${i}`, seconds + 5, { customer_id: 'c9' })]);
    if (i % 20 === 19) events.push([transaction(`late${i}`, seconds - 3000, { customer_id: customer })]);
  }
  return events.map((event, n) => recordOf(SHARD, n + 1, event));
}

/** Rows and counters of the stream in one batch, without a fault. */
export async function truth(): Promise<{ lake: Record<string, string[]>; counters: Record<string, number> }> {
  const world = paymentsWorld();
  await runAll(world, busyStream(), [1_000]);
  await closeAll(world);
  return { lake: tablesOfLake(world.lake.tables), counters: await countersOf(world) };
}
