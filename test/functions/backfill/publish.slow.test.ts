import { describe, expect, test } from 'vitest';
import { type Answer, firstAnswer } from '../../../functions/backfill/approval.ts';
import { readCorrections } from '../../../functions/backfill/corrections.ts';
import { compensate } from '../../../functions/backfill/publish.ts';
import type { Publication } from '../../../functions/backfill/summarise.ts';
import { APPROVAL, PUBLICATIONS, Work } from '../../../functions/backfill/work.ts';
import { compactLake } from '../../../lake/compaction/lake.ts';
import { NOW_POLICY } from '../../../lake/compaction/plan.ts';
import { replacePartition } from '../../../lake/compaction/replace.ts';
import { readPartition } from '../../../lake/generations/state.ts';
import { partitionOf } from '../../../lake/names.ts';
import { STORY_MS, tellStory } from './story.ts';
import { BackfillWorld } from './world.ts';

const ALL = { from: '2025-12-01', to: '2025-12-02' };
const ROWS = 'SELECT * EXCLUDE (revision) FROM';

async function told(seed: number, records = 400): Promise<BackfillWorld> {
  const one = new BackfillWorld();
  await tellStory(one.world, { seed, records });
  await one.land();
  return one;
}

/** What `minute` would be if late events had come in time: independent SQL over the events themselves. */
const MINUTES_WITH_LATE = `
  SELECT currency, date_trunc('minute', event_time) AS window_start, count(*) AS count, CAST(sum(amount_minor) AS BIGINT) AS sum_minor
  FROM (SELECT *, row_number() OVER (PARTITION BY card, event_id ORDER BY lane, length(sequence), sequence, sub_sequence) AS nth FROM landing.payments)
  WHERE nth = 1 GROUP BY ALL ORDER BY ALL`;
const MINUTES = 'SELECT currency, window_start, count, sum_minor FROM minute ORDER BY ALL';

describe('correct', () => {
  test.each([1, 2, 3])('folds exactly the late events into the aggregates: story %i', async (seed) => {
    const one = await told(seed);
    const expected = await one.rows(MINUTES_WITH_LATE);
    expect(await one.rows(MINUTES)).not.toEqual(expected);
    const decisions = await one.rows('SELECT * FROM decisions ORDER BY ALL');
    const done = await one.backfill('c', { mode: 'correct', ...ALL });
    expect(done.published).toBeGreaterThan(0);
    expect(await one.rows(MINUTES)).toEqual(expected);
    expect(await one.rows('SELECT * FROM decisions ORDER BY ALL')).toEqual(decisions);
  });

  test('changes only what late events change: other rows keep their revision', async () => {
    const one = await told(4);
    const before = await one.rows('SELECT * FROM minute ORDER BY ALL');
    const { added, changed, removed } = await one.backfill('c', { mode: 'correct', ...ALL, tables: ['minute'] });
    expect(removed).toBe(0);
    const after = await one.rows('SELECT * FROM minute ORDER BY ALL');
    const kept = after.filter((row) => before.includes(row));
    expect(after.length - kept.length).toBe(added + changed);
    expect(await one.rows('SELECT DISTINCT revision FROM minute ORDER BY 1')).toEqual(['[0]', '[1]']);
  });

  test('is what a later verification expects, and again changes nothing', async () => {
    const one = await told(5);
    await one.backfill('c', { mode: 'correct', ...ALL });
    expect(await one.backfill('v', { mode: 'verify', ...ALL })).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0 });
    expect(await one.backfill('c2', { mode: 'correct', ...ALL })).toMatchObject({ added: 0, changed: 0, removed: 0, published: 0 });
  });

  test('of some hours leaves late events of others out', async () => {
    const one = await told(6, 700);
    const hours = { from: '2025-12-01T01:00Z', to: '2025-12-01T03:00Z' };
    await one.backfill('c', { mode: 'correct', ...hours });
    const outside = "SELECT * FROM minute WHERE window_start >= TIMESTAMP '2025-12-01 03:00:00' AND revision > 0";
    expect(await one.rows(outside)).toEqual([]);
    expect(await one.backfill('v', { mode: 'verify', ...ALL })).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0 });
  });

  test('stays when the hours are compacted afterwards, and takes late files in', async () => {
    const one = await told(5);
    await one.backfill('c', { mode: 'correct', ...ALL });
    const corrected = await one.rows('SELECT * FROM minute ORDER BY ALL');
    const ports = await one.ports();
    await one.deliver([{ table: 'minute', rows: [one.anyRow('minute')] }]);
    await compactLake(ports.lake, { tables: one.tables, policy: NOW_POLICY });
    expect(await one.rows('SELECT * FROM minute ORDER BY ALL')).toEqual(corrected);
  });
});

describe('rebuild', () => {
  test('publishes aggregates anew, whatever has become of them', async () => {
    const one = await told(2);
    const before = await one.rows(`${ROWS} sliding WHERE window_start >= TIMESTAMP '2025-12-01' ORDER BY ALL`);
    for (const { key } of await one.lake.list('sliding/')) await one.lake.remove(key);
    expect(await one.rows(`${ROWS} sliding ORDER BY ALL`)).toEqual([]);
    const done = await one.backfill('r', { mode: 'rebuild', ...ALL, tables: ['sliding'] });
    expect(done).toMatchObject({ rows_before: 0, added: before.length, changed: 0, removed: 0 });
    expect(await one.rows(`${ROWS} sliding ORDER BY ALL`)).toEqual(before);
  });
});

