import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ObjectFiles } from '../../../core/ports.ts';
import { shardsPk } from '../../../core/state/keys.ts';
import { createBackfill } from '../../../functions/backfill/handler.ts';
import { assertNoErasure } from '../../../functions/forget/backfills.ts';
import { forget, planForget } from '../../../functions/forget/forget.ts';
import { listReceipts } from '../../../lake/erasure/receipts.ts';
import { filesWith } from '../../local/erasure/world.ts';
import type { BackfillWorld } from '../backfill/world.ts';
import { ALL, forgetCard, forgetPorts, forgetRequest, told } from './world.ts';

const CARD = 'card-3';
const DECISIONS = 'SELECT event_id, outcome, score FROM decisions ORDER BY ALL';
const SAME = { added: 0, changed: 0, removed: 0, faults: 0 };

/** Files of a store that lets nothing be written below a folder. */
function refusing(files: ObjectFiles, folder: string): ObjectFiles {
  return {
    scratch: (name) => files.scratch(name),
    open: (key) => files.open(key),
    part: (key, from, to) => files.part(key, from, to),
    release: (paths) => files.release(paths),
    store: async (key, path) => {
      if (key.startsWith(folder)) throw new Error(`EACCES: permission denied, ${key}`);
      await files.store(key, path);
    },
  };
}

async function stoppedErasure(one: BackfillWorld): Promise<void> {
  const ports = await forgetPorts(one);
  await expect(forget({ ...ports, files: refusing(ports.files, 'decisions/') }, forgetRequest(one, CARD))).rejects.toThrow(
    /^STORE_DENIED: decisions 2025-12-01 00/,
  );
  ports.engine.rest();
}

test('a denied permission: old rows stay readable, the error says so, and the same command finishes it', async () => {
  const one = await told(31, CARD);
  const decisions = await one.rows(DECISIONS);
  await stoppedErasure(one);
  expect(await one.rows(DECISIONS)).toEqual(decisions);
  expect(await one.rows(`SELECT count(*) > 0 FROM decisions WHERE card = '${CARD}'`)).toEqual(['[true]']);
  expect((await listReceipts(one.lake)).map(({ status }) => status)).toEqual(['begun']);
  await forgetCard(one, CARD);
  expect((await listReceipts(one.lake)).map(({ status }) => status)).toEqual(['done']);
  expect(await one.rows(DECISIONS)).toEqual(decisions);
  expect(await filesWith(one.lake.root, [CARD])).toEqual([]);
}, 240_000);

test('two operators who forget one card at once: it is masked, and each row is there once', async () => {
  const one = await told(32, CARD);
  const decisions = await one.rows(DECISIONS);
  const both = [await forgetPorts(one), await forgetPorts(one)];
  const ends = await Promise.allSettled(both.map((ports) => forget(ports, forgetRequest(one, CARD))));
  for (const { engine } of both) engine.rest();
  expect(ends.map(({ status }) => status)).toContain('fulfilled');
  // Whoever lost a race for an hour says so, and finds nothing to do afterwards.
  const ports = await forgetPorts(one);
  await forget(ports, forgetRequest(one, CARD));
  expect((await planForget(ports, forgetRequest(one, CARD))).partitions).toEqual([]);
  ports.engine.rest();
  expect(await one.rows(DECISIONS)).toEqual(decisions);
  expect(await filesWith(one.lake.root, [CARD])).toEqual([]);
  await assertNoErasure(one.work);
  expect(await one.backfill('v', { mode: 'verify', ...ALL })).toMatchObject(SAME);
}, 240_000);

test('a file that was set aside goes; one that nobody can read stays, and the receipt names it', async () => {
  const one = await told(33, CARD);
  const [landed] = await filesWith(join(one.lake.root, 'payments', 'landing'), [CARD]);
  const stored = await one.lake.get(`payments/landing/${landed}`);
  const [good, torn] = ['good', 'torn'].map((name) => `payments/aside/dt=2025-12-01/hour=00/${name}.parquet`);
  for (const key of [good ?? '', torn ?? '']) await one.lake.put(key, stored?.body ?? new Uint8Array());
  truncateSync(join(one.lake.root, torn ?? ''), 100);
  const { receipt } = await forgetCard(one, CARD);
  const left = (await one.lake.list('payments/aside/')).map(({ key }) => key);
  expect(left).not.toContain(good);
  expect(receipt.remains.filter((text) => text.startsWith('payments/'))).toEqual(
    left.map((key) => `${key}: cannot be read; look at it and remove it by hand`),
  );
}, 240_000);

