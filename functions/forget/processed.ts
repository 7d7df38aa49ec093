import { sequenceOf } from '../../core/decode/position.ts';
import type { ShardInfo, StateStore } from '../../core/ports.ts';
import { shardsPk } from '../../core/state/keys.ts';
import { parseShard } from '../../core/state/shard.ts';

/** What is asked whether a stream was processed. */
export interface ProcessedPorts {
  readonly store: StateStore;
  readonly shards: {
    list(): Promise<ShardInfo[]>;
    /** Arrival of the first record behind a sequence number, or of all, epoch ms; undefined if there is none. */
    oldestUnread(shardId: string, sequence: string | undefined): Promise<number | undefined>;
  };
  readonly streamEpoch: string;
}

/** Whether the processor has finished everything that had arrived by a moment (epoch ms), on all shards. */
export async function isProcessed({ store, shards, streamEpoch }: ProcessedPorts, byMs: number): Promise<boolean> {
  const done = new Map((await store.query(shardsPk(streamEpoch))).map(({ sk, body }) => [sk, parseShard(body).hi]));
  for (const { shardId } of await shards.list()) {
    const hi = done.get(shardId);
    const unreadMs = await shards.oldestUnread(shardId, hi === undefined || hi === null ? undefined : sequenceOf(hi));
    if (unreadMs !== undefined && unreadMs < byMs) return false;
  }
  return true;
}
