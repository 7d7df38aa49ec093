/**
 * What the feeder writes into the partition key of each stream record (the keys of the events inside are untouched): which
 * feed it belongs to, the ordinals of its first and last event, and the feed's clock, the greatest event time before or at
 * its first event. From it a restarted feed knows what the stream holds, and the mapping knows where the record stands in
 * event time whatever is inside.
 */
export interface FeedStamp {
  readonly feedId: string;
  /** Numbers of events in input order, from 0. */
  readonly firstOrdinal: number;
  readonly lastOrdinal: number;
  /** Epoch ms; undefined while no event has had a time. */
  readonly clockMs: number | undefined;
}

const STAMP = /^feed:([0-9a-z-]{1,64}):(\d{1,15})-(\d{1,15})@(-?\d{1,17})?$/;

/** Writes a stamp as a partition key. */
export function stampKey(stamp: FeedStamp): string {
  return `feed:${stamp.feedId}:${stamp.firstOrdinal}-${stamp.lastOrdinal}@${stamp.clockMs ?? ''}`;
}

/** Reads a stamp; undefined when the partition key is not one, that is when someone else put the record. */
export function parseStamp(partitionKey: string): FeedStamp | undefined {
  if (!partitionKey.startsWith('feed:')) return undefined;
  const match = STAMP.exec(partitionKey);
  if (match === null) return undefined;
  const [, feedId = '', first = '', last = '', clock] = match;
  return { feedId, firstOrdinal: Number(first), lastOrdinal: Number(last), clockMs: clock === undefined ? undefined : Number(clock) };
}
