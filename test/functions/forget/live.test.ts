import { expect, test } from 'vitest';
import { askUntilDone } from '../../../cli/source/stack-forget.ts';
import { dropAlerts } from '../../../functions/deliver-alerts/drop.ts';
import { alertKey, parkedMinutesPk, parkedPk } from '../../../functions/deliver-alerts/keys.ts';
import type { ForgetOutcome } from '../../../functions/forget/forget.ts';
import { isProcessed } from '../../../functions/forget/processed.ts';
import { storedSecret } from '../../../functions/forget/secret.ts';
import { MemoryObjectStore } from '../../../local/objects/memory.ts';
import { MemoryStateStore } from '../../../local/state/memory.ts';

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

test('the command calls again until it is done, waits as long as it is told, and leaves it when stopped', async () => {
  const receipt = {} as Extract<ForgetOutcome, { kind: 'done' }>['receipt'];
  const unfinished = (againMs: number): ForgetOutcome => ({ kind: 'unfinished', receipt, againMs });
  const waits: number[] = [];
  const lines: string[] = [];
  const stop = new AbortController();
  const patience = {
    signal: stop.signal,
    clock: () => 1_000_000,
    pause: async (ms: number) => void waits.push(ms),
    say: (line: string) => void lines.push(line),
  };
  const answers = [unfinished(1_000_000), unfinished(4_600_000), unfinished(4_600_000), { kind: 'done', receipt } as const];
  expect((await askUntilDone(async () => answers.shift() as ForgetOutcome, patience)).kind).toBe('done');
  expect(waits).toEqual([1_000, 3_600_000, 3_600_000]);
  expect(lines).toEqual([expect.stringContaining('may land until 1970-01-01T01:16:40.000Z')]);
  stop.abort();
  expect((await askUntilDone(async () => unfinished(2_000_000), patience)).kind).toBe('unfinished');
  expect(waits).toHaveLength(3);
});
