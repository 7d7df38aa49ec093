import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { headrace } from './command-line.ts';
import { payment } from './payments.ts';
import { type Ended, ended } from './process.ts';

const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
const DATA = join(root, 'data');
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeAll(async () => {
  const input = join(root, 'payments.ndjson');
  writeFileSync(input, `${payment('p1', 0, '12.50')}\n`);
  await headrace('run', '--input', input, '--data', DATA);
});

const MANY = "SELECT n, repeat('x', 50) AS t FROM range(50000) AS r(n)";

test.each(['csv', 'json', 'arrow', 'parquet'])('query --format %s to a full disk or a pipe that nobody reads any more', async (format) => {
  const args = ['query', MANY, '--data', DATA, '--format', format];
  const full = await headrace(...args, '--output', '/dev/full');
  expect(full).toMatchObject({ code: 1, out: '' });
  expect(full.err).toMatch(/^headrace query: \/dev\/full could not be written.*ENOSPC[^\n]*\n$/);
  const shell = (script: string): Promise<Ended> => ended(spawn('sh', ['-c', script, process.execPath, 'cli/start.ts', ...args]));
  const redirected = await shell('"$0" "$@" > /dev/full');
  expect(redirected).toMatchObject({ code: 1 });
  expect(redirected.err).toMatch(/^headrace: the output could not be written and is not whole: ENOSPC[^\n]*\n$/);
  expect(await shell('{ "$0" "$@"; echo "code $?" >&2; } | head -c 10 > /dev/null')).toMatchObject({ code: 0, err: 'code 0\n' });
});
