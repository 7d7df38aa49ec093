import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { processFolder } from '../../functions/process-folder.ts';

test('each process has a folder of its own, and what one that is gone has left goes', () => {
  const root = mkdtempSync(join(tmpdir(), 'folders-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  for (const name of [`headrace-a-${gone}`, `headrace-a-${process.ppid}`, `headrace-b-${gone}`, 'headrace-a-x'])
    mkdirSync(join(root, name));
  expect(processFolder('a', root)).toBe(join(root, `headrace-a-${process.pid}`));
  const left = [`headrace-a-${gone}`, `headrace-a-${process.ppid}`, `headrace-b-${gone}`, 'headrace-a-x'];
  expect(left.map((name) => existsSync(join(root, name)))).toEqual([false, true, true, true]);
});
