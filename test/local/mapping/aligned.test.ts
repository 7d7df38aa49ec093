import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StreamSource } from '../../../functions/adapters/kinesis-source.ts';
import type { KinesisStreamEvent } from '../../../functions/kinesis-event.ts';
import { stampKey } from '../../../local/feed/stamp.ts';
import { runAligned } from '../../../local/mapping/aligned.ts';
import { Checkpoints } from '../../../local/mapping/checkpoints.ts';
import { ShardReader } from '../../../local/mapping/reader.ts';
import { MemoryStore, MemoryStream } from './memory.ts';

const TILE_MS = 1_000;
const ALL_PUT = { positionMs: () => Number.POSITIVE_INFINITY, changed: () => new Promise<void>(() => {}), starving: () => {} };

/** What the handler saw: barriers, and between them the records of each shard in one list. */
type Seen = readonly (number | Readonly<Record<string, readonly string[]>>)[];

async function seenBy(stream: MemoryStream, batchSize: number): Promise<Seen> {
  const seen: (number | Record<string, string[]>)[] = [];
  const isComplete = await runAligned({
    source: stream,
    stream: stream.identity,
    checkpoints: await Checkpoints.load(new MemoryStore(), stream.identity),
    random: () => 0,
    feed: ALL_PUT,
    tileMs: TILE_MS,
    batchSize,
    pollMs: 1,
    barrier: async (tileStartMs) => {
      seen.push(tileStartMs, {});
    },
    handler: async (event: KinesisStreamEvent) => {
      expect(event.Records.length).toBeLessThanOrEqual(batchSize);
      const lists = seen.at(-1);
      const shardId = event.Records[0]?.eventID.split(':')[0] ?? '';
      if (typeof lists === 'object')
        lists[shardId] = [...(lists[shardId] ?? []), ...event.Records.map(({ kinesis }) => kinesis.sequenceNumber)];
      return { batchItemFailures: [] };
    },
  });
  expect(isComplete).toBe(true);
  return seen;
}

function streamOf(clocks: readonly (readonly [shard: number, clockMs: number])[]): MemoryStream {
  const stream = new MemoryStream(3);
  for (const [n, [shard, clockMs]] of clocks.entries()) {
    const key = stampKey({ feedId: 'f', firstOrdinal: n, lastOrdinal: n, clockMs });
    stream.put(stream.ids()[shard] ?? '', key, Buffer.from('x'));
  }
  return stream;
}

describe('aligned shards', () => {
  test('what the handler sees between two barriers does not depend on the batch size', async () => {
    const record = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 20 * TILE_MS }));
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), async (clocks, batchSize) => {
        const sorted = clocks.toSorted((a, b) => a[1] - b[1]);
        expect(await seenBy(streamOf(sorted), batchSize)).toEqual(await seenBy(streamOf(sorted), 1_000));
      }),
      { numRuns: 12 },
    );
  });

  test('no record of a tile is handed over before every shard is done with the tiles before it', async () => {
    const stream = streamOf([
      [0, 100],
      [0, 1_100],
      [1, 200],
      [2, 5_000],
      [1, 1_200],
    ]);
    expect(await seenBy(stream, 10)).toEqual([
      0,
      { 'shardId-000000000000': ['1'], 'shardId-000000000001': ['3'] },
      1_000,
      { 'shardId-000000000000': ['2'], 'shardId-000000000001': ['5'] },
      5_000,
      { 'shardId-000000000002': ['4'] },
    ]);
  });

  test('records that go back in time, or whose time cannot be told, belong to the tile at hand and never stop the run', async () => {
    const stream = streamOf([
      [0, 5_000],
      [0, 100],
    ]);
    stream.put('shardId-000000000000', 'someone', Buffer.from('not an event'));
    expect(await seenBy(stream, 10)).toEqual([5_000, { 'shardId-000000000000': ['1', '2', '3'] }]);
  });
});

describe('reading ahead', () => {
  test('a reader that is never empty lets go of what was taken', async () => {
    const stream = new MemoryStream(1);
    const shardId = stream.ids()[0] ?? '';
    for (let i = 0; i < 400; i += 1) stream.put(shardId, 'k', Buffer.alloc(1));
    const refs: WeakRef<object>[] = [];
    const source: StreamSource = {
      shards: () => stream.shards(),
      cursor: (id, from) => stream.cursor(id, from),
      // Records of their own, which only the reader holds.
      read: async (cursor, limit) => {
        const page = await stream.read(cursor, limit);
        const records = page.records.map((record) => ({ ...record }));
        refs.push(...records.map((record) => new WeakRef(record)));
        return { ...page, records };
      },
    };
    const reader = new ShardReader(source, shardId, undefined);
    await reader.fetch();
    for (let taken = 0; taken < 300; taken += 8) {
      await reader.fetch();
      expect(reader.take(8)).toHaveLength(8);
      expect(reader.length).toBeGreaterThan(0);
    }
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    // A reference read in this turn lives to its end, so the count is taken in the next one.
    await new Promise((resolve) => setImmediate(resolve));
    (runInNewContext('gc') as () => void)();
    const alive = refs.filter((ref) => ref.deref() !== undefined).length;
    expect(alive).toBeLessThanOrEqual(2 * reader.length + 8);
  });
});
