import { expect, test } from 'vitest';
import { type ForgetOutcome, type ForgetPorts, forget, type LivePorts } from '../../../functions/forget/forget.ts';
import { listReceipts } from '../../../lake/erasure/receipts.ts';
import type { BackfillWorld } from '../backfill/world.ts';
import { forgetPorts, forgetRequest, told } from './world.ts';

const CARD = 'card-3';
const LANDING_MS = 3_600_000;

interface Live {
  readonly one: BackfillWorld;
  readonly once: (changed?: Partial<LivePorts>) => Promise<ForgetOutcome>;
}

/** A place that goes on working: its clock is the world's. */
async function live(seed: number): Promise<Live> {
  const one = await told(seed, CARD, 40, 'base64');
  const usual: LivePorts = {
    landingMs: LANDING_MS,
    isProcessed: async () => true,
    pause: async () => {},
    signal: new AbortController().signal,
  };
  const once = async (changed: Partial<LivePorts> = {}): Promise<ForgetOutcome> => {
    const ports: ForgetPorts = { ...(await forgetPorts(one)), blobs: 'base64', live: { ...usual, ...changed } };
    try {
      return await forget(ports, forgetRequest(one, CARD));
    } finally {
      ports.engine.rest();
    }
  };
  return { one, once };
}

test('it is done only when a look finds nothing an hour after the last find, and all records before that are processed', async () => {
  const { one, once } = await live(51);
  const first = await once();
  expect(first).toMatchObject({ kind: 'unfinished', againMs: one.world.nowMs + LANDING_MS, receipt: { status: 'begun' } });
  one.world.nowMs += LANDING_MS;
  const lagging = await once({ isProcessed: async () => false });
  expect(lagging).toMatchObject({ kind: 'unfinished', againMs: one.world.nowMs + 60_000 });
  one.world.nowMs += LANDING_MS;
  const done = await once();
  expect(done).toMatchObject({ kind: 'done', receipt: { status: 'done' } });
  expect(await listReceipts(one.lake)).toHaveLength(1);
  expect(await one.rows(`SELECT count(*) FROM archive WHERE contains(CAST(from_base64(data) AS VARCHAR), '"${CARD}"')`)).toEqual(['[0]']);
  expect(await once()).toMatchObject({ kind: 'already' });
}, 240_000);

test('a call whose time is up leaves the rest to the next, under the same receipt with all hours', async () => {
  const { one, once } = await live(52);
  const time = new AbortController();
  time.abort();
  const cut = await once({ signal: time.signal });
  expect(cut).toMatchObject({ kind: 'unfinished', againMs: one.world.nowMs, receipt: { partitions: [] } });
  const rest = await once();
  if (cut.kind === 'nobody' || rest.kind === 'nobody') throw new Error('nobody');
  expect(rest.receipt.id).toBe(cut.receipt.id);
  expect(rest.receipt.partitions.length).toBeGreaterThan(3);
}, 240_000);
