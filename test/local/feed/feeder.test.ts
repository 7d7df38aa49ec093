import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unpackRecord } from '../../../core/decode/unpack.ts';
import { UsageError } from '../../../core/errors.ts';
import { kinesisSource, type StreamSource } from '../../../functions/adapters/kinesis-source.ts';
import type { FeedShape } from '../../../local/feed/events.ts';
import { type Feeder, type FeederOptions, startFeeder } from '../../../local/feed/feeder.ts';
import { resolveInputs } from '../../../local/feed/inputs.ts';
import { findFeedTail } from '../../../local/feed/tail.ts';
import { runAligned } from '../../../local/mapping/aligned.ts';
import { Checkpoints } from '../../../local/mapping/checkpoints.ts';
import { ensureStream } from '../../../local/stream/client.ts';
import { freshFolder, withEndpoint } from '../endpoint/with-endpoint.ts';
import { MemoryStore } from '../mapping/memory.ts';

const SHAPE: FeedShape = { keyFields: { reading: 'sensor_id' }, fieldKinds: {}, defaultType: 'reading' };
const COUNT = 3_000;
const TILE_MS = 60_000;

const line = (n: number): string =>
  JSON.stringify({ type: 'reading', event_time: new Date(n * 1_000).toISOString(), sensor_id: `s${n % 40}`, n });

