import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { StreamShards } from '../../core/ports.ts';
import { kinesisSource, type StreamSource } from './source.ts';

/** Follows empty pages to the tip or the end of the shard. */
async function hasUnread(source: StreamSource, shardId: string, sequence: string | undefined): Promise<boolean> {
  let cursor: string | undefined = await source.cursor(shardId, sequence === undefined ? 'oldest' : { after: sequence });
  while (cursor !== undefined) {
    const page = await source.read(cursor, 1);
    if (page.records.length > 0) return true;
    if (page.atTip) return false;
    cursor = page.next;
  }
  return false;
}

/** What the closer asks the stream, over any source. */
export function shardsOf(source: StreamSource): StreamShards {
  return {
    list: async () => (await source.shards()).map(({ shardId, parents, open }) => ({ shardId, parents, open })),
    hasUnread: (shardId, sequence) => hasUnread(source, shardId, sequence),
  };
}

/** What the closer asks the stream, through the Kinesis API. */
export function streamShards(client: KinesisClient, stream: string): StreamShards {
  return shardsOf(kinesisSource(client, stream));
}
