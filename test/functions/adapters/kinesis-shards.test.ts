import { PutRecordCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { KinesisShards, shardsOf } from '../../../functions/adapters/kinesis-shards.ts';
import { kinesisSource } from '../../../functions/adapters/kinesis-source.ts';
import { ensureStream } from '../../../local/stream/client.ts';
import { streamShardsContract } from '../../contract/stream-shards.ts';
import { withEndpoint } from '../../local/endpoint/with-endpoint.ts';
import { MemoryStream } from '../../local/mapping/memory.ts';
import { patientRetry } from './json-server.ts';

streamShardsContract('memory', [], async (shardCount) => {
  const stream = new MemoryStream(shardCount);
  return {
    shards: shardsOf(stream),
    put: async (index) => stream.put(stream.ids()[index] ?? '', 'k', Buffer.from('x')),
    split: async (shardId) => void stream.split(shardId),
  };
});

streamShardsContract('local endpoint', [], async (shardCount) => {
  const { client } = await withEndpoint();
  await ensureStream(client, 'events', shardCount);
  const source = kinesisSource(client, 'events');
  const ranges = await source.shards();
  return {
    shards: new KinesisShards({ client, stream: 'events', retry: patientRetry() }),
    put: async (index) => {
      const ExplicitHashKey = String(ranges[index]?.firstHash);
      const command = new PutRecordCommand({ StreamName: 'events', PartitionKey: 'k', ExplicitHashKey, Data: Buffer.from('x') });
      return (await client.send(command)).SequenceNumber ?? '';
    },
    split: async (shardId) => {
      const NewStartingHashKey = String(2n ** 127n);
      await client.send(new SplitShardCommand({ StreamName: 'events', ShardToSplit: shardId, NewStartingHashKey }));
      while ((await source.shards()).length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
});
