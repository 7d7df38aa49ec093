import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ended, launch } from '../cli/process.ts';
import { temporaryFolder } from './folder.ts';

const MAIN = join('test', 'judge', 'exports', 'main.ts');

describe('npm run judge:exports', () => {
  test.each([
    [['--or-leave-out'], 0, /^LEFT OUT: [^\n]+\n$/, /^$/],
    [[], 1, /^$/, /^npm run judge:exports: [^\n]+/],
  ] as const)('%j on a machine without Python is exit code %d', async (args, code, out, err) => {
    const env = { PATH: temporaryFolder(), XDG_CACHE_HOME: temporaryFolder() };
    const result = await ended(spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
    expect(result.code).toBe(code);
    expect(result.out).toMatch(out);
    expect(result.err).toMatch(err);
  });

  test('a bad flag is exit code 2', async () => {
    expect(await ended(launch(MAIN, ['--payments', '1']))).toMatchObject({ code: 2, out: '' });
  });
});
