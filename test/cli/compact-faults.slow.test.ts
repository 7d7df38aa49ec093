import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { payment } from './payments.ts';
import { ended, launch } from './process.ts';

const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const DATA = join(root, 'data');
const command = (...args: readonly string[]) => ended(launch('cli/headrace.mjs', [...args, '--data', DATA]));

test('a table that cannot be read and an hour that cannot be written fail by their names; the rest is compacted, and the sums come', async () => {
  const input = join(root, 'payments.ndjson');
  writeFileSync(input, `${payment('p1', 0, '1.00')}\n`);
  expect((await command('run', '--input', input)).code).toBe(0);
  const decisions = join(DATA, 'lake', 'decisions');
  rmSync(decisions, { recursive: true });
  symlinkSync(decisions, decisions);
  writeFileSync(join(DATA, 'lake', 'transactions', 'gen=1'), 'no folder');
  const { code, out, err } = await command('compact', '--json');
  expect(code).toBe(1);
  expect(err).toMatch(/^decisions: the object store did not answer: ELOOP/m);
  expect(err).toMatch(/^transactions \d{4}-\d\d-\d\d \d\d: the object store did not answer: (ENOTDIR|EEXIST)/m);
  expect((JSON.parse(out) as { partitions: number }).partitions).toBeGreaterThan(2);
}, 240_000);
