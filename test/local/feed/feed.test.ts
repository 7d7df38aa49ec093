import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unpackRecord } from '../../../core/decode/unpack.ts';
import type { EventChunk } from '../../../local/feed/events.ts';
import { runFeed } from '../../../local/feed/feed.ts';
import { findFeedTail } from '../../../local/feed/tail.ts';
import { MemoryStream } from '../mapping/memory.ts';

const TILE_MS = 10_000;
const COUNT = 300;

/** The same events each time: chunks of 20, a second apart, of 15 keys. */
async function* events(): AsyncGenerator<EventChunk> {
  for (let from = 0; from < COUNT; from += 20) {
    const payloads = Array.from({ length: 20 }, (_, i) => Buffer.from(`{"n":${from + i}}`));
    let end = 0;
    yield {
      count: 20,
      bytes: Buffer.concat(payloads),
      ends: Uint32Array.from(payloads, (payload) => {
        end += payload.length;
        return end;
      }),
      keys: payloads.map((_, i) => `key-${(from + i) % 15}`),
      timesMs: Float64Array.from(payloads, (_, i) => (from + i) * 1_000),
    };
  }
}

/** Feeds until the end, or until `putsMax` calls were made; a cut call may have arrived or not. */
async function feed(stream: MemoryStream, packBytes: number, putsMax = Number.POSITIVE_INFINITY, isLastLost = false): Promise<void> {
  const stop = new AbortController();
  let puts = 0;
  await runFeed({
    events: events(),
    source: stream,
    put: async (records) => {
      puts += 1;
      if (puts > putsMax) throw new Error('cut off');
      if (puts === putsMax) stop.abort();
      const answers = stream.putRecords(records);
      if (puts === putsMax && isLastLost) throw new Error('answer lost');
      return answers;
    },
    feedId: 'test',
    tails: await findFeedTail(stream, new Map(), 'test'),
    tileMs: TILE_MS,
    packBytes,
    futureLimitMs: Number.POSITIVE_INFINITY,
    gate: async () => {},
    random: () => 0,
    onOversize: () => {},
    onState: () => {},
    signal: stop.signal,
  });
}

/** Partition keys and data of each shard's records, in order. */
function contentOf(stream: MemoryStream): string[][] {
  return stream
    .ids()
    .map((shardId) => stream.recordsOf(shardId).map(({ partitionKey, data }) => `${partitionKey} ${Buffer.from(data).toString('hex')}`));
}

function eventsIn(stream: MemoryStream): string[] {
  return stream
    .ids()
    .flatMap((shardId) =>
      stream
        .recordsOf(shardId)
        .flatMap(({ sequence, partitionKey, arrivalMs, data }) =>
          unpackRecord({ sequence, partitionKey, arrivalMs, data: Buffer.from(data).toString('base64') }).map(({ raw }) =>
            Buffer.from(raw.bytes).toString(),
          ),
        ),
    );
}

test('each event is in the stream once, and no record spans two tiles', async () => {
  const stream = new MemoryStream(3);
  await feed(stream, 100_000);
  expect(eventsIn(stream).sort()).toEqual(Array.from({ length: COUNT }, (_, n) => `{"n":${n}}`).sort());
  for (const shardId of stream.ids()) {
    for (const { partitionKey } of stream.recordsOf(shardId)) {
      const [, first = '', last = ''] = /:(\d+)-(\d+)@/.exec(partitionKey) ?? [];
      expect(Math.floor((Number(first) * 1_000) / TILE_MS)).toBe(Math.floor((Number(last) * 1_000) / TILE_MS));
    }
  }
});

test('a feed cut off at any put and started again leaves the same stream as one that was not', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 60, max: 2_000 }),
      fc.integer({ min: 1, max: 12 }),
      fc.boolean(),
      async (shards, packBytes, cut, isLastLost) => {
        const whole = new MemoryStream(shards);
        await feed(whole, packBytes);
        const cutOff = new MemoryStream(shards);
        await feed(cutOff, packBytes, cut, isLastLost);
        await feed(cutOff, packBytes);
        expect(contentOf(cutOff)).toEqual(contentOf(whole));
      },
    ),
    { numRuns: 30 },
  );
});
