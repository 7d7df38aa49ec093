import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { unpackBytes } from '../../../core/decode/unpack.ts';
import { summaryOf } from '../../../load-test/report/summary.ts';
import { SHARD_LIMITS } from '../../../load-test/send/shard-queue.ts';
import { totalOf } from '../../../load-test/send/tally.ts';
import { kinesisServer, type PutRecord } from '../kinesis-server.ts';
import { loadOf } from './loads.ts';

const THROTTLED = 'ProvisionedThroughputExceededException';
/** Payments alone, one after the other. */
const PLAIN = ['events.duplicates=0', 'events.poison=0', 'events.late.share=0', 'events.out_of_order.share=0'];

function ordinals(taken: readonly PutRecord[], shard: number): number[] {
  return taken.filter((record) => record.shard === shard).map(({ data }) => Number(/"event_id":"ltest-0-(\d+)"/.exec(data)?.[1]));
}

describe('a load', () => {
  test('offers what its schedule says and counts what the stream took', async () => {
    const server = await kinesisServer(() => ({}));
    const result = await loadOf(server.endpoint, 300, 2, { producers: 2 });
    expect(totalOf(result.tally.offered)).toBeGreaterThan(480);
    expect(totalOf(result.tally.sent)).toBe(server.taken.length);
    expect(result.tally.sent).toEqual(result.tally.offered);
    expect(summaryOf(result)).toMatchObject({ sent: server.taken.length, throttled: 0, accepted: null, lost: null });
    expect(new Set(server.taken.map(({ key }) => key)).size).toBeGreaterThan(300);
  });

  test('sends throttled records again before any later one of their shard', async () => {
    // Of the first ten calls everything from the second record on is refused; other producers took the shards' rates.
    const server = await kinesisServer((call, number) => ({
      codes: number > 10 ? {} : Object.fromEntries(call.slice(1).map((_, i) => [i + 1, THROTTLED])),
    }));
    const result = await loadOf(server.endpoint, 400, 2, { settings: PLAIN });
    expect(result.tally.throttled).toBeGreaterThan(10);
    expect(totalOf(result.tally.sent)).toBe(totalOf(result.tally.offered));
    for (const shard of [0, 1]) {
      const order = ordinals(server.taken, shard);
      expect(order.length).toBeGreaterThan(200);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
  });

  test('packs as the KPL does, one record of a shard a call, with every event in it', async () => {
    const server = await kinesisServer(() => ({}));
    const result = await loadOf(server.endpoint, 400, 1, { aggregate: true, settings: PLAIN });
    const events = server.taken.flatMap(({ data, key }) =>
      unpackBytes({ sequence: '1', arrivalMs: 0, partitionKey: key, bytes: Buffer.from(data, 'latin1') }),
    );
    expect(events.length).toBe(totalOf(result.tally.sent));
    expect(server.taken.length).toBeLessThan(events.length);
    for (const call of server.calls) expect(new Set(call.map(({ shard }) => shard)).size).toBe(call.length);
  });

  test('sends a shard no more than its limits, and says how long that takes', async () => {
    const server = await kinesisServer(() => ({}));
    const limits = { recordsPerSecond: 50, bytesPerSecond: SHARD_LIMITS.bytesPerSecond };
    const result = await loadOf(server.endpoint, 300, 2, { limits, giveUpMs: 20_000 });
    // Two buckets of 50 and 100 a second: 600 events take about five seconds.
    expect(result.sendS).toBeGreaterThan(4);
    expect(totalOf(result.tally.sent)).toBe(totalOf(result.tally.offered));
    expect(result.put.percentile(90) / 1_000).toBeGreaterThan(1_500);
  });
});

describe('a run that cannot be believed says so, with an account of what was sent and no latency', () => {
  test('when the target is not there', async () => {
    const server = await kinesisServer(() => ({}));
    await server.close();
    const result = await loadOf(server.endpoint, 100, 1);
    expect(summaryOf(result)).toMatchObject({ offered: 0, sent: 0, latency_ms: null, valid: false });
    expect(result.reasons[0]).toMatch(
      /^the target failed: kinesis:ListShards on stream s failed .*ECONNREFUSED.*Check the network, the endpoint/,
    );
  });

  test('when the target refuses for good', async () => {
    const server = await kinesisServer((_, number) => (number > 5 ? { error: { status: 400, code: 'AccessDeniedException' } } : {}));
    const result = await loadOf(server.endpoint, 200, 30);
    expect(summaryOf(result)).toMatchObject({ sent: server.taken.length, latency_ms: null, valid: false });
    expect(result.reasons[0]).toContain('kinesis:PutRecords on stream s failed (AccessDeniedException: as told). Allow kinesis:PutRecords');
  });

  test('when the target throttles for ever', async () => {
    const server = await kinesisServer((call, number) => ({
      codes: number > 3 ? Object.fromEntries(call.map((_, i) => [i, THROTTLED])) : {},
    }));
    const result = await loadOf(server.endpoint, 200, 30, { giveUpMs: 1_500 });
    expect(summaryOf(result)).toMatchObject({ sent: server.taken.length, latency_ms: null, valid: false });
    expect(result.tally.throttled).toBeGreaterThan(result.tally.backlog / 2);
    expect(result.reasons[0]).toMatch(/shard shardId-\d took nothing for 2 s \(ProvisionedThroughputExceededException: as told\)/);
  });

  test('when the target vanishes', async () => {
    const server = await kinesisServer((_, number) => {
      if (number === 20) setImmediate(() => void server.close());
      return {};
    });
    const result = await loadOf(server.endpoint, 200, 30, { giveUpMs: 1_500 });
    const { sent, valid, latency_ms } = summaryOf(result);
    expect([valid, latency_ms]).toEqual([false, null]);
    // Calls under way as it went may have been taken without an answer.
    expect(server.taken.length).toBeGreaterThanOrEqual(sent);
    expect(server.taken.length).toBeLessThanOrEqual(sent + totalOf(result.tally.uncertain));
    expect(sent).toBeGreaterThan(20);
    expect(result.reasons[0]).toMatch(/took nothing for 2 s \(.*ECONNREFUSED/);
  });

  test('when the generator is too slow for its own schedule', async () => {
    const server = await kinesisServer(() => ({}));
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 4_000);
    const result = await loadOf(server.endpoint, 1_000_000, 1, { signal: abort.signal, settings: ['events.customers=50'] });
    expect(result.reasons.join(' ')).toMatch(
      /the generator was too slow for its own schedule: 1 % of the events were ready \d+ ms after their time/,
    );
    expect(summaryOf(result).latency_ms).toBeNull();
  }, 60_000);

  test('when it is interrupted', async () => {
    const server = await kinesisServer(() => ({}));
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 1_000);
    const result = await loadOf(server.endpoint, 200, 600, { signal: abort.signal });
    expect(result.sendS).toBeLessThan(20);
    expect(summaryOf(result)).toMatchObject({ sent: server.taken.length, valid: false });
    expect(result.reasons).toContain('it was interrupted');
  });
});

