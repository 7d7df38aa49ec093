import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, test } from 'vitest';
import { loadPipeline } from '../../local/pipeline.ts';
import { streamClient } from '../../local/stream/client.ts';
import { lakeRows } from './compare.ts';
import { temporaryFolder } from './folder.ts';
import { headrace } from './kill.ts';
import { seeded } from './payments-file.ts';

/** Kills per test: `HEADRACE_KILLS` raises it for long runs. */
const KILLS = Number(process.env['HEADRACE_KILLS'] ?? 3);
const EVENTS_PER_PUT = 20;

function payment(i: number): string {
  const id = `e${i}`;
  const fields = { event_id: id, event_time: new Date().toISOString(), customer_id: `c${i % 97}`, terminal_id: `t${i % 31}` };
  return JSON.stringify({ type: 'transaction', ...fields, amount: `${i}.01`, currency: 'EUR' });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Puts payments one after another until told to stop; what is not acknowledged is put again, as a producer would. */
class Producer {
  sent = 0;
  isStopped = false;
  private readonly client;

  constructor(endpoint: string) {
    this.client = streamClient({ endpoint });
  }

  async run(): Promise<void> {
    while (!this.isStopped) {
      const records = Array.from({ length: EVENTS_PER_PUT }, (_, i) => {
        const event = payment(this.sent + i);
        return { PartitionKey: JSON.parse(event).customer_id as string, Data: Buffer.from(event) };
      });
      for (let isPut = false; !isPut; ) {
        try {
          const answer = await this.client.send(new PutRecordsCommand({ StreamName: 'payments', Records: records }));
          isPut = answer.FailedRecordCount === 0;
        } catch {
          await sleep(50);
        }
      }
      this.sent += EVENTS_PER_PUT;
      await sleep(5);
    }
    this.client.destroy();
  }
}

function startUp(dataDir: string, port: number): ChildProcess {
  const args = ['cli/headrace.mjs', 'up', '--data', dataDir, '--port', String(port), '--flush-seconds', '1', '--json'];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('kill -9 of headrace up', () => {
  test('at random moments under load, then started again and stopped: every payment is there once', async () => {
    const dataDir = temporaryFolder();
    const port = await freePort();
    const random = seeded(Date.now() % 100_000);
    const producer = new Producer(`http://127.0.0.1:${port}`);
    let running = startUp(dataDir, port);
    const [first] = (await once(running.stdout ?? running, 'data')) as [Buffer];
    expect(first.toString()).toContain(String(port));
    const producing = producer.run();
    for (let kills = 0; kills < KILLS; kills += 1) {
      await sleep(500 + Math.floor(random() * 1_500));
      const ended = once(running, 'close');
      running.kill('SIGKILL');
      await ended;
      running = startUp(dataDir, port);
      await once(running.stdout ?? running, 'data');
    }
    await sleep(500);
    producer.isStopped = true;
    await producing;
    const ended = once(running, 'close');
    running.kill('SIGINT');
    expect((await ended)[0]).toBe(0);
    expect(producer.sent).toBeGreaterThan(EVENTS_PER_PUT * KILLS);
    const { pipeline } = await loadPipeline('pipelines/payments');
    const sent = producer.sent;
    const found = await lakeRows(join(dataDir, 'lake'), pipeline, {
      transactions: 'SELECT count(*), count(DISTINCT event_id), sum(amount_minor) FROM transactions',
      decisions: 'SELECT count(*), count(DISTINCT event_id) FROM decisions',
      accepted: "SELECT count(*) FROM archive WHERE lane = 'accepted'",
    });
    const sumMinor = (100 * (sent * (sent - 1))) / 2 + sent;
    expect(found['transactions']).toEqual([[String(sent), String(sent), String(sumMinor)]]);
    expect(found['decisions']).toEqual([[String(sent), String(sent)]]);
    expect(found['accepted']).toEqual([[String(sent)]]);
    const ledger = await headrace(['ledger', '--data', dataDir, '--json']);
    expect(ledger.stderr).toBe('');
    expect(ledger.code).toBe(0);
  }, 120_000);
});
