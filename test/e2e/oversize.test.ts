import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPipeline } from '../../local/pipeline.ts';
import { runPipeline } from '../../local/runtime/run.ts';
import { lakeRows } from './compare.ts';
import { temporaryFolder } from './folder.ts';

const good = (id: string): string =>
  JSON.stringify({
    type: 'transaction',
    event_id: id,
    event_time: '2026-01-05T10:00:00Z',
    customer_id: 'c',
    terminal_id: 't',
    amount: 1,
    currency: 'EUR',
  });

test('a line that no stream record can hold is in quarantine and in the balance, and the lines around it go on', async () => {
  const folder = temporaryFolder();
  const input = join(folder, 'lines.ndjson');
  const huge = `{"type":"transaction","note":"${'x'.repeat(1_200_000)}"}`;
  const large = `{"type":"transaction","note":"${'y'.repeat(400_000)}"}`;
  writeFileSync(input, `${[good('a'), huge, good('b'), large, good('c')].join('\n')}\n`);
  const loaded = await loadPipeline('pipelines/payments');
  const { report, differences } = await runPipeline({
    dataDir: join(folder, 'data'),
    loaded,
    inputs: [input],
    shardCount: 2,
    batchSize: 100,
    keepOpen: false,
    append: false,
  });
  expect(differences).toEqual([]);
  expect(report).toMatchObject({ seen: 5, accepted: 3, quarantined: 2 });
  const rows = await lakeRows(join(folder, 'data', 'lake'), loaded.pipeline, {
    quarantine: 'SELECT code, octet_length(data) FROM quarantine',
  });
  expect(rows['quarantine']).toEqual([
    ['EVENT_TOO_LARGE', String(huge.length)],
    ['EVENT_TOO_LARGE', String(large.length)],
  ]);
}, 30_000);