async function fileOf(lines: readonly string[]): Promise<string> {
  const path = join(await freshFolder(), 'input.ndjson');
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

async function options(
  endpoint: string,
  source: StreamSource,
  path: string,
  checkpoints = new Map<string, string>(),
): Promise<FeederOptions> {
  const tails = await findFeedTail(source, checkpoints, 'test');
  const inputs = await resolveInputs([path]);
  return { endpoint, stream: 'events', inputs, shape: SHAPE, feedId: 'test', tails, tileMs: TILE_MS, packBytes: 2_000 };
}

/** Event payloads and keys of each shard, in order. */
async function contentOf(source: StreamSource): Promise<string[][]> {
  const shards = await source.shards();
  return Promise.all(
    shards.map(async ({ shardId }) => {
      const found: string[] = [];
      let cursor: string | undefined = await source.cursor(shardId, 'oldest');
      while (cursor !== undefined) {
        const page = await source.read(cursor, 100);
        for (const { sequence, partitionKey, arrivalMs, data } of page.records) {
          const raws = unpackRecord({ sequence, partitionKey, arrivalMs, data: Buffer.from(data).toString('base64') });
          found.push(...raws.map(({ raw }) => `${raw.partitionKey} ${Buffer.from(raw.bytes).toString()}`));
        }
        cursor = page.atTip ? undefined : page.next;
      }
      return found;
    }),
  );
}

async function untilSent(feeder: Feeder, events: number): Promise<void> {
  while (feeder.state.sent < events) await feeder.changed();
}

describe('feeder over the real endpoint', () => {
  test('a feed stopped in the middle and started again is in the stream once, at the shards that Kinesis itself would choose', async () => {
    const { endpoint, client } = await withEndpoint();
    await ensureStream(client, 'events', 3);
    const source = kinesisSource(client, 'events');
    const lines = Array.from({ length: COUNT }, (_, n) => line(n));
    const path = await fileOf(lines);

    const first = startFeeder({ ...(await options(endpoint.endpoint, source, path)), aheadBytesMax: 60_000 });
    await untilSent(first, 200);
    await first.stop();
    const cut = (await first.finished).state;
    expect(cut).toMatchObject({ done: false });
    expect(cut.sent).toBeLessThan(COUNT);
    expect(first.positionMs()).toBeLessThan(COUNT * 1_000);

    const second = startFeeder(await options(endpoint.endpoint, source, path));
    const { state } = await second.finished;
    await second.stop();
    expect(state).toMatchObject({
      done: true,
      read: COUNT,
      sent: COUNT - cut.sent,
      skipped: cut.sent,
      positionMs: Number.POSITIVE_INFINITY,
    });
    const content = await contentOf(source);
    expect(
      content
        .flat()
        .map((text) => text.split(' ')[1])
        .sort(),
    ).toEqual(lines.toSorted());
    for (const [shard, events] of content.entries()) {
      const own = lines.filter((_, n) => events.some((event) => event.startsWith(`s${n % 40} `)));
      expect(events.map((text) => text.split(' ')[1])).toEqual(own);
      const info = (await source.shards())[shard];
      const { hash } = await import('node:crypto');
      for (const key of new Set(events.map((text) => text.split(' ')[0] ?? ''))) {
        const place = BigInt(`0x${hash('md5', key)}`);
        expect(place >= (info?.firstHash ?? 0n) && place <= (info?.lastHash ?? 0n)).toBe(true);
      }
    }
  });

  test('feeding and aligned reading at once, paused and woken by the gate, see every event', async () => {
    const { endpoint, client } = await withEndpoint();
    const stream = await ensureStream(client, 'events', 2);
    const source = kinesisSource(client, 'events');
    const path = await fileOf(Array.from({ length: COUNT }, (_, n) => line(n)));
    const feeder = startFeeder({ ...(await options(endpoint.endpoint, source, path)), aheadBytesMax: 5_000 });
    const barriers: number[] = [];
    let events = 0;
    const isComplete = await runAligned({
      source,
      stream,
      checkpoints: await Checkpoints.load(new MemoryStore(), stream),
      random: () => 0,
      feed: feeder,
      tileMs: TILE_MS,
      barrier: async (tileStartMs) => {
        barriers.push(tileStartMs);
      },
      handler: async (event) => {
        for (const { kinesis } of event.Records) {
          const { sequenceNumber, partitionKey, data } = kinesis;
          for (const { raw } of unpackRecord({ sequence: sequenceNumber, partitionKey, arrivalMs: 0, data })) {
            events++;
            const { event_time: time } = JSON.parse(Buffer.from(raw.bytes).toString()) as { event_time: string };
            expect(Math.floor(Date.parse(time) / TILE_MS) * TILE_MS).toBe(barriers.at(-1));
          }
        }
        return { batchItemFailures: [] };
      },
      onProgress: (_, done) => feeder.processed(done.reduce((bytes, { data }) => bytes + data.length, 0)),
    });
    await feeder.stop();
    expect(isComplete).toBe(true);
    expect(events).toBe(COUNT);
    expect(barriers).toEqual(Array.from({ length: COUNT / 60 }, (_, i) => i * TILE_MS));
  });

  test('input that cannot be read is a usage error that also ends the reading side', async () => {
    const { endpoint, client } = await withEndpoint();
    const stream = await ensureStream(client, 'events', 1);
    const source = kinesisSource(client, 'events');
    const path = await fileOf([line(1)]);
    const feeder = startFeeder({ ...(await options(endpoint.endpoint, source, path)), importSql: 'SELECT nothing FROM input' });
    const checkpoints = await Checkpoints.load(new MemoryStore(), stream);
    const handler = async () => ({ batchItemFailures: [] });
    const run = runAligned({
      source,
      stream,
      checkpoints,
      handler,
      random: () => 0,
      feed: feeder,
      tileMs: TILE_MS,
      barrier: async () => {},
    });
    await expect(run).rejects.toThrow(UsageError);
    await expect(feeder.finished).rejects.toThrow('import query is not one SELECT');
    await feeder.stop();
  });

  test('an event too large for any record is handed back, one too large for a pack goes alone', async () => {
    const { endpoint, client } = await withEndpoint();
    await ensureStream(client, 'events', 1);
    const source = kinesisSource(client, 'events');
    const path = await fileOf([line(0), 'y'.repeat(500_000), 'z'.repeat(1_100_000), line(1)]);
    const oversize: [number, number][] = [];
    const feeder = startFeeder({
      ...(await options(endpoint.endpoint, source, path)),
      onOversize: ({ ordinal, bytes }) => oversize.push([ordinal, bytes.length]),
    });
    const { state } = await feeder.finished;
    await feeder.stop();
    expect(oversize).toEqual([[2, 1_100_000]]);
    expect(state).toMatchObject({ read: 4, sent: 3, oversize: 1, done: true });
    expect((await contentOf(source))[0]?.map((text) => text.length)).toEqual([`s0 ${line(0)}`.length, 500_009, `s1 ${line(1)}`.length]);
  });
});
