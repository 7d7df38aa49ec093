/** What the shards of loads are named: history that was read from files, and never went through the stream. */
export const LOAD_PREFIX = 'load-';

/** Stands for the stream among the origins of records. */
export const STREAM_ORIGIN = 'stream';

/** Whether the records of a shard were loaded from files. */
export function isLoad(shardId: string): boolean {
  return shardId.startsWith(LOAD_PREFIX);
}

/**
 * Where the records of a shard came from: the stream, or one load. Events of one origin were judged without knowledge of the others:
 * features are read from events of the same origin only.
 */
export function originOf(shardId: string): string {
  return isLoad(shardId) ? shardId : STREAM_ORIGIN;
}

/** Things by the origin of their shard, each in its order. */
export function byOrigin<T>(things: readonly T[], shardOf: (thing: T) => string): Map<string, T[]> {
  const origins = new Map<string, T[]>();
  for (const thing of things) {
    const origin = originOf(shardOf(thing));
    const known = origins.get(origin);
    if (known === undefined) origins.set(origin, [thing]);
    else known.push(thing);
  }
  return origins;
}
