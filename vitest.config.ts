import { defineConfig } from 'vitest/config';

/** Tests that take minutes: `npm run test:slow`, and `npm run e2e` for those of a deployed stack. `npm test` runs all others. */
const LONG = { slow: 'test/**/*.slow.test.ts', stack: 'test/**/*.stack.test.ts' } as const;
const kind = Object.entries(LONG).find(([name]) => name === process.env['HEADRACE_TESTS'])?.[1];
const report = process.env['HEADRACE_TEST_REPORT'];

export default defineConfig({
  test: {
    include: [kind ?? 'test/**/*.test.ts'],
    exclude: kind === undefined ? [...Object.values(LONG), '**/node_modules/**'] : ['**/node_modules/**'],
    // Processes, not threads: tests start endpoints, native database engines and child processes of their own.
    pool: 'forks',
    // V8 may abort where threads end while it guards code pages with memory keys: nodejs/node issue 64500.
    execArgv: ['--no-memory-protection-keys'],
    // One process runs many files: loading the code anew for each takes a third of the time. No test may leave anything behind.
    isolate: false,
    maxWorkers: 2,
    // Stacks are built and deployed from one folder.
    fileParallelism: kind !== LONG.stack,
    // Long tests on a busy machine take many times as long; what hangs ends all the same.
    testTimeout: kind === undefined ? 30_000 : 240_000,
    hookTimeout: kind === undefined ? 30_000 : 120_000,
    teardownTimeout: 10_000,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
