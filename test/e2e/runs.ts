import { join } from 'node:path';
import { expect } from 'vitest';
import { tablesOf } from '../../lake/tables.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { type RunOptions, type RunResult, runPipeline } from '../../local/runtime/run.ts';
import { lakeRows, type Rows } from './compare.ts';
import { temporaryFolder } from './folder.ts';
import { type PaymentsFile, writePayments } from './payments-file.ts';

export const PAYMENTS = 'pipelines/payments';

export async function run(input: string, dataDir: string, options: Partial<RunOptions> = {}): Promise<RunResult> {
  const loaded = await loadPipeline(PAYMENTS);
  const result = await runPipeline({
    dataDir,
    loaded,
    inputs: [input],
    shardCount: 2,
    batchSize: 100,
    keepOpen: false,
    append: false,
    ...options,
  });
  expect(result.differences).toEqual([]);
  expect(result.isComplete).toBe(true);
  return result;
}

/** Every table without the columns that depend on how records were put. */
export async function allTables(dataDir: string, without: readonly string[]): Promise<Record<string, Rows>> {
  const { pipeline } = await loadPipeline(PAYMENTS);
  const queries = tablesOf(pipeline)
    .filter(({ name }) => name !== 'ledger')
    .map(({ name, columns }) => [
      name,
      `SELECT ${columns
        .map((column) => column.name)
        .filter((column) => !without.includes(column))
        .join(', ')} FROM ${name}`,
    ]);
  return lakeRows(join(dataDir, 'lake'), pipeline, Object.fromEntries(queries));
}

export function fileOf(dials: PaymentsFile): string {
  const path = join(temporaryFolder(), 'payments.ndjson');
  writePayments(path, dials);
  return path;
}
