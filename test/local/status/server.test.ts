import { request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { positionOf } from '../../../core/decode/position.ts';
import type { BatchStats } from '../../../functions/process-stream/handler.ts';
import { DecidedFeed } from '../../../local/status/feed.ts';
import { startStatus } from '../../../local/status/server.ts';

/** A finished sub-batch whose last record has this sequence number. */
function stats(sequence: number): BatchStats {
  const raw = {
    position: positionOf(String(sequence), 0),
    sequence: String(sequence),
    subSequence: 0,
    arrivalMs: 0,
    partitionKey: 'k',
    bytes: Buffer.alloc(0),
  };
  return { shardId: 's', deliveredMs: sequence * 10, verdicts: [{ raw, lane: 'duplicate', watermarkMs: null, isFresh: false }] };
}

async function served(feed: DecidedFeed) {
  const server = await startStatus(feed, 15_000);
  onTestFinished(() => server.close());
  return server.url;
}

test('each batch is told once to who asks with the number that came with the last answer', async () => {
  const feed = new DecidedFeed();
  const url = await served(feed);
  feed.observe(stats(1));
  feed.observe(stats(2));
  const first = (await (await fetch(`${url}/status`)).json()) as { next: number; batches: { decidedMs: number }[]; flushMs: number };
  expect(first).toMatchObject({ next: 2, flushMs: 15_000 });
  expect(first.batches.map(({ decidedMs }) => decidedMs)).toEqual([10, 20]);
  feed.observe(stats(3));
  const second = (await (await fetch(`${url}/status?after=${first.next}`)).json()) as typeof first;
  expect(second.batches).toEqual([{ shardId: 's', hi: positionOf('3', 0), decidedMs: 30 }]);
});

test('memory is bounded: the oldest batches go, and numbers go on', () => {
  const feed = new DecidedFeed();
  for (let i = 1; i <= 100_000; i++) feed.observe(stats(i));
  const { next, batches } = feed.page(0);
  expect(next).toBe(100_000);
  expect(batches.length).toBeLessThan(40_000);
  expect(feed.page(99_999).batches.map(({ decidedMs }) => decidedMs)).toEqual([1_000_000]);
});

test('other paths and pages of other hosts get nothing', async () => {
  const url = await served(new DecidedFeed());
  expect((await fetch(`${url}/state`)).status).toBe(404);
  expect((await fetch(`${url}/status`, { method: 'POST' })).status).toBe(404);
  const status = await new Promise((resolve) =>
    request(`${url}/status`, { headers: { host: 'evil.example' } }, (answer) => resolve(answer.statusCode)).end(),
  );
  expect(status).toBe(404);
});
