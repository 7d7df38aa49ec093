import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../core/errors.ts';
import { tablesOf } from '../../lake/tables.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { type RunOptions, type RunResult, runPipeline } from '../../local/runtime/run.ts';
import { expectAggregatesEqual, lakeRows, PLACE_COLUMNS, type Rows } from './compare.ts';
import { temporaryFolder } from './folder.ts';
import { type PaymentsFile, sourceSetup, writePayments } from './payments-file.ts';

const PAYMENTS = 'pipelines/payments';

async function run(input: string, dataDir: string, options: Partial<RunOptions> = {}): Promise<RunResult> {
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
async function allTables(dataDir: string, without: readonly string[]): Promise<Record<string, Rows>> {
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

function fileOf(dials: PaymentsFile): string {
  const path = join(temporaryFolder(), 'payments.ndjson');
  writePayments(path, dials);
  return path;
}

describe('headrace run', () => {
  test('every event ends in one bin and the aggregate tables equal SQL over the source', async () => {
    const input = fileOf({ events: 3_000, repeatEvery: 50 });
    const dataDir = temporaryFolder();
    const { report } = await run(input, dataDir);
    expect(report).toMatchObject({ late: 0, duplicate: 60, quarantined: 0 });
    expect(report.seen).toBe(report.accepted + report.duplicate);
    const { pipeline } = await loadPipeline(PAYMENTS);
    const rows = await expectAggregatesEqual(join(dataDir, 'lake'), pipeline, sourceSetup(input), 'src');
    expect(Object.values(rows).reduce((sum, count) => sum + count, 0)).toBe(report.windows_closed);
  }, 60_000);

  test('other batch sizes give identical rows in every table', async () => {
    const input = fileOf({ events: 1_500, repeatEvery: 40 });
    const [small, large] = [temporaryFolder(), temporaryFolder()];
    await run(input, small, { batchSize: 1 });
    await run(input, large, { batchSize: 1_000 });
    // Sequence numbers hold the time of the put, so rows are compared in stream order without them.
    const without = ['sequence', 'arrival_time'];
    expect(await allTables(small, without)).toEqual(await allTables(large, without));
  }, 60_000);

  test('other shard counts give identical aggregates, events, decisions and alerts', async () => {
    const input = fileOf({ events: 1_500, repeatEvery: 40 });
    const folders = await Promise.all(
      [1, 2, 5].map(async (shardCount) => {
        const dataDir = temporaryFolder();
        const { report } = await run(input, dataDir, { shardCount });
        const { archive, quarantine, late_events, ...tables } = await allTables(dataDir, PLACE_COLUMNS);
        expect([archive?.length, quarantine?.length, late_events?.length]).toEqual([expect.any(Number), 0, 0]);
        return { tables, totals: [report.seen, report.accepted, report.duplicate, report.late, report.windows_closed, report.alerts] };
      }),
    );
    expect(folders[0]?.tables['alerts']?.length).toBeGreaterThan(10);
    expect(folders[1]).toEqual(folders[0]);
    expect(folders[2]).toEqual(folders[0]);
  }, 60_000);

  test('a random order within the out-of-orderness bound gives identical aggregates and totals, and nothing late', async () => {
    const inOrder = fileOf({ events: 1_500 });
    const shuffled = fileOf({ events: 1_500, disorderMs: 59_000 });
    const [a, b] = [temporaryFolder(), temporaryFolder()];
    const first = await run(inOrder, a);
    const second = await run(shuffled, b, { shardCount: 3 });
    expect(second.report).toMatchObject({
      seen: first.report.seen,
      accepted: first.report.accepted,
      late: 0,
      windows_closed: first.report.windows_closed,
    });
    const { pipeline } = await loadPipeline(PAYMENTS);
    const aggregates = Object.fromEntries(Object.keys(pipeline.aggregates).map((name) => [name, `SELECT * FROM ${name}`]));
    expect(await lakeRows(join(b, 'lake'), pipeline, aggregates)).toEqual(await lakeRows(join(a, 'lake'), pipeline, aggregates));
  }, 60_000);

  test('a folder takes each input once, further ones with append, and a corrected file counts as another', async () => {
    const dataDir = temporaryFolder();
    const input = fileOf({ events: 60 });
    const first = await run(input, dataDir);
    await expect(run(input, dataDir)).rejects.toThrow(/holds events already: got "a run without --append"/);
    await expect(run(input, dataDir, { append: true })).rejects.toThrow(/holds this input already: got ".*payments.ndjson"/);
    writePayments(input, { events: 61 });
    expect((await run(input, dataDir, { append: true })).report.seen).toBeGreaterThan(first.report.seen + 60);
    await expect(run(input, dataDir, { append: true })).rejects.toThrow(UsageError);
  });

  test.each(['/proc/x', '/dev/null'])('a data folder that cannot be made (%s) is a usage error', async (dataDir) => {
    await expect(run(fileOf({ events: 1 }), dataDir)).rejects.toThrow(UsageError);
  });
});
