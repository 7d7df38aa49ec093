import { describe, expect, test } from 'vitest';
import { compactLake } from '../../../lake/compaction/lake.ts';
import { NOW_POLICY } from '../../../lake/compaction/plan.ts';
import { filesWith } from '../../local/erasure/world.ts';
import type { BackfillWorld } from '../backfill/world.ts';
import { ALL, forgetCard, told } from './world.ts';

const CARD = 'card-3';
const SAME = { added: 0, changed: 0, removed: 0, faults: 0, sketches: 0 };

async function compacted(one: BackfillWorld): Promise<void> {
  const { lake } = await one.ports();
  expect((await compactLake(lake, { tables: one.tables, policy: NOW_POLICY })).failed).toEqual([]);
}

async function verified(one: BackfillWorld, id: string): Promise<void> {
  expect(await one.backfill(id, { mode: 'verify', ...ALL })).toMatchObject(SAME);
}

describe('after forget a replay of the archive gives what is published', () => {
  test('row for row, of decisions, windows, sessions and bad data', async () => {
    const one = await told(22, CARD);
    const { receipt } = await forgetCard(one, CARD);
    expect(new Set(receipt.partitions.map(({ table }) => table))).toEqual(
      new Set(['archive', 'payments', 'labels', 'runs', 'decisions', 'alerts', 'late_events', 'quarantine']),
    );
    await verified(one, 'after');
    // A replay goes by the key of the bytes: the column beside them must say the same.
    const differ = 'SELECT a.key, p.card FROM archive a JOIN payments p USING (shard_id, sequence, sub_sequence) WHERE a.key <> p.card';
    expect(await one.rows(differ)).toEqual([]);
    expect(await filesWith(one.lake.root, [CARD])).toEqual([]);
  }, 240_000);

  test('where late events were folded in before, or are folded in afterwards', async () => {
    const [before, after] = [await told(24, CARD), await told(24, CARD)];
    expect((await before.backfill('c', { mode: 'correct', ...ALL })).published).toBeGreaterThan(0);
    await forgetCard(before, CARD);
    await verified(before, 'v');
    await forgetCard(after, CARD);
    expect((await after.backfill('c', { mode: 'correct', ...ALL })).published).toBeGreaterThan(0);
    await verified(after, 'v');
    for (const table of ['minute', 'hourly', 'runs'])
      expect(await after.rows(`SELECT * FROM ${table} ORDER BY ALL`)).toEqual(await before.rows(`SELECT * FROM ${table} ORDER BY ALL`));
  }, 240_000);

  test('where the lake was compacted before, and is compacted afterwards, and for the next card', async () => {
    const one = await told(25, CARD);
    await compacted(one);
    await forgetCard(one, CARD);
    await verified(one, 'v1');
    await forgetCard(one, 'card-1');
    await compacted(one);
    await verified(one, 'v2');
    expect(await filesWith(one.lake.root, ['card-1', CARD])).toEqual([]);
  }, 240_000);
});

test('decisions under other rules are masked with all others', async () => {
  const one = await told(27, CARD);
  await one.backfill('w', { mode: 'verify', ...ALL, rulesVersion: 'other' });
  const count = 'SELECT count(*), count(DISTINCT card) FROM what_if_decisions';
  const rows = await one.rows(count);
  const { receipt } = await forgetCard(one, CARD);
  expect(receipt.partitions.map(({ table }) => table)).toContain('what_if_decisions');
  expect(await one.rows(count)).toEqual(rows);
  expect(await one.rows(`SELECT * FROM what_if_decisions w ANTI JOIN decisions d USING (card, event_id)`)).toEqual([]);
  expect(await filesWith(one.root, [CARD])).toEqual([]);
}, 240_000);
