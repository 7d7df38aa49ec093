import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { payment } from '../cli/payments.ts';
import { ended, launch } from '../cli/process.ts';

const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const DATA = join(root, 'data');
const KILLS = 5;
const command = (...args: readonly string[]) => launch('cli/headrace.mjs', [...args, '--data', DATA]);

async function ids(): Promise<string> {
  const { out, err, code } = await ended(command('query', 'SELECT event_id FROM transactions ORDER BY 1', '--format', 'csv'));
  expect([code, err]).toEqual([0, '']);
  return out;
}

test('headrace compact, killed with -9 at moments all through it and started twice at once, loses and repeats nothing', async () => {
  const input = join(root, 'payments.ndjson');
  writeFileSync(input, `${Array.from({ length: 50 }, (_, i) => payment(`p${i}`, i, '1.00')).join('\n')}\n`);
  expect((await ended(command('run', '--input', input))).code).toBe(0);
  const before = await ids();
  const startedMs = Date.now();
  await ended(command('lake'));
  const startMs = Date.now() - startedMs;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = command('compact');
    const end = ended(child);
    await sleep(startMs * (0.7 + 0.3 * kill));
    child.kill('SIGKILL');
    await end;
    expect(await ids()).toBe(before);
  }
  const both = await Promise.all([ended(command('compact')), ended(command('compact'))]);
  for (const { code, err } of both) expect(code === 0 || err.includes('another compaction of this lake is at work'), err).toBe(true);
  expect(both.map(({ code }) => code)).toContain(0);
  expect((await ended(command('compact'))).code).toBe(0);
  expect(await ids()).toBe(before);
  expect(readdirSync(join(DATA, 'lake', '.tmp', 'compaction'))).toEqual([]);
}, 240_000);
