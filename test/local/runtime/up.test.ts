import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FolderObjectStore } from '../../../local/objects/folder.ts';
import { loadPipeline } from '../../../local/pipeline.ts';
import { runPipeline } from '../../../local/runtime/run.ts';
import { startPipeline } from '../../../local/runtime/up.ts';
import { JournaledStateStore } from '../../../local/state/journaled.ts';
import { streamClient } from '../../../local/stream/client.ts';
import { lakeRows } from '../../e2e/compare.ts';
import { testFolder } from '../folder.ts';

describe('a live pipeline whose mapping cannot go on', () => {
  test('says so, and still lands what was delivered when it is stopped', async () => {
    const dataDir = testFolder();
    const loaded = await loadPipeline('pipelines/payments');
    const put = JournaledStateStore.prototype.put;
    // Another mapping wrote the checkpoints first.
    const spy = vi.spyOn(JournaledStateStore.prototype, 'put').mockImplementation(function (this: JournaledStateStore, writes) {
      if (writes.some(({ pk }) => pk.startsWith('mapping#'))) return Promise.resolve(writes.map(() => false));
      return put.call(this, writes);
    });
    onTestFinished(() => spy.mockRestore());
    const running = await startPipeline({ port: 0, shardCount: 1, batchSize: 10, flushMs: 60_000, dataDir, loaded });
    const client = streamClient({ endpoint: running.endpoint });
    const failed = running.failed;
    let message = '';
    // It shows when the next record is done.
    for (let sent = 0; message === '' && sent < 100; sent += 1) {
      const fields = { event_id: `e${sent}`, event_time: new Date().toISOString(), customer_id: 'c1', terminal_id: 't1' };
      const Data = Buffer.from(JSON.stringify({ type: 'transaction', ...fields, amount: '1.00', currency: 'EUR' }));
      await client.send(new PutRecordCommand({ StreamName: running.streamName, PartitionKey: 'c1', Data }));
      message = await Promise.race([failed.then((error) => error.message), sleep(100, '')]);
    }
    client.destroy();
    expect(message).toContain('moved by another mapping');
    await expect(running.stop()).rejects.toThrow('moved by another mapping');
    const { ids } = await lakeRows(join(dataDir, 'lake'), loaded.pipeline, { ids: 'SELECT event_id FROM transactions' });
    expect(ids?.[0]).toEqual(['e0']);
  }, 30_000);
});

describe('a live pipeline', () => {
  test('compacts hours that are over and quiet by itself', async () => {
    const dataDir = testFolder();
    const loaded = await loadPipeline('pipelines/payments');
    const input = join(dataDir, 'payments.ndjson');
    const fields = {
      event_id: 'e1',
      event_time: '2026-01-05T10:00:00Z',
      customer_id: 'c1',
      terminal_id: 't1',
      amount: '1.00',
      currency: 'EUR',
    };
    writeFileSync(input, `${JSON.stringify({ type: 'transaction', ...fields })}\n`);
    const data = join(dataDir, 'data');
    await runPipeline({ dataDir: data, loaded, inputs: [input], batchSize: 10, keepOpen: false, append: false });
    const store = new FolderObjectStore(join(data, 'lake'));
    const hourAgo = new Date(Date.now() - 3_600_000);
    for (const { key } of await store.list('transactions/landing/')) utimesSync(join(data, 'lake', key), hourAgo, hourAgo);
    const running = await startPipeline({ port: 0, shardCount: 1, batchSize: 10, flushMs: 60_000, compactMs: 50, dataDir: data, loaded });
    await vi.waitFor(async () => expect(await store.list('transactions/manifest/')).toHaveLength(1), { timeout: 10_000, interval: 50 });
    await running.stop();
    // The hour that the archive is in goes on.
    expect(await store.list('archive/manifest/')).toEqual([]);
    const { ids } = await lakeRows(join(data, 'lake'), loaded.pipeline, { ids: 'SELECT event_id FROM transactions' });
    expect(ids).toEqual([['e1']]);
  }, 30_000);
});
