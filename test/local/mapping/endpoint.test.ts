import { type KinesisClient, MergeShardsCommand, PutRecordsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, test } from 'vitest';
import { kinesisSource } from '../../../functions/adapters/kinesis-source.ts';
import type { KinesisHandler, KinesisStreamEvent } from '../../../functions/kinesis-event.ts';
import { Checkpoints } from '../../../local/mapping/checkpoints.ts';
import { type Mapping, startMapping } from '../../../local/mapping/live.ts';
import { ensureStream, type StreamIdentity } from '../../../local/stream/client.ts';
import { withEndpoint } from '../endpoint/with-endpoint.ts';
import { MemoryStore } from './memory.ts';

const HALF = 2n ** 127n;
const shard = (n: number): string => `shardId-${String(n).padStart(12, '0')}`;

/** Puts numbered records into the lower half of the hash range and, told so, the upper half too. */
async function put(client: KinesisClient, from: number, to: number, isBothHalves: boolean): Promise<void> {
  const records = Array.from({ length: to - from }, (_, i) => ({
    PartitionKey: `k${from + i}`,
    ExplicitHashKey: String(isBothHalves && i % 2 === 1 ? HALF : 0n),
    Data: Buffer.from(String(from + i)),
  }));
  await client.send(new PutRecordsCommand({ StreamName: 'events', Records: records }));
}

async function mappingOver(client: KinesisClient, stream: StreamIdentity, store: MemoryStore, handler: KinesisHandler): Promise<Mapping> {
  const checkpoints = await Checkpoints.load(store, stream);
  const source = kinesisSource(client, 'events');
  return startMapping({ source, stream, checkpoints, handler, random: () => 0, batchSize: 7, pollMs: 5, listMs: 20, backoffMaxMs: 2 });
}

const shardOf = (event: KinesisStreamEvent): string => event.Records[0]?.eventID.split(':')[0] ?? '';
const numbersOf = (event: KinesisStreamEvent): number[] => event.Records.map(({ kinesis }) => Number(Buffer.from(kinesis.data, 'base64')));

async function resharded(client: KinesisClient, openShards: number): Promise<void> {
  const source = kinesisSource(client, 'events');
  while ((await source.shards()).filter(({ open }) => open).length !== openShards) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('mapping over the real endpoint', () => {
  test('records put before, during and after a split and a merge are read once each, parents first, under failures', async () => {
    const { client } = await withEndpoint();
    const stream = await ensureStream(client, 'events', 1);
    const done = new Map<string, number[]>();
    const order: string[] = [];
    let calls = 0;
    const mapping = await mappingOver(client, stream, new MemoryStore(), async (event) => {
      calls++;
      if (calls % 3 === 0) throw new Error('every third call fails');
      const middle = calls % 4 === 0 ? Math.floor(event.Records.length / 2) : event.Records.length;
      const failed = event.Records[middle]?.kinesis.sequenceNumber;
      const numbers = numbersOf(event).slice(0, middle);
      if (numbers.length > 0) order.push(shardOf(event));
      done.set(shardOf(event), [...(done.get(shardOf(event)) ?? []), ...numbers]);
      return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
    });
    await put(client, 0, 100, true);
    await client.send(new SplitShardCommand({ StreamName: 'events', ShardToSplit: shard(0), NewStartingHashKey: String(HALF) }));
    await resharded(client, 2);
    await put(client, 100, 200, true);
    await client.send(new MergeShardsCommand({ StreamName: 'events', ShardToMerge: shard(1), AdjacentShardToMerge: shard(2) }));
    await resharded(client, 1);
    await put(client, 200, 250, true);
    await mapping.stop({ drain: true });

    const numbers = (from: number, to: number, step = 1): number[] => Array.from({ length: (to - from) / step }, (_, i) => from + i * step);
    expect(done.get(shard(0))).toEqual(numbers(0, 100));
    expect(done.get(shard(1))).toEqual(numbers(100, 200, 2));
    expect(done.get(shard(2))).toEqual(numbers(101, 201, 2));
    expect(done.get(shard(3))).toEqual(numbers(200, 250));
    expect(order.lastIndexOf(shard(0))).toBeLessThan(Math.min(order.indexOf(shard(1)), order.indexOf(shard(2))));
    expect(Math.max(order.lastIndexOf(shard(1)), order.lastIndexOf(shard(2)))).toBeLessThan(order.indexOf(shard(3)));
    expect(mapping.stats.records).toBe(250);
    expect(mapping.stats.failedInvocations).toBeGreaterThan(0);
  });

  test('records that a stopped mapping had not done come to the next one, others do not', async () => {
    const { client } = await withEndpoint();
    const stream = await ensureStream(client, 'events', 1);
    const store = new MemoryStore();
    await put(client, 0, 20, false);
    let failures = 0;
    const first = await mappingOver(client, stream, store, async (event) => {
      const numbers = numbersOf(event);
      if (!numbers.includes(14)) return { batchItemFailures: [] };
      failures++;
      return { batchItemFailures: [{ itemIdentifier: event.Records[numbers.indexOf(14)]?.kinesis.sequenceNumber ?? '' }] };
    });
    while (failures < 3) await new Promise((resolve) => setTimeout(resolve, 2));
    await first.stop();
    expect(first.stats.records).toBe(14);

    const seen: number[] = [];
    const second = await mappingOver(client, stream, store, async (event) => {
      seen.push(...numbersOf(event));
      return { batchItemFailures: [] };
    });
    await put(client, 20, 25, false);
    await second.stop({ drain: true });
    expect(seen).toEqual(Array.from({ length: 11 }, (_, i) => 14 + i));
  });

  test('a first record put while its shard is being polled is never missed', async () => {
    const { client } = await withEndpoint();
    const stream = await ensureStream(client, 'events', 8);
    const seen: number[] = [];
    const mapping = await mappingOver(client, stream, new MemoryStore(), async (event) => {
      seen.push(...numbersOf(event));
      return { batchItemFailures: [] };
    });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    for (let n = 0; n < 8; n++) {
      const hash = (2n ** 128n / 8n) * BigInt(n);
      await client.send(
        new PutRecordsCommand({
          StreamName: 'events',
          Records: [{ PartitionKey: 'k', ExplicitHashKey: String(hash), Data: Buffer.from(String(n)) }],
        }),
      );
    }
    await mapping.stop({ drain: true });
    expect(seen.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