test('a batch that was begun and not finished must be finished first, and nothing is masked before', async () => {
  const one = await told(38, CARD);
  const rows = await one.rows(DECISIONS);
  const [shard] = await one.world.store.query(shardsPk('1'));
  if (shard === undefined) throw new Error('no shard');
  const state = { ...(JSON.parse(shard.body) as object), through: '9'.repeat(60) };
  await one.world.store.put([{ pk: shardsPk('1'), sk: shard.sk, expectedVersion: shard.version, body: JSON.stringify(state) }]);
  await expect(forgetCard(one, CARD)).rejects.toThrow('a batch that was begun and not finished');
  expect(await listReceipts(one.lake)).toEqual([]);
  await assertNoErasure(one.work);
  expect(await one.rows(DECISIONS)).toEqual(rows);
}, 240_000);

describe('a backfill and an erasure', () => {
  test('one that was stopped must be finished or given up first, and says how', async () => {
    const one = await told(34, CARD);
    const run = createBackfill(await one.ports());
    await run({ step: 'plan', id: 'stopped', request: { mode: 'verify', ...ALL } });
    await run({ step: 'shuffle', id: 'stopped' });
    expect(await filesWith(one.work.root, [CARD])).not.toEqual([]);
    await expect(forgetCard(one, CARD)).rejects.toThrow(
      /^backfills: got "stopped \(verify\), which has not ended".*--resume stopped, or give it up with --abandon stopped/,
    );
    expect(await listReceipts(one.lake)).toEqual([]);
    await run({ step: 'report', id: 'stopped', failure: { Error: 'Abandoned', Cause: 'test' } });
    await forgetCard(one, CARD);
    expect(await filesWith(one.root, [CARD])).toEqual([]);
  }, 240_000);

  test('none begins while an erasure is at work or was stopped, whatever its mode; afterwards it does', async () => {
    const one = await told(35, CARD);
    await stoppedErasure(one);
    for (const mode of ['verify', 'correct'] as const)
      await expect(one.backfill(mode, { mode, ...ALL })).rejects.toThrow('BACKFILL_OVERLAPS: an erasure (since ');
    await expect(assertNoErasure(one.work)).rejects.toThrow(/that has not ended".*run the same headrace forget again/);
    await forgetCard(one, CARD);
    expect(await one.backfill('v', { mode: 'verify', ...ALL })).toMatchObject(SAME);
  }, 240_000);

  test('what ended ones still say of rows goes, and what they did stays known', async () => {
    const one = await told(36, CARD);
    const decision = one.anyRow('decisions');
    await one.deliver([{ table: 'decisions', rows: [{ ...decision, card: CARD, event_id: 'nobody-sent-this' }] }]);
    await expect(one.backfill('v', { mode: 'verify', ...ALL })).rejects.toThrow(CARD);
    expect((await filesWith(one.work.root, [CARD])).sort()).toEqual([
      expect.stringContaining('compared/'),
      'v/report.json',
      'v/summary.json',
    ]);
    const before = await one.json<Record<string, unknown>>('v/report.json');
    await forgetCard(one, CARD);
    expect(await filesWith(one.root, [CARD])).toEqual([]);
    const failure = { Error: 'VerificationDiffers', Cause: expect.stringContaining('erasure') };
    expect(await one.json('v/report.json')).toEqual({ ...before, failure });
    expect(await one.json('v/summary.json')).toMatchObject({ removed: 1, sample: [] });
    expect(await one.json('v/plan.json')).toMatchObject({ id: 'v', mode: 'verify' });
  }, 240_000);
});

test('the receipt says who, when, which hours and how many rows, and nothing that names the card', async () => {
  const one = await told(37, CARD);
  const rows = async (table: string): Promise<number> => {
    const [text = '[]'] = await one.rows(`SELECT count(*) FROM landing.${table} WHERE card = '${CARD}'`);
    return Number((JSON.parse(text) as [string])[0]);
  };
  const [foreign] = await one.rows(`SELECT count(*) FROM landing.payments WHERE partition_key = '${CARD}' AND card <> '${CARD}'`);
  expect(foreign).toBe('[1]');
  const wanted = { payments: (await rows('payments')) + 1, decisions: await rows('decisions'), runs: await rows('runs') };
  const { receipt } = await forgetCard(one, CARD);
  expect(JSON.stringify(receipt)).not.toContain(CARD);
  expect(receipt).toMatchObject({ status: 'done', pipeline: 'simulated', field: 'card', by: 'test', remains: [], sketches: [] });
  expect(receipt.id).toMatch(/^\d{8}T\d{9}Z-[a-p]{8}$/);
  for (const [table, count] of Object.entries(wanted)) {
    const own = receipt.partitions.filter((one) => one.table === table);
    expect(own.reduce((sum, { rowsMasked }) => sum + rowsMasked, 0)).toBe(count);
  }
  for (const { keptBefore, keptAfter } of receipt.partitions) expect(keptAfter).toBe(keptBefore);
  expect(receipt.filesRemoved).toBeGreaterThan(receipt.partitions.length - 1);
}, 240_000);