describe('what-if decisions', () => {
  test('stand beside those that were made, by version', async () => {
    const one = await told(3);
    const [strict] = one.world.ruleList;
    one.rules = (version) =>
      version === 'v2' && strict !== undefined ? [{ ...strict, condition: 'event.amount_minor > 100' }] : one.world.ruleList;
    const made = await one.rows('SELECT * FROM decisions ORDER BY ALL');
    await one.backfill('w', { mode: 'verify', ...ALL, rulesVersion: 'v2' });
    expect(await one.rows('SELECT * FROM decisions ORDER BY ALL')).toEqual(made);
    const [counts] = await one.rows(`
      SELECT (SELECT count(*) FROM decisions), count(*), count(*) FILTER (WHERE outcome = 'decline'), (SELECT count(*) FROM payments WHERE amount_minor > 100)
      FROM what_if_decisions WHERE rule_set_version = 'v2'`);
    const [decided, judged, declined, dear] = JSON.parse(counts ?? '[]') as string[];
    expect(judged).toBe(decided);
    expect(declined).toBe(dear);
  });
});

describe('two operators at once', () => {
  test('cannot publish the same hours: the second is told who is at it', async () => {
    const one = await told(1);
    const { createBackfill } = await import('../../../functions/backfill/handler.ts');
    const run = createBackfill(await one.ports());
    await run({ step: 'plan', id: 'first', request: { mode: 'correct', ...ALL } });
    await expect(one.backfill('second', { mode: 'rebuild', ...ALL })).rejects.toThrow('BACKFILL_OVERLAPS: backfill first (correct');
    await run({ step: 'report', id: 'first', failure: { Error: 'Abandoned' } });
    await expect(one.backfill('third', { mode: 'correct', ...ALL })).resolves.toMatchObject({ id: 'third' });
  });
});

describe('taking back', () => {
  test('is refused as a whole if an erasure stands on one of its hours; what is published and its correction stay', async () => {
    const one = await told(5);
    await one.backfill('c', { mode: 'correct', ...ALL });
    const ports = await one.ports();
    const work = new Work(ports.work, 'c');
    const [publication] = await work.read<Publication[]>(PUBLICATIONS);
    const table = one.tables.find(({ name }) => name === publication?.table);
    if (publication === undefined || table === undefined) throw new Error('nothing was published');
    const partition = partitionOf(publication.startMs);
    const state = await readPartition(one.lake, table.name, partition);
    await replacePartition(ports.lake, table, state, { inputs: [], origin: 'erasure/e' });
    const erased = await one.rows(`SELECT * FROM ${table.name} ORDER BY ALL`);
    const others = await one.rows('SELECT * FROM sliding ORDER BY ALL');
    await expect(compensate(ports, work)).rejects.toThrow(
      /^PARTITION_CHANGED: .* cannot go back to before backfill\/c: erasure\/e has published/,
    );
    expect(await one.rows(`SELECT * FROM ${table.name} ORDER BY ALL`)).toEqual(erased);
    expect(await one.rows('SELECT * FROM sliding ORDER BY ALL')).toEqual(others);
    expect(await readCorrections(one.lake)).toHaveLength(1);
  });

  test('takes back what compaction made of it since', async () => {
    const one = await told(5);
    const before = await one.rows('SELECT * FROM minute ORDER BY ALL');
    await one.backfill('c', { mode: 'correct', ...ALL });
    const ports = await one.ports();
    await one.deliver([{ table: 'minute', rows: [one.anyRow('minute')] }]);
    await compactLake(ports.lake, { tables: one.tables, policy: NOW_POLICY });
    await compensate(ports, new Work(ports.work, 'c'));
    expect(await one.rows('SELECT * FROM minute ORDER BY ALL')).toEqual(before);
    expect(await readCorrections(one.lake)).toEqual([]);
  });
});

test('of two words given at a moment the first counts, and the second is told', async () => {
  const one = await told(1);
  const work = new Work({ objects: one.work, files: one.work }, 'asked');
  await work.write(APPROVAL, { askedMs: 0, token: 't' });
  const said = (by: string, isApproved: boolean): Answer => ({ by, isApproved, atMs: 1 });
  const answers = await Promise.all([firstAnswer(work, said('ada', true)), firstAnswer(work, said('bo', false))]);
  expect(new Set(answers.map(({ answer }) => answer.by)).size).toBe(1);
  expect((await work.find<{ answer: Answer }>(APPROVAL))?.answer).toEqual(answers[0]?.answer);
  expect((await firstAnswer(work, said('cy', false))).answer).toEqual(answers[0]?.answer);
});

test('a range that is not final is refused by name', async () => {
  const one = await told(1);
  const later = new Date(STORY_MS + 30 * 86_400_000).toISOString();
  const last = new Date(STORY_MS + 31 * 86_400_000).toISOString();
  await expect(one.backfill('v', { mode: 'verify', from: later, to: last })).rejects.toThrow('NOTHING_FINAL');
});
