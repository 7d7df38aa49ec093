import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPipeline } from '../../local/pipeline.ts';
import { runPipeline } from '../../local/runtime/run.ts';
import { expectAggregatesEqual } from './compare.ts';
import { temporaryFolder } from './folder.ts';
import { sourceSetup, writePayments } from './payments-file.ts';

test('a month of disordered payments with repeats on five shards equals SQL over the source', async () => {
  const folder = temporaryFolder();
  const input = join(folder, 'payments.ndjson');
  writePayments(input, { events: 120_000, repeatEvery: 25, disorderMs: 55_000 });
  const dataDir = join(folder, 'data');
  const loaded = await loadPipeline('pipelines/payments');
  const { report, differences } = await runPipeline({
    dataDir,
    loaded,
    inputs: [input],
    shardCount: 5,
    batchSize: 7,
    keepOpen: false,
    append: false,
  });
  expect(differences).toEqual([]);
  expect(report).toMatchObject({ duplicate: 4_800, late: 0, quarantined: 0 });
  const rows = await expectAggregatesEqual(join(dataDir, 'lake'), loaded.pipeline, sourceSetup(input), 'src');
  expect(Object.values(rows).reduce((sum, count) => sum + count, 0)).toBe(report.windows_closed);
}, 900_000);
