import type { ShardInfo } from '../../core/ports.ts';

/** Shards that may be read now: not drained themselves, and every listed parent drained. */
export function readableShards<S extends ShardInfo>(shards: readonly S[], drained: (shardId: string) => boolean): S[] {
  const listed = new Set(shards.map((shard) => shard.shardId));
  return shards.filter((shard) => !drained(shard.shardId) && shard.parents.every((parent) => !listed.has(parent) || drained(parent)));
}
