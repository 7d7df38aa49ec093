import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tablesOf } from '../../../lake/tables.ts';
import { TemplateGenerator } from '../../../load-test/generate/generator.ts';
import { KIND } from '../../../load-test/generate/kinds.ts';
import { rateSegments } from '../../../load-test/profile/rate.ts';
import { constantProfile } from '../../../load-test/profile/read.ts';
import { emptyTally, type Tally } from '../../../load-test/send/tally.ts';
import { reconcile } from '../../../load-test/truth/reconcile.ts';
import { loadPipeline } from '../../../local/pipeline.ts';
import { runPipeline } from '../../../local/runtime/run.ts';
import { LakeSql } from '../../../local/sql/lake-sql.ts';
import { testFolder } from '../../local/folder.ts';

/** A lake with the events of a short load, and the tally of what was put into it. */
async function loadedLake(): Promise<{
  lakeDir: string;
  tally: Tally;
  startMs: number;
  ask: (tally: Tally, lakeDir?: string) => ReturnType<typeof reconcile>;
}> {
  const folder = testFolder();
  const startMs = Date.now() - 600_000;
  const profile = constantProfile(50, 20, [
    'events.late.share=0',
    'events.poison=0.03',
    'events.duplicates=0.05',
    'events.labels.delay_s=1',
    'events.frauds.large_amounts=0.05',
  ]);
  const generator = new TemplateGenerator({
    dials: profile.events,
    arrivals: 'even',
    segments: rateSegments(profile),
    seed: 5,
    run: 'ltruth',
    startMs,
    producer: 0,
    producers: 1,
  });
  const tally = emptyTally();
  const lines: string[] = [];
  while (generator.dueMs !== Number.POSITIVE_INFINITY) {
    generator.next();
    // A file gives what is broken no partition key to know it by.
    if (generator.kind === KIND.malformed) continue;
    lines.push(Buffer.from(generator.chunk.bytes.subarray(generator.start, generator.end)).toString());
    tally.sent[generator.kind] = (tally.sent[generator.kind] ?? 0) + 1;
    if (generator.euroMinor > 22_000) tally.overLimit += 1;
  }
  const input = join(folder, 'in.ndjson');
  writeFileSync(input, `${lines.join('\n')}\n`);
  const loaded = await loadPipeline('pipelines/payments');
  await runPipeline({ dataDir: join(folder, 'd'), loaded, inputs: [input], batchSize: 100, keepOpen: false, append: false });
  const lakeDir = join(folder, 'd', 'lake');
  const ask = async (truth: Tally, lake = lakeDir): ReturnType<typeof reconcile> => {
    const sql = await LakeSql.open({ lakeDir: lake, tables: tablesOf(loaded.pipeline) });
    onTestFinished(() => sql.close());
    return reconcile(sql, { run: 'ltruth', startMs, tally: truth, isReplay: false, lateByMs: 900_000 });
  };
  return { lakeDir, tally, startMs, ask };
}

/** Removes what landed of a table. */
function lose(lakeDir: string, table: string): void {
  const landing = join(lakeDir, table, 'landing');
  const [file] = readdirSync(landing, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.parquet'));
  rmSync(join(landing, file ?? 'nothing landed'));
}

test('a whole load agrees; one event more than arrived is lost, and repeats are forgiven only after lost answers', async () => {
  const { tally, ask } = await loadedLake();
  const whole = await ask(tally);
  expect(whole.differences).toEqual([]);
  expect(whole).toMatchObject({ lost: 0, lanes: { late: 0, quarantined: 0, duplicate: tally.sent[KIND.duplicate] } });
  expect(whole.checks.find(({ what }) => what.includes('220 euro'))?.found).toBeGreaterThan(20);
  const more = await ask({ ...tally, sent: tally.sent.with(KIND.transaction, (tally.sent[KIND.transaction] ?? 0) + 1) });
  expect(more.lost).toBe(1);
  expect(more.differences).toEqual([expect.stringMatching(/^accepted: expected \d+, the lake has \d+$/)]);
  const fewer = { ...tally, sent: tally.sent.with(KIND.duplicate, (tally.sent[KIND.duplicate] ?? 0) - 2) };
  expect((await ask(fewer)).differences).toHaveLength(1);
  expect((await ask({ ...fewer, uncertain: [2, 0, 0, 0, 0] })).differences).toEqual([]);
  expect((await ask({ ...fewer, uncertain: [1, 0, 0, 0, 0] })).differences).toHaveLength(1);
});

test('a file of any table that is gone shows', async () => {
  const { lakeDir, tally, ask } = await loadedLake();
  const differences = {
    archive: 'accepted: expected',
    transactions: 'rows of transactions and labels: expected',
    decisions: 'decisions on transactions: expected',
    alerts: 'alerts for rules that fired: expected',
  };
  for (const [table, difference] of Object.entries(differences)) {
    const damaged = `${lakeDir}-without-${table}`;
    cpSync(lakeDir, damaged, { recursive: true });
    lose(damaged, table);
    const found = await ask(tally, damaged);
    expect(found.differences.join('\n')).toContain(difference);
    expect(found.lost > 0).toBe(table === 'archive');
  }
});
