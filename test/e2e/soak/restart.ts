import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../../core/random.ts';
import { headrace } from '../kill.ts';
import { Instance } from './instance.ts';
import { Producer } from './producer.ts';
import { Truth } from './truth.ts';

const START_MS = Date.parse('2025-11-03T06:00:00Z');
/** All events lie inside one hour, so that the windows of none are closed. */
const SPAN_MS = 3_000_000;
const CUSTOMERS = 100_000;
const TERMINALS = 5_000;
const LOAD_MS = 2_000;

/** What a restart took. */
export interface RestartReport {
  /** Events in windows that are open. */
  readonly openEvents: number;
  /** From the start of the process to the line that says that it serves, ms. */
  readonly restartMs: number;
  readonly rssMbMax: number;
}

/** Fills a folder with events whose windows are all open, puts load on it, kills it, and measures how long it takes to be back. */
export async function timeRestart(folder: string, port: number, events: number): Promise<RestartReport> {
  const input = join(folder, 'open.ndjson');
  const dataDir = join(folder, 'data');
  await writeOpen(input, events);
  const { code, stderr } = await headrace(['run', '--input', input, '--data', dataDir, '--keep-open', '--json']);
  if (code !== 0) throw new Error(`headrace run ended with ${code}: ${stderr}`);
  const first = new Instance(dataDir, port);
  await first.ready;
  const producer = new Producer(`http://127.0.0.1:${port}`, new Truth(), createRandom(1));
  producer.start();
  await sleep(LOAD_MS);
  await first.end('SIGKILL');
  await producer.giveUp();
  producer.close();
  const startMs = performance.now();
  const again = new Instance(dataDir, port);
  await again.ready;
  const restartMs = Math.round(performance.now() - startMs);
  const rssMbMax = again.rssMb();
  await again.end('SIGKILL');
  return { openEvents: events, restartMs, rssMbMax };
}

async function writeOpen(path: string, events: number): Promise<void> {
  const file = createWriteStream(path);
  for (let i = 0; i < events; i += 1) {
    const event = {
      type: 'transaction',
      event_id: `o${i}`,
      event_time: new Date(START_MS + Math.floor((i * SPAN_MS) / events)).toISOString(),
      customer_id: `c${i % CUSTOMERS}`,
      terminal_id: `t${i % TERMINALS}`,
      amount: `${i % 500}.25`,
      currency: 'EUR',
    };
    if (!file.write(`${JSON.stringify(event)}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}
