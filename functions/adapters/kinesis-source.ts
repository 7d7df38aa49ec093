import { hash } from 'node:crypto';
import { GetRecordsCommand, GetShardIteratorCommand, type KinesisClient, ListShardsCommand, type Shard } from '@aws-sdk/client-kinesis';
import type { ShardInfo } from '../../core/ports.ts';

/** One record as it lies in a shard. */
export interface StreamRecord {
  readonly sequence: string;
  readonly partitionKey: string;
  /** Arrival, epoch ms. */
  readonly arrivalMs: number;
  readonly data: Uint8Array;
}

/** Where a read begins. */
export type ReadFrom = { readonly at: string } | { readonly after: string } | 'oldest';

/** One page of a shard. */
export interface StreamPage {
  readonly records: readonly StreamRecord[];
  /** Opaque place of the next page; undefined when the shard is closed and read to its end. */
  readonly next: string | undefined;
  /** True when nothing lay behind this page as it was read. */
  readonly atTip: boolean;
}

/** A range of partition-key hashes, both ends included, and the shard it belongs to. */
export interface ShardRange extends ShardInfo {
  readonly firstHash: bigint;
  readonly lastHash: bigint;
}

/** Place of a partition key among the hashes of a stream: its MD5 as a 128-bit number. */
export function hashKeyOf(partitionKey: string): bigint {
  return BigInt(`0x${hash('md5', partitionKey)}`);
}

/** Whether a shard holds a hash key. */
export function holdsHash(range: ShardRange, hashKey: bigint): boolean {
  return hashKey >= range.firstHash && hashKey <= range.lastHash;
}

/** What the mapping and the feeder read of a stream. */
export interface StreamSource {
  /** All shards within retention, parents before children. */
  shards(): Promise<ShardRange[]>;
  /** Opens a cursor. */
  cursor(shardId: string, from: ReadFrom): Promise<string>;
  /** Reads up to `limit` records. Throws CursorExpiredError when the cursor is too old. */
  read(cursor: string, limit: number): Promise<StreamPage>;
}

/** A cursor not used for minutes: open a new one at the same place. */
export class CursorExpiredError extends Error {
  override readonly name = 'CursorExpiredError';
  readonly retriable = true;
}

function rangeOf(shard: Shard, listed: ReadonlySet<string>): ShardRange {
  const parents = [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined && listed.has(id));
  return {
    shardId: shard.ShardId ?? '',
    parents: parents as string[],
    open: shard.SequenceNumberRange?.EndingSequenceNumber === undefined,
    firstHash: BigInt(shard.HashKeyRange?.StartingHashKey ?? '0'),
    lastHash: BigInt(shard.HashKeyRange?.EndingHashKey ?? '0'),
  };
}

/** Shards of a stream, parents before children (ids grow with time); parents past retention are left out. */
async function listShards(client: KinesisClient, stream: string): Promise<ShardRange[]> {
  const shards: Shard[] = [];
  let token: string | undefined;
  do {
    const answer = await client.send(new ListShardsCommand(token === undefined ? { StreamName: stream } : { NextToken: token }));
    shards.push(...(answer.Shards ?? []));
    token = answer.NextToken;
  } while (token !== undefined);
  const listed = new Set(shards.map((shard) => shard.ShardId ?? ''));
  return shards.map((shard) => rangeOf(shard, listed)).sort((a, b) => (a.shardId < b.shardId ? -1 : 1));
}

/** Positions are kept padded to 56 digits; the API takes bare numbers. */
function bare(sequence: string): string {
  return sequence.replace(/^0+(?=\d)/, '');
}

async function openCursor(client: KinesisClient, stream: string, shardId: string, from: ReadFrom): Promise<string> {
  const place =
    from === 'oldest'
      ? { ShardIteratorType: 'TRIM_HORIZON' as const }
      : 'at' in from
        ? { ShardIteratorType: 'AT_SEQUENCE_NUMBER' as const, StartingSequenceNumber: bare(from.at) }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, StartingSequenceNumber: bare(from.after) };
  const answer = await client.send(new GetShardIteratorCommand({ StreamName: stream, ShardId: shardId, ...place }));
  return answer.ShardIterator ?? '';
}

async function readPage(client: KinesisClient, cursor: string, limit: number, arn: string | undefined): Promise<StreamPage> {
  try {
    const answer = await client.send(new GetRecordsCommand({ ShardIterator: cursor, Limit: limit, StreamARN: arn }));
    const records = (answer.Records ?? []).map((record) => ({
      sequence: record.SequenceNumber ?? '',
      partitionKey: record.PartitionKey ?? '',
      arrivalMs: Math.round(record.ApproximateArrivalTimestamp?.getTime() ?? 0),
      data: record.Data ?? new Uint8Array(0),
    }));
    // The local endpoint says "nothing behind" even on a full page, so only a page that was not full is believed.
    const atTip = (answer.MillisBehindLatest ?? 0) === 0 && records.length < limit;
    return { records, next: answer.NextShardIterator ?? undefined, atTip };
  } catch (error) {
    if (error instanceof Error && error.name === 'ExpiredIteratorException') throw new CursorExpiredError(error.message, { cause: error });
    throw error;
  }
}

/** Reads a stream through the Kinesis API; with its `arn` reads name it, so that permissions are told by more than a cursor. */
export function kinesisSource(client: KinesisClient, stream: string, arn?: string): StreamSource {
  return {
    shards: () => listShards(client, stream),
    cursor: (shardId, from) => openCursor(client, stream, shardId, from),
    read: (cursor, limit) => readPage(client, cursor, limit, arn),
  };
}
