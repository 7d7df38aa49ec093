import { describe, expect, test, vi } from 'vitest';
import { STORY_MS } from '../backfill/story.ts';
import { history, LoadWorld, timeOf } from './world.ts';

const HOUR_MS = 3_600_000;
vi.setConfig({ testTimeout: 120_000 });
const DAYS = { from: '2025-12-01', to: '2025-12-03' };

test.each([1, 2])('loaded history has the windows and event rows that the stream gives it: story %i', async (seed) => {
  const lines = history(seed, 200);
  const [streamed, loaded] = [new LoadWorld(), new LoadWorld()];
  await streamed.stream(lines);
  const expected = await streamed.plainTables();
  const done = await loaded.load('a', lines);
  expect(done).toMatchObject({ faults: 0, changed: 0, removed: 0 });
  expect(await loaded.plainTables()).toEqual(expected);
  for (const table of ['payments', 'labels', 'quarantine', 'minute', 'sliding', 'hourly', 'runs'])
    expect(expected[table]?.length, table).toBeGreaterThan(2);
  const lanes = "SELECT lane, count(*) FROM archive WHERE kind = 'record' GROUP BY ALL ORDER BY ALL";
  expect(await loaded.rows(lanes)).toEqual(await streamed.rows(lanes));
  expect((await loaded.rows(lanes)).length).toBe(3);
  expect(await loaded.rows('SELECT * FROM decisions')).toEqual([]);
  expect(await loaded.backfill('v', { mode: 'verify', ...DAYS })).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0 });
});

test('what rules would have decided about loaded events is what they decided where the same events were streamed', async () => {
  const lines = history(3, 250, { stepS: 200 });
  const [streamed, loaded] = [new LoadWorld(), new LoadWorld()];
  await streamed.stream(lines);
  await loaded.load('a', lines);
  await loaded.backfill('w', { mode: 'verify', ...DAYS, rulesVersion: 'v1' });
  const decisions = await streamed.plain('decisions');
  expect(await loaded.plain('what_if_decisions')).toEqual(decisions);
  expect(decisions.length).toBeGreaterThan(100);
  expect(new Set(decisions.map((row) => /frauds_4h\\":(\d+)/.exec(row)?.[1])).size).toBeGreaterThan(2);
});

test('lines in any order are loaded in the order of event time', async () => {
  const lines = history(4, 120).filter((line) => typeof line !== 'string');
  const [ordered, shuffled] = [new LoadWorld(), new LoadWorld()];
  await ordered.load('a', lines);
  await shuffled.load(
    'a',
    lines.toReversed().sort((a, b) => Math.floor(timeOf(a) / 1e7) - Math.floor(timeOf(b) / 1e7)),
  );
  expect(await shuffled.plainTables()).toEqual(await ordered.plainTables());
});

describe('history that ends where the stream begins', () => {
  // Long enough for labels of the load to be old enough for features of the stream.
  const lines = history(5, 200, { stepS: 200 });
  const splitMs = STORY_MS + 1.4 * HOUR_MS;
  const before = lines.filter((_, i) => timeOf(lines.slice(0, i + 1).findLast((line) => typeof line !== 'string') ?? '') < splitMs);
  // The stream cannot know what was loaded: an id that comes again there is another event.
  const known = new Set(before.map((line) => (typeof line === 'string' ? '' : line['event_id'])));
  const since = lines.slice(before.length).filter((line) => typeof line === 'string' || !known.has(line['event_id']));

  async function touching(): Promise<LoadWorld> {
    const one = new LoadWorld();
    await one.stream(since);
    await one.load('a', before);
    return one;
  }

  test('shares windows and sessions with it, as if all had been streamed; every row of the stream stays verified', async () => {
    const [whole, one] = [new LoadWorld(), await touching()];
    await whole.stream([...before, ...since]);
    expect(before.length).toBeGreaterThan(50);
    for (const table of ['minute', 'sliding', 'hourly', 'runs']) expect(await one.plain(table), table).toEqual(await whole.plain(table));
    const ranges = [DAYS, { from: '2025-12-01T01:00Z', to: '2025-12-01T02:00Z' }, { from: '2025-12-01T02:00Z', to: '2025-12-01T03:00Z' }];
    for (const [i, range] of ranges.entries()) {
      const done = await one.backfill(`v${i}`, { mode: 'verify', ...range });
      expect(done, range.from).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0, contested: 0 });
      expect(done.rows_before).toBeGreaterThan(50);
    }
  });

  test('leaves its decisions as they were made: they know the stream only', async () => {
    const one = await touching();
    const [decided] = await one.rows('SELECT count(*) FROM decisions');
    await one.backfill('w', { mode: 'verify', ...DAYS, rulesVersion: 'v1' });
    const both = `SELECT count(*) FROM decisions d JOIN what_if_decisions w USING (card, event_id, event_time, shard_id)
      WHERE d.features = w.features AND d.outcome = w.outcome`;
    expect(await one.rows(both)).toEqual([decided]);
    expect(Number(JSON.parse(decided ?? '[0]')[0])).toBeGreaterThan(50);
  });
});

test.each(['early', 'late'] as const)('loads that meet on the hour share windows and sessions: %s first', async (first) => {
  const lines = history(6, 200).filter((line) => typeof line !== 'string');
  const splitMs = STORY_MS + HOUR_MS;
  const parts = { early: lines.filter((line) => timeOf(line) < splitMs), late: lines.filter((line) => timeOf(line) >= splitMs) };
  const second = first === 'early' ? 'late' : 'early';
  const [whole, one] = [new LoadWorld(), new LoadWorld()];
  await whole.load('w', lines);
  await one.load(first, parts[first]);
  await one.load(second, parts[second]);
  for (const table of ['minute', 'sliding', 'hourly', 'runs']) expect(await one.plain(table), table).toEqual(await whole.plain(table));
  expect(await one.backfill('v', { mode: 'verify', ...DAYS })).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0, contested: 0 });
});

test('a stream that begins after a load publishes the windows that they share without it: verification says so, and a rebuild mends them', async () => {
  const lines = history(7, 120).filter((line) => typeof line !== 'string');
  const [before, since] = [lines.slice(0, 60), lines.slice(60)];
  const known = new Set(before.map((line) => line['event_id']));
  const fresh = since.filter((line) => !known.has(line['event_id']));
  const [whole, one] = [new LoadWorld(), new LoadWorld()];
  await whole.stream([...before, ...fresh]);
  await one.load('a', before);
  await one.stream(fresh);
  await expect(one.backfill('v', { mode: 'verify', ...DAYS })).rejects.toThrow('what is published is not what a replay gives');
  await one.backfill('r', { mode: 'rebuild', ...DAYS });
  for (const table of ['minute', 'sliding', 'hourly', 'runs']) expect(await one.plain(table), table).toEqual(await whole.plain(table));
  expect(await one.backfill('w', { mode: 'verify', ...DAYS })).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0 });
});
