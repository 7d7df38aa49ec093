import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unpackRecord } from '../../../core/decode/unpack.ts';
import type { KinesisStreamEvent } from '../../../functions/kinesis-event.ts';
import type { EventChunk } from '../../../local/feed/events.ts';
import { runFeed } from '../../../local/feed/feed.ts';
import { Gate } from '../../../local/feed/gate.ts';
import { type FeedProgress, runAligned } from '../../../local/mapping/aligned.ts';
import { Checkpoints } from '../../../local/mapping/checkpoints.ts';
import { MemoryStore, MemoryStream } from './memory.ts';

const TILE_MS = 1_000;
const NOTHING_FAILED = { batchItemFailures: [] };

interface Timed {
  readonly key: string;
  /** NaN for an event without a readable time. */
  readonly timeMs: number;
}

async function* chunksOf(events: readonly Timed[], chunkSize: number): AsyncGenerator<EventChunk> {
  for (let from = 0; from < events.length; from += chunkSize) {
    const part = events.slice(from, from + chunkSize);
    const payloads = part.map((_, i) => Buffer.from(String(from + i)));
    const ends = new Uint32Array(part.length);
    for (const [i, payload] of payloads.entries()) ends[i] = (ends[i - 1] ?? 0) + payload.length;
    yield {
      count: part.length,
      bytes: Buffer.concat(payloads),
      ends,
      keys: part.map(({ key }) => key),
      timesMs: Float64Array.from(part, ({ timeMs }) => timeMs),
    };
  }
}

/** A feeder's progress that a test moves. */
class TestFeed implements FeedProgress {
  position = Number.NEGATIVE_INFINITY;
  gate: Gate;
  #change: () => void = () => {};
  #next = this.#renew();

  constructor(aheadBytes: number) {
    this.gate = new Gate(aheadBytes);
  }

  positionMs(): number {
    return this.position;
  }

  changed(): Promise<void> {
    return this.#next;
  }

  starving(): void {
    this.gate.starving();
  }

  move(positionMs: number): void {
    expect(positionMs).toBeGreaterThanOrEqual(this.position);
    this.position = positionMs;
    const change = this.#change;
    this.#next = this.#renew();
    change();
  }

  #renew(): Promise<void> {
    return new Promise((resolve) => {
      this.#change = resolve;
    });
  }
}

interface Pace {
  readonly shards: number;
  readonly batchSize: number;
  readonly chunkSize: number;
  readonly packBytes: number;
  readonly aheadBytes: number;
  /** Feeds everything before the first read. */
  readonly isFedFirst: boolean;
}

/** Feeds and reads at once; gives barriers and, between them, event numbers by shard. */
async function seen(events: readonly Timed[], pace: Pace): Promise<unknown[]> {
  const stream = new MemoryStream(pace.shards);
  const progress = new TestFeed(pace.isFedFirst ? Number.POSITIVE_INFINITY : pace.aheadBytes);
  const feed = (): Promise<unknown> =>
    runFeed({
      events: chunksOf(events, pace.chunkSize),
      source: stream,
      put: async (records) => {
        await new Promise((resolve) => setImmediate(resolve));
        return stream.putRecords(records);
      },
      feedId: 'test',
      tails: new Map(),
      tileMs: TILE_MS,
      packBytes: pace.packBytes,
      futureLimitMs: 1_000_000,
      gate: (bytesPut) => progress.gate.wait(bytesPut),
      random: () => 0,
      onOversize: () => {},
      onState: ({ positionMs }) => progress.move(positionMs),
      signal: new AbortController().signal,
    });
  if (pace.isFedFirst) await feed();
  const log: (number | Record<string, number[]>)[] = [{}];
  const reading = runAligned({
    source: stream,
    stream: stream.identity,
    checkpoints: await Checkpoints.load(new MemoryStore(), stream.identity),
    random: () => 0,
    feed: progress,
    tileMs: TILE_MS,
    batchSize: pace.batchSize,
    pollMs: 1,
    barrier: async (tileStartMs) => {
      log.push(tileStartMs, {});
    },
    handler: async (event: KinesisStreamEvent) => {
      const lists = log.at(-1) as Record<string, number[]>;
      const shardId = event.Records[0]?.eventID.split(':')[0] ?? '';
      for (const { kinesis } of event.Records) {
        const raws = unpackRecord({
          sequence: kinesis.sequenceNumber,
          arrivalMs: 0,
          partitionKey: kinesis.partitionKey,
          data: kinesis.data,
        });
        const numbers = raws.map(({ raw }) => Number(Buffer.from(raw.bytes).toString()));
        lists[shardId] = [...(lists[shardId] ?? []), ...numbers];
      }
      return NOTHING_FAILED;
    },
    onProgress: (_, done) => progress.gate.processed(done.reduce((bytes, { data }) => bytes + data.length, 0)),
  });
  const [isComplete] = await Promise.all([reading, pace.isFedFirst ? undefined : feed()]);
  expect(isComplete).toBe(true);
  return log;
}

