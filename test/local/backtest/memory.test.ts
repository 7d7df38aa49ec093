import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compilePlan } from '../../../core/plan.ts';
import { backtest } from '../../../local/backtest/backtest.ts';
import { neededFromMs } from '../../../local/backtest/lake-history.ts';
import { loadPipeline } from '../../../local/pipeline.ts';
import { storyLines } from '../../cli/backtest/story.ts';
import { testFolder } from '../folder.ts';

const DAY_MS = 86_400_000;
const PIPELINE = 'pipelines/payments';
const root = testFolder(afterAll);
const fromMs = Date.parse('2026-07-10');
const range = { fromMs, toMs: fromMs + 14 * DAY_MS, labelDelayMs: 7 * DAY_MS, knownDays: 7 };

test('history from where it is needed gives what all of it gives, and twenty days do not', async () => {
  const loaded = await loadPipeline(PIPELINE);
  const lines = storyLines({ seed: 5, payments: 2_500, days: 220 });
  const judgedSince = async (ms: number) => {
    const file = join(root, `since-${ms}.ndjson`);
    const since = lines.filter((line) => Date.parse((JSON.parse(line) as { readonly event_time: string }).event_time) >= ms);
    writeFileSync(file, `${since.join('\n')}\n`);
    const start = { ...range, pipelineDir: PIPELINE, ruleSets: [loaded.rules], spillPath: root, importSql: undefined };
    const { tables, earlierFrauds } = await backtest({ ...start, inputs: { kind: 'ndjson', files: [file] } }, 1);
    const [table] = tables;
    // Frauds of so long ago are of no card that is left out.
    const fraudsMs = fromMs - range.labelDelayMs - (range.knownDays + 1) * DAY_MS;
    const verdicts = table?.eventIds.map((id, row) => [id, table.scores[row], table.firedNames[table.firedSets[row] ?? 0]]);
    return { lines: since.length, verdicts, truths: table?.truths, frauds: earlierFrauds.filter(({ eventMs }) => eventMs >= fraudsMs) };
  };
  const neededMs = neededFromMs(compilePlan(loaded.pipeline), range);
  const [all, needed, less] = [await judgedSince(0), await judgedSince(neededMs), await judgedSince(fromMs - 20 * DAY_MS)];
  expect(needed.lines).toBeLessThan(all.lines);
  expect({ ...needed, lines: 0 }).toEqual({ ...all, lines: 0 });
  expect(all.frauds.length).toBeGreaterThan(0);
  expect(less.verdicts).not.toEqual(all.verdicts);
});
