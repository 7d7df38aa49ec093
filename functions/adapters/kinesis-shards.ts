import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { ShardInfo, StreamShards } from '../../core/ports.ts';
import { kinesisSource, type StreamSource } from './kinesis-source.ts';
import { type RetryOptions, withRetry } from './retry.ts';

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

/** What the closer asks the stream, over any source, without trying again. */
export function shardsOf(source: StreamSource): StreamShards {
  return {
    list: async () => (await source.shards()).map(({ shardId, parents, open }) => ({ shardId, parents, open })),
    hasUnread: (shardId, sequence) => hasUnread(source, shardId, sequence),
  };
}

/** What a stream is asked through. */
export interface KinesisShardsOptions {
  readonly client: KinesisClient;
  readonly stream: string;
  readonly arn?: string;
  readonly retry: RetryOptions;
}

/** What the closer asks a Kinesis stream; throttled calls are tried again. Throws ServiceError. */
export class KinesisShards implements StreamShards {
  private readonly options: KinesisShardsOptions;
  private readonly shards: StreamShards;

  constructor(options: KinesisShardsOptions) {
    this.options = options;
    this.shards = shardsOf(kinesisSource(options.client, options.stream, options.arn));
  }

  list(): Promise<ShardInfo[]> {
    return this.retried('kinesis:ListShards', () => this.shards.list());
  }

  /** Begins at a new cursor with each try, so a cursor that got too old meanwhile is no matter. */
  hasUnread(shardId: string, sequence: string | undefined): Promise<boolean> {
    return this.retried('kinesis:GetRecords', () => this.shards.hasUnread(shardId, sequence));
  }

  private retried<T>(action: string, work: () => Promise<T>): Promise<T> {
    return withRetry(this.options.retry, { action, target: `stream ${this.options.stream}` }, work);
  }
}