const eventTimes = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 9 }).map(String),
    // Mostly forward; now and then back, unreadable, or a year no one means.
    timeMs: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 300 }) },
      { weight: 1, arbitrary: fc.constantFrom(Number.NaN, -20_000, 9e12) },
    ),
  }),
  { maxLength: 80 },
);

/** Steps turned into times: a small step goes on from the last, others stand by themselves. */
function timed(steps: readonly Timed[]): Timed[] {
  let now = 5_000;
  return steps.map(({ key, timeMs }) => {
    if (timeMs >= 0 && timeMs < 1_000) now += timeMs - 30;
    return { key, timeMs: timeMs >= 0 && timeMs < 1_000 ? now : timeMs };
  });
}

describe('feeder and aligned mapping together', () => {
  test('what the handler sees between barriers depends on the input and the shards alone, in whatever order events come and however fast', async () => {
    const pace = fc.record({
      batchSize: fc.integer({ min: 1, max: 5 }),
      chunkSize: fc.integer({ min: 1, max: 30 }),
      aheadBytes: fc.integer({ min: 0, max: 400 }),
    });
    const size = fc.integer({ min: 60, max: 300 });
    await fc.assert(
      fc.asyncProperty(eventTimes.map(timed), fc.integer({ min: 1, max: 4 }), size, pace, async (events, shards, packBytes, slow) => {
        const whole = await seen(events, { shards, packBytes, batchSize: 1_000, chunkSize: 1_000, aheadBytes: 0, isFedFirst: true });
        expect(await seen(events, { shards, packBytes, isFedFirst: false, ...slow })).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  test('records of someone else far in the future do not lock a paused feeder', async () => {
    const stream = new MemoryStream(1);
    const progress = new TestFeed(0);
    const [shardId = ''] = stream.ids();
    stream.put(shardId, 'someone', Buffer.from('{"event_time":"2030-01-01T00:00:00Z"}'));
    const feeding = (async () => {
      for (let n = 1; n <= 3; n++) {
        progress.move(n * TILE_MS);
        await progress.gate.wait(n);
        stream.put(shardId, `feed:f:${n}-${n}@${n * TILE_MS}`, Buffer.from('x'));
      }
      progress.move(Number.POSITIVE_INFINITY);
    })();
    const sequences: string[] = [];
    const handler = async (event: KinesisStreamEvent): Promise<typeof NOTHING_FAILED> => {
      sequences.push(...event.Records.map(({ kinesis }) => kinesis.sequenceNumber));
      return NOTHING_FAILED;
    };
    const checkpoints = await Checkpoints.load(new MemoryStore(), stream.identity);
    const run = runAligned({
      source: stream,
      stream: stream.identity,
      checkpoints,
      handler,
      random: () => 0,
      feed: progress,
      tileMs: TILE_MS,
      pollMs: 1,
      barrier: async () => {},
    });
    await Promise.all([run, feeding]);
    expect(sequences).toEqual(['1', '2', '3', '4']);
  });

  test('a shard that is split during the run hands over to its children, which wait for it', async () => {
    const stream = new MemoryStream(1);
    const progress = new TestFeed(0);
    const [parent = ''] = stream.ids();
    progress.move(0);
    const put = (shardId: string, clockMs: number): string => stream.put(shardId, `feed:f:1-1@${clockMs}`, Buffer.from('x'));
    const parentRecords = [put(parent, 100), put(parent, 1_500)];
    const order: string[] = [];
    const checkpoints = await Checkpoints.load(new MemoryStore(), stream.identity);
    const isComplete = await runAligned({
      source: stream,
      stream: stream.identity,
      checkpoints,
      random: () => 0,
      feed: progress,
      tileMs: TILE_MS,
      pollMs: 1,
      barrier: async (ms) => {
        order.push(`barrier ${ms}`);
      },
      handler: async (event) => {
        order.push(...event.Records.map(({ kinesis }) => kinesis.sequenceNumber));
        if (order.includes(parentRecords[1] ?? '') && stream.ids().length === 1) {
          const [left = '', right = ''] = stream.split(parent);
          put(left, 1_600);
          put(right, 2_500);
          progress.move(Number.POSITIVE_INFINITY);
        } else if (stream.ids().length === 1) progress.move(1_500);
        return NOTHING_FAILED;
      },
    });
    expect(isComplete).toBe(true);
    expect(order).toEqual(['barrier 0', '1', 'barrier 1000', '2', '3', 'barrier 2000', '4']);
    expect(checkpoints.get(parent)).toEqual({ sequence: '2', drained: true });
  });

  test('a feeder that fails ends the run with its error, after the handler calls in flight', async () => {
    const stream = new MemoryStream(2);
    const progress = new TestFeed(0);
    stream.put(stream.ids()[0] ?? '', 'feed:f:1-1@100', Buffer.from('x'));
    progress.move(100);
    let inFlight = 0;
    const failing: FeedProgress = {
      positionMs: () => {
        if (inFlight > 0) throw new Error('input cannot be read');
        return progress.positionMs();
      },
      changed: () => progress.changed(),
      starving: () => {},
    };
    const handler = async (): Promise<typeof NOTHING_FAILED> => {
      inFlight++;
      await new Promise((resolve) => setTimeout(resolve, 30));
      inFlight--;
      return NOTHING_FAILED;
    };
    const checkpoints = await Checkpoints.load(new MemoryStore(), stream.identity);
    const run = runAligned({
      source: stream,
      stream: stream.identity,
      checkpoints,
      handler,
      random: () => 0,
      feed: failing,
      tileMs: TILE_MS,
      pollMs: 1,
      barrier: async () => {},
    });
    await expect(run).rejects.toThrow('input cannot be read');
    expect(inFlight).toBe(0);
  });

  test('a run that is stopped checkpoints what is done, and a second one goes on from there', async () => {
    const stream = new MemoryStream(2);
    const store = new MemoryStore();
    for (let n = 0; n < 40; n++) stream.put(stream.ids()[n % 2] ?? '', `feed:f:${n}-${n}@${n * 100}`, Buffer.from('x'));
    const sequences: string[] = [];
    const run = async (stopAfter: number): Promise<boolean> => {
      const stop = new AbortController();
      const progress = new TestFeed(0);
      progress.move(Number.POSITIVE_INFINITY);
      return await runAligned({
        source: stream,
        stream: stream.identity,
        checkpoints: await Checkpoints.load(store, stream.identity),
        random: () => 0,
        feed: progress,
        tileMs: TILE_MS,
        batchSize: 1,
        pollMs: 1,
        barrier: async () => {},
        handler: async (event) => {
          sequences.push(event.Records[0]?.kinesis.sequenceNumber ?? '');
          if (sequences.length === stopAfter) stop.abort();
          return NOTHING_FAILED;
        },
        signal: stop.signal,
      });
    };
    expect(await run(11)).toBe(false);
    expect(await run(0)).toBe(true);
    expect(sequences.length).toBe(40);
    expect(new Set(sequences).size).toBe(40);
  });
});
