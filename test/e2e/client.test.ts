import { join } from 'node:path';
import { PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, test } from 'vitest';
import { loadPipeline } from '../../local/pipeline.ts';
import { lockHolder } from '../../local/runtime/lock.ts';
import { startPipeline } from '../../local/runtime/up.ts';
import { streamClient } from '../../local/stream/client.ts';
import { oraclePack } from '../core/decode/oracle.ts';
import { malformed } from '../golden/malformed/malformed.ts';
import { lakeRows } from './compare.ts';
import { temporaryFolder } from './folder.ts';

const OPTIONS = { port: 0, shardCount: 2, batchSize: 100, flushMs: 60_000 };

const now = (): string => new Date().toISOString();

function payment(id: string): string {
  return JSON.stringify({
    type: 'transaction',
    event_id: id,
    event_time: now(),
    customer_id: `customer-${id}`,
    terminal_id: 't1',
    amount: '300.00',
    currency: 'EUR',
  });
}

/** What quarantine keeps of a record: its bytes, but for a card number, whose place a mark takes. */
function keptOf(code: string, data: Buffer): Buffer {
  if (code !== 'CARD_NUMBER') return data;
  return Buffer.from(data.toString().replace(/[0-9][0-9-]{8,}([0-9]{4})/, '[card **$1]'));
}

describe('any Kinesis client', () => {
  test('plain and KPL-aggregated records put with fake credentials are found with SQL, and a second start goes on from the first', async () => {
    const dataDir = temporaryFolder();
    const loaded = await loadPipeline('pipelines/payments');
    const first = await startPipeline({ ...OPTIONS, dataDir, loaded });
    const client = streamClient({ endpoint: first.endpoint });
    await client.send(
      new PutRecordCommand({ StreamName: first.streamName, PartitionKey: 'customer-plain', Data: Buffer.from(payment('plain')) }),
    );
    const packed = oraclePack(
      ['kpl-1', 'kpl-2', 'kpl-3'].map((id) => ({ partitionKey: `customer-${id}`, data: Buffer.from(payment(id)) })),
    );
    await client.send(new PutRecordsCommand({ StreamName: first.streamName, Records: [{ PartitionKey: 'a', Data: packed }] }));
    client.destroy();
    await first.stop();
    expect(lockHolder(dataDir)).toBeUndefined();
    const query = { found: 'SELECT t.event_id, t.amount, d.outcome FROM transactions t JOIN decisions d ON t.event_id = d.event_id' };
    const expected = ['kpl-1', 'kpl-2', 'kpl-3', 'plain'];
    const { found } = await lakeRows(join(dataDir, 'lake'), loaded.pipeline, query);
    expect(found?.map(([id]) => id)).toEqual(expected);
    expect(found?.[0]?.slice(1)).toEqual([expect.stringMatching(/^300\.00/), 'decline']);

    const second = await startPipeline({ ...OPTIONS, dataDir, loaded });
    const again = streamClient({ endpoint: second.endpoint });
    // The producer sends one event once more, and a new one.
    await again.send(
      new PutRecordCommand({ StreamName: second.streamName, PartitionKey: 'customer-plain', Data: Buffer.from(payment('plain')) }),
    );
    await again.send(
      new PutRecordCommand({ StreamName: second.streamName, PartitionKey: 'customer-new', Data: Buffer.from(payment('new')) }),
    );
    again.destroy();
    await second.stop();
    const after = await lakeRows(join(dataDir, 'lake'), loaded.pipeline, {
      ids: 'SELECT event_id FROM transactions',
      lanes: "SELECT lane, count(*) FROM archive WHERE kind = 'record' GROUP BY lane",
    });
    expect(after['ids']?.flat()).toEqual(['kpl-1', 'kpl-2', 'kpl-3', 'new', 'plain']);
    expect(after['lanes']).toEqual([
      ['accepted', '5'],
      ['duplicate', '1'],
    ]);
  }, 60_000);

  test('every kind of malformed input lands in quarantine with its code, path and original bytes, and the good records go on', async () => {
    const dataDir = temporaryFolder();
    const loaded = await loadPipeline('pipelines/payments');
    const running = await startPipeline({ ...OPTIONS, dataDir, loaded });
    const client = streamClient({ endpoint: running.endpoint });
    expect(malformed.length).toBeGreaterThan(60);
    for (const { name, data } of malformed) {
      await client.send(new PutRecordCommand({ StreamName: running.streamName, PartitionKey: name.slice(0, 256), Data: data }));
    }
    await client.send(new PutRecordCommand({ StreamName: running.streamName, PartitionKey: 'x', Data: Buffer.from(payment('good')) }));
    client.destroy();
    await running.stop();
    const rows = await lakeRows(join(dataDir, 'lake'), loaded.pipeline, {
      quarantine: 'SELECT partition_key, code, path, base64(data) FROM quarantine',
      good: 'SELECT event_id FROM transactions',
    });
    const sorted = (codes: readonly string[]): string[] => codes.toSorted();
    expect(sorted((rows['quarantine'] ?? []).map(([, code, path]) => `${code} ${path}`))).toEqual(
      sorted(malformed.map(({ code, path }) => `${code} ${path}`)),
    );
    // What was cut out of an aggregate stands under the inner partition key with the inner bytes; all else came as it was put.
    const byKey = new Map(rows['quarantine']?.map(([key, ...rest]) => [key, rest]));
    const whole = malformed.filter(({ name }) => byKey.has(name));
    expect(whole.length).toBeGreaterThan(malformed.length - 10);
    for (const { name, data, code, path } of whole)
      expect(byKey.get(name), name).toEqual([code, path, keptOf(code, data).toString('base64')]);
    expect(rows['good']).toEqual([['good']]);
  }, 60_000);
});
