import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EMULATOR_DIFFERENCES, isForEmulator } from '../../infra/emulator.ts';
import { loadIngredients } from '../../infra/ingredients.ts';
import { CONTEXT, configOf, functionsFolder } from './support.ts';

const outdir = mkdtempSync(join(tmpdir(), 'headrace-app-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

/** Runs the app as the cdk command does; what it said on standard error, and its exit code. */
function runApp(context: Record<string, unknown>): { readonly code: number; readonly said: string } {
  const env = { PATH: process.env['PATH'], CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify({ ...CONTEXT, ...context }) };
  try {
    execFileSync(process.execPath, ['infra/app.ts'], { env, stdio: 'pipe', encoding: 'utf8' });
    return { code: 0, said: '' };
  } catch (error) {
    const { status, stderr } = error as { readonly status: number; readonly stderr: string };
    return { code: status, said: stderr };
  }
}

describe('the app tells the deployer in one line, with exit code 2,', () => {
  test.each([
    ['no environment', {}, 'context value env: got undefined; allowed: dev, staging, prod; such as --context env=dev\n'],
    ['an unknown environment', { env: 'live' }, 'context value env: got "live"; allowed: dev, staging, prod; such as --context env=dev\n'],
  ])('of %s', (_, context, said) => {
    expect(runApp(context)).toEqual({ code: 2, said });
  });
});

describe('what stacks are made from', () => {
  test('functions that are not built: says what to run', async () => {
    await expect(loadIngredients(configOf(), join(outdir, 'nothing'))).rejects.toThrow(
      /^built functions: .*process-stream\/index\.mjs is not there; run: npm run build:functions$/,
    );
  });

  test('a pipeline that is not there: says which are allowed', async () => {
    await expect(loadIngredients(configOf({ pipeline: 'parcels' }), functionsFolder())).rejects.toThrow(
      'environment dev: pipeline: got "parcels"; allowed: a folder in pipelines/ with a file pipeline.ts',
    );
  });
});

describe('the context value emulator', () => {
  test.each([undefined, false, 'false'])('%j is no', (value) => expect(isForEmulator(value)).toBe(false));
  test.each([true, 'true'])('%j is yes', (value) => expect(isForEmulator(value)).toBe(true));
  test.each(['yes', 1, null, {}])('%j is refused', (value) => {
    expect(() => isForEmulator(value)).toThrow(/^context value emulator: got .*; allowed: true, false; such as --context emulator=true$/);
  });

  test('a difference says of what, what and why', () => {
    for (const { resource, done, why } of EMULATOR_DIFFERENCES) {
      expect(resource).toMatch(/^(stacks|AWS::\w+::\w+(, AWS::\w+::\w+)*)$/);
      expect(done).not.toBe('');
      expect(why).toMatch(/emulator/);
    }
  });
});
