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
export const idSegmentKey = (key: string, segment: number): ItemKey => ({ pk: `profile#${key}`, sk: `ids#${segment}` });

/** Partition key of all parts of one slice of a window family. */
export const slicePk = (family: string, sliceStartMs: number): string => `slice#${family}#${sliceStartMs}`;

/** Key of one packed part of a slice. */
export const sliceKey = (family: string, sliceStartMs: number, part: string): ItemKey => ({
  pk: slicePk(family, sliceStartMs),
  sk: part,
});

/** Sort key of the part of a slice that one shard writes for one bucket. */
export const slicePart = (streamEpoch: string, shardId: string, bucket: number): string => `${streamEpoch}#${shardId}#${bucket}`;

/** Partition key of all timer items of one minute (epoch ms of its start). */
export const timerPk = (minuteMs: number): string => `timer#${minuteMs}`;

/** Key of one shard's timer item of one minute. */
export const timerKey = (minuteMs: number, streamEpoch: string, shardId: string): ItemKey => ({
  pk: timerPk(minuteMs),
  sk: `${streamEpoch}#${shardId}`,
});

/** Key of the closed tiles of one key of a tile ring. */
export const tilesKey = (ringId: string, key: string): ItemKey => ({ pk: `tiles#${ringId}#${key}`, sk: 'tiles' });

/** Key of a stored rule set, kept so that a retry can judge with the set its context names. */
export const ruleSetKey = (version: string): ItemKey => ({ pk: 'rules', sk: version });
