import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { ShardInfo, StreamShards } from '../../core/ports.ts';
import { kinesisSource, type StreamRecord, type StreamSource } from './kinesis-source.ts';
import { type RetryOptions, withRetry } from './retry.ts';

/** The first record behind a sequence number, or of all: follows empty pages to the tip or the end of the shard. */
async function firstUnread(source: StreamSource, shardId: string, sequence: string | undefined): Promise<StreamRecord | undefined> {
  let cursor: string | undefined = await source.cursor(shardId, sequence === undefined ? 'oldest' : { after: sequence });
  while (cursor !== undefined) {
    const page = await source.read(cursor, 1);
    if (page.records[0] !== undefined || page.atTip) return page.records[0];
    cursor = page.next;
  }
  return undefined;
}

/** What the closer asks the stream, over any source, without trying again. */
export function shardsOf(source: StreamSource): StreamShards {
  return {
    list: async () => (await source.shards()).map(({ shardId, parents, open }) => ({ shardId, parents, open })),
    hasUnread: async (shardId, sequence) => (await firstUnread(source, shardId, sequence)) !== undefined,
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
  private readonly source: StreamSource;
  private readonly shards: StreamShards;

  constructor(options: KinesisShardsOptions) {
    this.options = options;
    this.source = kinesisSource(options.client, options.stream, options.arn);
    this.shards = shardsOf(this.source);
  }

  list(): Promise<ShardInfo[]> {
    return this.retried('kinesis:ListShards', () => this.shards.list());
  }

  /** Begins at a new cursor with each try, so a cursor that got too old meanwhile is no matter. */
  hasUnread(shardId: string, sequence: string | undefined): Promise<boolean> {
    return this.retried('kinesis:GetRecords', () => this.shards.hasUnread(shardId, sequence));
  }

  /** Arrival of the first record behind a sequence number, or of all, epoch ms; undefined if there is none. */
  async oldestUnread(shardId: string, sequence: string | undefined): Promise<number | undefined> {
    const first = await this.retried('kinesis:GetRecords', () => firstUnread(this.source, shardId, sequence));
    return first?.arrivalMs;
  }

  private retried<T>(action: string, work: () => Promise<T>): Promise<T> {
    return withRetry(this.options.retry, { action, target: `stream ${this.options.stream}` }, work);
  }
}
