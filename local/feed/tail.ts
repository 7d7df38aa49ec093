import { CursorExpiredError, type ReadFrom, type StreamSource } from '../../functions/adapters/kinesis-source.ts';
import { parseStamp } from './stamp.ts';

/** Records per page: a page of the largest packs stays within a few MB. */
const PAGE_RECORDS = 16;

/** Last ordinal of a feed in a shard from a place on; undefined when there is none. */
export async function tailFrom(source: StreamSource, shardId: string, from: ReadFrom, feedId: string): Promise<number | undefined> {
  let tail: number | undefined;
  let place = from;
  let cursor: string | undefined = await source.cursor(shardId, place);
  while (cursor !== undefined) {
    try {
      const page = await source.read(cursor, PAGE_RECORDS);
      for (const record of page.records) {
        const stamp = parseStamp(record.partitionKey);
        if (stamp?.feedId === feedId) tail = Math.max(tail ?? -1, stamp.lastOrdinal);
        place = { after: record.sequence };
      }
      if (page.atTip) return tail;
      cursor = page.next;
    } catch (error) {
      if (!(error instanceof CursorExpiredError)) throw error;
      cursor = await source.cursor(shardId, place);
    }
  }
  return tail;
}

/**
 * What the stream already holds of a feed: last ordinal by shard id, closed shards included, read from the stream itself.
 * Each shard is read from its checkpoint (the record at the checkpoint is the tail if none follows), or whole when there is
 * no checkpoint or others put everything since.
 */
export async function findFeedTail(
  source: StreamSource,
  checkpoints: ReadonlyMap<string, string>,
  feedId: string,
): Promise<Map<string, number>> {
  const tails = new Map<string, number>();
  for (const { shardId } of await source.shards()) {
    const checkpoint = checkpoints.get(shardId);
    const recent = checkpoint === undefined ? undefined : await tailFrom(source, shardId, { at: checkpoint }, feedId);
    const tail = recent ?? (await tailFrom(source, shardId, 'oldest', feedId));
    if (tail !== undefined) tails.set(shardId, tail);
  }
  return tails;
}
