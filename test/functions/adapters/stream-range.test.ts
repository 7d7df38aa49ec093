import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { expect, test } from 'vitest';
import { kinesisSource } from '../../../functions/adapters/kinesis-source.ts';
import { streamRange } from '../../../functions/adapters/stream-range.ts';
import { ensureStream } from '../../../local/stream/client.ts';
import { withEndpoint } from '../../local/endpoint/with-endpoint.ts';

const SHARD = 'shardId-000000000000';

test('a range of a shard has both its ends, whatever lies behind, and ends with the shard', async () => {
  const { client } = await withEndpoint();
  await ensureStream(client, 'events', 1);
  const sequences: string[] = [];
  for (const text of ['a', 'b', 'c', 'd']) {
    const put = await client.send(new PutRecordCommand({ StreamName: 'events', PartitionKey: 'k', Data: Buffer.from(text) }));
    sequences.push(put.SequenceNumber ?? '');
  }
  const [, b = '', c = '', d = ''] = sequences;
  const read = streamRange(kinesisSource(client, 'events'));
  const texts = async (from: string | undefined, through: string): Promise<string> =>
    (await read(SHARD, { from, through })).map(({ data }) => Buffer.from(data, 'base64').toString()).join('');
  expect(await texts(b, c)).toBe('bc');
  expect(await texts(undefined, b)).toBe('ab');
  expect(await texts(c, d)).toBe('cd');
  const [record] = await read(SHARD, { from: b, through: b });
  expect(record).toMatchObject({ sequence: b, partitionKey: 'k' });
  expect(record?.arrivalMs).toBeGreaterThan(1_600_000_000_000);
});
