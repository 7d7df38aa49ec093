import { KinesisClient } from '@aws-sdk/client-kinesis';
import { describe, expect, test } from 'vitest';
import { ServiceError } from '../../../functions/adapters/errors.ts';
import { KinesisProducer } from '../../../functions/adapters/kinesis-producer.ts';
import { KinesisShards } from '../../../functions/adapters/kinesis-shards.ts';
import { kinesisSource } from '../../../functions/adapters/kinesis-source.ts';
import { ensureStream } from '../../../local/stream/client.ts';
import { MemoryProducer } from '../../../local/stream/memory-producer.ts';
import { eventProducerContract } from '../../contract/event-producer.ts';
import { withEndpoint } from '../../local/endpoint/with-endpoint.ts';
import { jsonService, patientRetry, type ServiceReply } from './json-server.ts';
import { eventsOf } from './stream-events.ts';

eventProducerContract('memory', async () => {
  const producer = new MemoryProducer();
  return { producer, arrived: async () => producer.sent };
});

eventProducerContract('local endpoint', async () => {
  const { client } = await withEndpoint();
  await ensureStream(client, 'events', 3);
  const producer = new KinesisProducer({ client, stream: 'events', clock: () => 0, retry: patientRetry() });
  return { producer, arrived: () => eventsOf(kinesisSource(client, 'events')) };
});

interface SentRecord {
  readonly Data: string;
  readonly PartitionKey: string;
  readonly ExplicitHashKey?: string;
}

const HALF = 2n ** 127n;
const SHARDS = [
  { ShardId: 'shardId-000000000000', HashKeyRange: { StartingHashKey: '0', EndingHashKey: String(HALF - 1n) } },
  { ShardId: 'shardId-000000000001', HashKeyRange: { StartingHashKey: String(HALF), EndingHashKey: String(2n ** 128n - 1n) } },
].map((shard) => ({ ...shard, SequenceNumberRange: { StartingSequenceNumber: '0' } }));

/** A stream of two shards; `refuse` gives the error code of a record, or undefined to take it. */
async function openStream(refuse: (record: SentRecord, call: number) => string | undefined, attemptsMax = 6) {
  const taken: string[] = [];
  const service = await jsonService(({ operation, input, count }): ServiceReply => {
    if (operation === 'ListShards') return { output: { Shards: SHARDS } };
    const records = (input['Records'] as SentRecord[]).map((record) => {
      const code = refuse(record, count);
      if (code !== undefined) return { ErrorCode: code, ErrorMessage: 'later' };
      taken.push(record.Data);
      return { SequenceNumber: String(taken.length), ShardId: 's' };
    });
    return { output: { Records: records } };
  });
  const retry = patientRetry(attemptsMax);
  let nowMs = 0;
  const client = new KinesisClient(service.settings);
  const producer = new KinesisProducer({ client, stream: 'events', clock: () => nowMs, retry });
  return { ...service, producer, retry, taken, client, pass: (ms: number) => (nowMs += ms) };
}

const large = (key: string, fill: number): { partitionKey: string; data: Buffer } => ({
  partitionKey: key,
  data: Buffer.alloc(300_000, fill),
});

describe('records that a call refuses', () => {
  test('are sent again, only those, and nothing of the same shard overtakes them', async () => {
    const { producer, calls, taken, retry } = await openStream((record, call) =>
      record.Data.startsWith(Buffer.alloc(3, 1).toString('base64')) && call < 3 ? 'ProvisionedThroughputExceededException' : undefined,
    );
    // By its MD5, 'a' belongs to the first shard and 'b' to the second; each event is too large to share a record.
    await producer.send([large('a', 1), large('a', 2), large('b', 3), large('a', 4), large('b', 5)]);
    const fills = taken.map((data) => Buffer.from(data.slice(0, 4), 'base64')[0]);
    expect(fills.filter((fill) => [1, 2, 4].includes(fill ?? 0))).toEqual([1, 2, 4]);
    expect(fills.filter((fill) => [3, 5].includes(fill ?? 0))).toEqual([3, 5]);
    expect(retry.waits.length).toBe(2);
    for (const call of calls.filter(({ operation }) => operation === 'PutRecords')) {
      expect((call.input['Records'] as SentRecord[]).length).toBeLessThanOrEqual(2);
    }
  });

  test('hold back events that were handed in later', async () => {
    const { producer, taken } = await openStream((_, call) => (call === 1 ? 'ProvisionedThroughputExceededException' : undefined));
    await Promise.all(['first', 'second'].map((text) => producer.send([{ partitionKey: 'a', data: Buffer.from(text) }])));
    expect(taken.map((data) => Buffer.from(data, 'base64').toString())).toEqual(['first', 'second']);
  });

  test('for good are a retriable error, and what was queued is not sent later', async () => {
    const { producer, calls } = await openStream(() => 'ProvisionedThroughputExceededException', 3);
    const failure = await producer.send([large('a', 1), large('a', 2)]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServiceError);
    expect(failure).toMatchObject({ fault: 'THROTTLED' });
    expect(calls.filter(({ operation }) => operation === 'PutRecords')).toHaveLength(3);
  });
});

test('small events of a shard share a record, a lone event goes as it is', async () => {
  const { producer, calls } = await openStream(() => undefined);
  await producer.send(Array.from({ length: 400 }, (_, i) => ({ partitionKey: `key-${i}`, data: Buffer.from('small') })));
  await producer.send([{ partitionKey: 'alone', data: Buffer.from('plain') }]);
  const puts = calls.filter(({ operation }) => operation === 'PutRecords').map(({ input }) => input['Records'] as SentRecord[]);
  expect(puts.map((records) => records.length)).toEqual([2, 1]);
  expect(puts[0]?.map(({ ExplicitHashKey }) => ExplicitHashKey)).toEqual(['0', String(HALF)]);
  expect(puts[1]?.[0]).toEqual({ PartitionKey: 'alone', Data: Buffer.from('plain').toString('base64') });
});

test('the list of shards is asked for again when it is a minute old', async () => {
  const { producer, counts, pass } = await openStream(() => undefined);
  const event = { partitionKey: 'a', data: Buffer.from('x') };
  await producer.send([event]);
  pass(60_000);
  await producer.send([event]);
  expect(counts()['ListShards']).toBe(1);
  pass(1);
  await producer.send([event]);
  expect(counts()['ListShards']).toBe(2);
});

test('a throttled list of shards is asked for again', async () => {
  const { settings, counts } = await jsonService(({ count }) =>
    count <= 2 ? { error: 'LimitExceededException' } : { output: { Shards: SHARDS } },
  );
  const shards = new KinesisShards({ client: new KinesisClient(settings), stream: 'events', retry: patientRetry() });
  expect(await shards.list()).toHaveLength(2);
  expect(counts()).toEqual({ ListShards: 3 });
});
