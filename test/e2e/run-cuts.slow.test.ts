import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadPipeline } from '../../local/pipeline.ts';
import { lakeRows, PLACE_COLUMNS } from './compare.ts';
import { temporaryFolder } from './folder.ts';

import { allTables, fileOf, PAYMENTS, run } from './runs.ts';

describe('headrace run', () => {
  test('other batch sizes give identical rows in every table', async () => {
    const input = fileOf({ events: 1_500, repeatEvery: 40 });
    const [small, large] = [temporaryFolder(), temporaryFolder()];
    await run(input, small, { batchSize: 1 });
    await run(input, large, { batchSize: 1_000 });
    // Sequence numbers hold the time of the put, so rows are compared in stream order without them.
    const without = ['sequence', 'arrival_time'];
    expect(await allTables(small, without)).toEqual(await allTables(large, without));
  }, 240_000);

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
  }, 240_000);

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
  }, 240_000);
});
