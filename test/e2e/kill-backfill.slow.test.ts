import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { loadPipeline } from '../../local/pipeline.ts';
import { lakeRows, type Rows } from './compare.ts';
import { temporaryFolder } from './folder.ts';
import { headrace } from './kill.ts';

const HOURS = 6;
const SQL = { minutes: 'SELECT window_start, currency, count FROM payments_1m', decisions: 'SELECT event_id, outcome FROM decisions' };

/** Payments of some hours, and at the end one late one of each hour. */
function payments(): string[] {
  const at = (id: string, minute: number): string =>
    JSON.stringify({
      type: 'transaction',
      event_id: id,
      event_time: new Date(Date.parse('2026-01-05T10:00:00Z') + minute * 60_000).toISOString(),
      customer_id: `c${minute % 7}`,
      terminal_id: 't1',
      amount: '9.50',
      currency: 'EUR',
    });
  const all = Array.from({ length: HOURS * 12 + 40 }, (_, i) => at(`p${i}`, i * 5));
  return [...all, ...Array.from({ length: HOURS }, (_, i) => at(`late${i}`, i * 60 + 5))];
}

async function rowsOf(data: string): Promise<Record<string, Rows>> {
  const { pipeline } = await loadPipeline('pipelines/payments');
  return lakeRows(join(data, 'lake'), pipeline, SQL);
}

/** Manifests that say a backfill has published. */
function published(data: string): number {
  const folder = join(data, 'lake', 'payments_1m', 'manifest');
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  return names.filter((name) => name.endsWith('.json') && readFileSync(join(folder, name), 'utf8').includes('backfill/c')).length;
}

test('kill -9 of headrace backfill while it publishes: queries see hours before or after, and --resume finishes it', async () => {
  const [whole, killed, input] = [temporaryFolder(), temporaryFolder(), join(temporaryFolder(), 'payments.ndjson')];
  writeFileSync(input, `${payments().join('\n')}\n`);
  const run = await headrace(['run', '--input', input, '--data', whole]);
  expect(run.code, run.stderr).toBe(0);
  cpSync(whole, killed, { recursive: true });
  const before = await rowsOf(whole);
  const args = ['backfill', '--from', '2026-01-05', '--to', '2026-01-06', '--mode', 'correct', '--yes', '--id', 'c', '--json'];
  const done = await headrace([...args, '--data', whole]);
  expect(done.code, done.stderr).toBe(0);
  const after = await rowsOf(whole);
  expect(after).not.toEqual(before);

  const child = spawn(process.execPath, ['cli/headrace.mjs', ...args, '--data', killed], { stdio: 'ignore' });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  while (published(killed) === 0 && child.exitCode === null) await sleep(2);
  child.kill('SIGKILL');
  await closed;
  const count = published(killed);
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(published(whole));
  const seen = await rowsOf(killed);
  for (const [name, rows] of Object.entries(seen)) {
    const known = new Set([...(before[name] ?? []), ...(after[name] ?? [])].map((row) => JSON.stringify(row)));
    expect(rows.filter((row) => !known.has(JSON.stringify(row)))).toEqual([]);
  }
  expect(seen['decisions']).toEqual(before['decisions']);
  expect(seen['minutes']?.length).toBe(before['minutes']?.length);

  const resumed = await headrace(['backfill', '--resume', 'c', '--yes', '--data', killed, '--json']);
  expect(resumed.code, resumed.stderr).toBe(0);
  const { cpu_us_per_event: _, ...line } = JSON.parse(done.stdout) as Record<string, unknown>;
  expect(JSON.parse(resumed.stdout)).toMatchObject(line);
  expect(await rowsOf(killed)).toEqual(after);
}, 240_000);
