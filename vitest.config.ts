import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Processes, not threads: tests start endpoints, native database engines and child processes of their own.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    // A test that waits for a signal or a port must fail with its name, not hang the whole run.
    reporters: process.env['CI'] === 'true' ? ['default', ['json', { outputFile: 'coverage/test-results.json' }]] : ['default'],
  },
});
