import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { loadPipeline } from '../../../local/pipeline.ts';
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
