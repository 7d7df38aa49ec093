import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../core/errors.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { expectAggregatesEqual } from './compare.ts';
import { temporaryFolder } from './folder.ts';
import { sourceSetup, writePayments } from './payments-file.ts';

import { fileOf, PAYMENTS, run } from './runs.ts';

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
