import { afterAll, beforeAll, expect, test } from 'vitest';
import { inEmulator } from './deployment.ts';
import { type Emulator, startEmulator } from './emulator.ts';

const SUITES_MS = 240_000;

let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator({ isEnforcing: false });
}, SUITES_MS);

afterAll(() => emulator?.stop());

test(
  'every AWS adapter passes the contract suite of its port',
  async () => {
    const program = ['node_modules/vitest/vitest.mjs', 'run', '.aws.test.ts'];
    const said = await inEmulator(emulator, process.execPath, program, {
      HEADRACE_AWS_CONTRACT: '1',
      HEADRACE_TESTS: undefined,
      HEADRACE_TEST_REPORT: undefined,
    });
    expect(said).toMatch(/Tests\s+\d+ passed/);
  },
  SUITES_MS,
);