test('events whose call got no answer are sent again and counted as perhaps twice there', async () => {
  const server = await kinesisServer((_, number) => (number === 4 ? { cut: true, takesAnyway: true } : {}));
  const result = await loadOf(server.endpoint, 300, 2);
  expect(totalOf(result.tally.sent)).toBe(totalOf(result.tally.offered));
  expect(server.taken.length - totalOf(result.tally.sent)).toBe(totalOf(result.tally.uncertain));
  expect(totalOf(result.tally.uncertain)).toBe(server.calls[3]?.length);
});

test('a stall shows in the percentiles of the open model, and hides from a closed loop', async () => {
  const [secondsAll, stallFrom, stallTo] = [6, 2_000, 4_000];
  let startMs = 0;
  const server = await kinesisServer(async () => {
    const at = Date.now() - startMs;
    if (at > stallFrom && at < stallTo) await sleep(stallTo - at);
    return {};
  });
  startMs = Date.now();
  const closed = await closedLoop(server.endpoint, secondsAll);
  startMs = Date.now() + 200;
  const open = await loadOf(server.endpoint, 100, secondsAll, { giveUpMs: 20_000 });
  const openMs = (percent: number): number => open.put.percentile(percent) / 1_000;
  // A third of the schedule falls into the stall, and waits between none and all of it: a tenth of all events for more than 1.4 s.
  expect(openMs(90)).toBeGreaterThan(1_000);
  expect(openMs(99)).toBeGreaterThan(1_600);
  // The closed loop sent one call into the stall, and none while it waited.
  expect(closed.at(Math.floor(closed.length * 0.9)) ?? 0).toBeLessThan(300);
  expect(closed.at(Math.floor(closed.length * 0.99)) ?? 0).toBeLessThan(1_000);
  expect(closed.at(-1) ?? 0).toBeGreaterThan(1_500);
}, 60_000);

/** The generator that load tests usually are: a call, its answer, a short rest, the next call. Latencies, sorted. */
async function closedLoop(endpoint: string, seconds: number): Promise<number[]> {
  const latencies: number[] = [];
  const body = JSON.stringify({ StreamName: 's', Records: [{ PartitionKey: 'k', Data: 'e30=' }] });
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Kinesis_20131202.PutRecords' };
  for (const endMs = Date.now() + seconds * 1_000; Date.now() < endMs; ) {
    const before = performance.now();
    await (await fetch(endpoint, { method: 'POST', headers, body })).arrayBuffer();
    latencies.push(performance.now() - before);
    await sleep(8);
  }
  return latencies.sort((a, b) => a - b);
}
