import {
  DescribeStreamSummaryCommand,
  type KinesisClient,
  MergeShardsCommand,
  PutRecordCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import { shardsOf } from '../../../functions/adapters/kinesis-shards.ts';
import { kinesisSource } from '../../../functions/adapters/kinesis-source.ts';
import { ensureStream, RETENTION_HOURS } from '../../../local/stream/client.ts';
import { withEndpoint } from '../endpoint/with-endpoint.ts';

const [S0, S1, S2, S3] = ['shardId-000000000000', 'shardId-000000000001', 'shardId-000000000002', 'shardId-000000000003'];
const HALF = 2n ** 127n;

async function put(client: KinesisClient, hash: bigint, text: string): Promise<string> {
  const answer = await client.send(
    new PutRecordCommand({ StreamName: 'events', PartitionKey: 'k', ExplicitHashKey: String(hash), Data: Buffer.from(text) }),
  );
  return answer.SequenceNumber ?? '';
}

async function openShards(client: KinesisClient, count: number): Promise<void> {
  const shards = shardsOf(kinesisSource(client, 'events'));
  while ((await shards.list()).filter((shard) => shard.open).length !== count) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('ensureStream', () => {
  test('a new stream keeps its data for a week', async () => {
    const { client } = await withEndpoint();
    const stream = await ensureStream(client, 'events', 3);
    expect(stream).toMatchObject({ name: 'events', openShards: 3, arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/events' });
    expect(stream.creationEpoch).toBeGreaterThan(1_600_000_000);
    const { StreamDescriptionSummary } = await client.send(new DescribeStreamSummaryCommand({ StreamName: 'events' }));
    expect(StreamDescriptionSummary?.RetentionPeriodHours).toBe(RETENTION_HOURS);
  });

  test('a stream that is there keeps its shards, whatever is asked for', async () => {
    const { client } = await withEndpoint();
    const first = await ensureStream(client, 'events', 2);
    expect(await ensureStream(client, 'events', 5)).toEqual(first);
  });

  test('a shard count below one is a usage error', async () => {
    const { client } = await withEndpoint();
    await expect(ensureStream(client, 'events', 0)).rejects.toThrow(UsageError);
  });
});

describe('shardsOf', () => {
  test('lists splits and merges with parents before children, open ones told apart', async () => {
    const { client } = await withEndpoint();
    await ensureStream(client, 'events', 1);
    await client.send(new SplitShardCommand({ StreamName: 'events', ShardToSplit: S0, NewStartingHashKey: String(HALF) }));
    await openShards(client, 2);
    await client.send(new MergeShardsCommand({ StreamName: 'events', ShardToMerge: S1, AdjacentShardToMerge: S2 }));
    await openShards(client, 1);
    expect(await shardsOf(kinesisSource(client, 'events')).list()).toEqual([
      { shardId: S0, parents: [], open: false },
      { shardId: S1, parents: [S0], open: false },
      { shardId: S2, parents: [S0], open: false },
      { shardId: S3, parents: [S1, S2], open: true },
    ]);
  });

  test('hasUnread is true exactly while a record lies past the sequence, which may be zero-padded', async () => {
    const { client } = await withEndpoint();
    await ensureStream(client, 'events', 2);
    const shards = shardsOf(kinesisSource(client, 'events'));
    expect(await shards.hasUnread(S0, undefined)).toBe(false);
    const first = await put(client, 0n, 'a');
    const second = await put(client, 0n, 'b');
    expect(await shards.hasUnread(S0, undefined)).toBe(true);
    expect(await shards.hasUnread(S0, first)).toBe(true);
    expect(await shards.hasUnread(S0, first.padStart(58, '0'))).toBe(true);
    expect(await shards.hasUnread(S0, second)).toBe(false);
    expect(await shards.hasUnread(S1, undefined)).toBe(false);
  });

  test('a closed shard that was read to its end has nothing unread', async () => {
    const { client } = await withEndpoint();
    await ensureStream(client, 'events', 1);
    const last = await put(client, 0n, 'a');
    await client.send(new SplitShardCommand({ StreamName: 'events', ShardToSplit: S0, NewStartingHashKey: String(HALF) }));
    await openShards(client, 2);
    const shards = shardsOf(kinesisSource(client, 'events'));
    expect(await shards.hasUnread(S0, undefined)).toBe(true);
    expect(await shards.hasUnread(S0, last)).toBe(false);
  });
});

describe('kinesisSource', () => {
  test('arrival is in ms, data in bytes, and a cursor at a sequence gives that record first', async () => {
    const { client } = await withEndpoint();
    await ensureStream(client, 'events', 1);
    const before = Date.now();
    await put(client, 0n, 'a');
    const second = await put(client, 0n, 'b');
    const source = kinesisSource(client, 'events');
    const page = await source.read(await source.cursor(S0 ?? '', { at: second }), 10);
    expect(page).toMatchObject({ atTip: true, records: [{ sequence: second, partitionKey: 'k' }] });
    expect(Buffer.from(page.records[0]?.data ?? []).toString()).toBe('b');
    expect(page.records[0]?.arrivalMs).toBeGreaterThanOrEqual(before - 1);
  });
});
