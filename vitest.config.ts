import { defineConfig } from 'vitest/config';

/** Tests that take minutes; `npm run test:slow` runs them, `npm test` all others. */
const SLOW = 'test/**/*.slow.test.ts';
const isSlow = process.env['HEADRACE_TESTS'] === 'slow';
const report = process.env['HEADRACE_TEST_REPORT'];

export default defineConfig({
  test: {
    include: isSlow ? [SLOW] : ['test/**/*.test.ts'],
    exclude: isSlow ? [] : [SLOW, '**/node_modules/**'],
    // Processes, not threads: tests start endpoints, native database engines and child processes of their own.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
