import { copyFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { loadPipeline } from '../../local/pipeline.ts';
import { runPipeline } from '../../local/runtime/run.ts';
import { payloadsOf } from '../cards/records.ts';
import { linesOf } from '../harness/lines.ts';
import { cpuOf, type Measure, type Outcome, type Work } from '../harness/measure.ts';
import { packagesMissing } from '../harness/packages.ts';
import { BASELINE_PACKAGES } from './handler.ts';

const CARDS = join(import.meta.dirname, '..', 'cards');

/** `headrace run` whole: start, endpoint, stream, state on disk, rows as Parquet, ledger. */
async function wholeRun(work: Work): Promise<Outcome> {
  const input = join(work.scratch, 'input.ndjson');
  copyFileSync(work.file, input);
  truncateSync(
    input,
    linesOf({ ...work, warmUp: 0 }).reduce((sum, { length }) => sum + length + 1, 0),
  );
  const loaded = await loadPipeline(CARDS);
  const options = { dataDir: join(work.scratch, 'data'), loaded, inputs: [input], batchSize: 1_000, keepOpen: false, append: false };
  const { cpuUs, value } = await cpuOf(() => runPipeline(options));
  const { report, differences, isComplete } = value;
  if (!isComplete || differences.length > 0) throw new Error(`the run does not balance: ${differences.join('; ')}`);
  return { events: work.events, cpuUs, result: { exact: { accepted: report.accepted, alerts: report.alerts } } };
}

async function usual(work: Work): Promise<Outcome> {
  const { createBaseline } = await import('../peers/baseline/handler.ts');
  const lines = linesOf({ ...work, warmUp: 0 });
  const { handle, firings, ...baseline } = createBaseline({ packing: 'plain', judge: 'closures', meaning: 'aligned' });
  const payloads = [...payloadsOf(lines, 'plain')];
  const { cpuUs } = await cpuOf(async () => {
    for (const payload of payloads) await handle(payload);
  });
  return { events: work.events, cpuUs, result: { exact: { accepted: lines.length - baseline.rejected, alerts: firings.length } } };
}

/** The main job on one machine, from a file of events to the lake, its start and end included. */
export const run: Measure = {
  name: 'run',
  title: 'Whole: `headrace run` from NDJSON to the lake, beside the usual handler alone, which keeps nothing',
  sizes: { quick: { events: 20_000, warmUp: 0, reps: 1 }, full: { events: 150_000, warmUp: 0, reps: 3 } },
  variants: { product: { run: wholeRun }, 'baseline, nothing kept': { run: usual, isMissing: packagesMissing(...BASELINE_PACKAGES) } },
  ratios: [],
  absolutes: [{ name: 'run_us_per_event', of: 'product', target: 20 }],
};
