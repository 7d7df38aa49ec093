import type { ItemKey } from '../ports.ts';

/** Key under which all shard items of one stream live; `streamEpoch` changes when a stream is deleted and made again. */
export const shardsPk = (streamEpoch: string): string => `shards#${streamEpoch}`;

/** Key of one shard item. */
export const shardKey = (streamEpoch: string, shardId: string): ItemKey => ({ pk: shardsPk(streamEpoch), sk: shardId });

/** Key of the closer's own item. */
export const closerKey = (streamEpoch: string): ItemKey => ({ pk: `closer#${streamEpoch}`, sk: 'closer' });

/** Key of one partition key's profile. */
export const profileKey = (key: string): ItemKey => ({ pk: `profile#${key}`, sk: 'profile' });

/** Key of one spilled segment of a profile's event ids. */
export const idSegmentKey = (key: string, segment: string): ItemKey => ({ pk: `profile#${key}`, sk: `ids#${segment}` });

/** Place of one slice of one shard: window family (or timers), start (epoch ms), stream epoch, shard. */
export interface SlicePlace {
  readonly name: string;
  readonly startMs: number;
  readonly streamEpoch: string;
  readonly shardId: string;
}

/** Partition key of one generation of the chain of a slice; no two shards share one. */
export const slicePk = ({ name, startMs, streamEpoch, shardId }: SlicePlace, generation: number): string =>
  `slice#${name}#${startMs}#${streamEpoch}#${shardId}#${generation}`;

/** Key of the closed tiles of one key of a tile ring. */
export const tilesKey = (ringId: string, key: string): ItemKey => ({ pk: `tiles#${ringId}#${key}`, sk: 'tiles' });

/** Key of the record of rings that the state is warm for. */
export const WARM_KEY: ItemKey = { pk: 'warm', sk: 'rings' };
