import { expect, test } from 'vitest';
import { dropAlerts } from '../../../functions/deliver-alerts/drop.ts';
import { alertKey, parkedMinutesPk, parkedPk } from '../../../functions/deliver-alerts/keys.ts';
import { type ForgetOutcome, type ForgetPorts, forget, type LivePorts } from '../../../functions/forget/forget.ts';
import { isProcessed } from '../../../functions/forget/processed.ts';
import { storedSecret } from '../../../functions/forget/secret.ts';
import { listReceipts } from '../../../lake/erasure/receipts.ts';
import { MemoryObjectStore } from '../../../local/objects/memory.ts';
import { MemoryStateStore } from '../../../local/state/memory.ts';
import type { BackfillWorld } from '../backfill/world.ts';
import { forgetPorts, forgetRequest, told } from './world.ts';

const CARD = 'card-3';
const LANDING_MS = 3_600_000;

interface Live {
  readonly one: BackfillWorld;
  readonly dropped: string[];
  readonly once: (changed?: Partial<LivePorts>) => Promise<ForgetOutcome>;
}

/** A place that goes on working: its clock is the world's. */
async function live(seed: number): Promise<Live> {
  const one = await told(seed, CARD, 40, 'base64');
  const dropped: string[] = [];
  const usual: LivePorts = {
    landingMs: LANDING_MS,
    isProcessed: async () => true,
    dropAlerts: async (ids) => void dropped.push(...ids),
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
  return { one, dropped, once };
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
}, 60_000);

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
}, 60_000);

test('alerts that wait for their subscribers go, with what points at them', async () => {
  const store = new MemoryStateStore(() => 0);
  const put = (key: { pk: string; sk: string }): Promise<boolean[]> => store.put([{ ...key, expectedVersion: 0, body: '{}' }]);
  for (const name of ['a', 'b']) {
    await put(alertKey(name));
    await put({ pk: parkedPk('topic', '7'), sk: name });
  }
  await put({ pk: parkedMinutesPk('topic'), sk: '7' });
  await dropAlerts(store, ['a']);
  expect((await store.get([alertKey('a'), alertKey('b')])).map((one) => one === undefined)).toEqual([true, false]);
  expect((await store.query(parkedPk('topic', '7'))).map(({ sk }) => sk)).toEqual(['b']);
});

test('records before a moment are processed when the first unread one of each shard came after it', async () => {
  const store = new MemoryStateStore(() => 0);
  const asked = async (unreadMs: number | undefined): Promise<boolean> => {
    const shards = { list: async () => [{ shardId: 's', parents: [], open: true }], oldestUnread: async () => unreadMs };
    return isProcessed({ store, shards, streamEpoch: '1' }, 10);
  };
  expect([await asked(undefined), await asked(10), await asked(9)]).toEqual([true, true, false]);
});

test('the secret is made once, whoever asks first, and stays', async () => {
  const objects = new MemoryObjectStore();
  const [a, b] = await Promise.all([storedSecret(objects), storedSecret(objects)]);
  expect(a).toEqual(b);
  expect([a.length, await storedSecret(objects)]).toEqual([32, a]);
});
