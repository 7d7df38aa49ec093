import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadPipeline } from '../../local/pipeline.ts';
import { type RunProgress, runPipeline } from '../../local/runtime/run.ts';
import { HANDBOOK } from './handbook.ts';

/** The shipped pipeline, wherever this is started. */
const PAYMENTS = join(import.meta.dirname, '..', '..', 'pipelines', 'payments');

/** Measures the main job, `headrace run`, whole: CPU per event, memory, and whether the cost per event grows. */
const { values } = parseArgs({
  options: {
    input: { type: 'string', multiple: true, default: [HANDBOOK] },
    import: { type: 'string', default: join(PAYMENTS, 'imports', 'handbook.sql') },
    pipeline: { type: 'string', default: PAYMENTS },
    shards: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

const dataDir = await mkdtemp(join(tmpdir(), 'headrace-bench-'));
const samples: RunProgress[] = [];
try {
  const { report, differences, isComplete } = await runPipeline({
    dataDir,
    loaded: await loadPipeline(values.pipeline),
    inputs: values.input,
    importFile: values.import,
    shardCount: Number(values.shards),
    batchSize: 100,
    keepOpen: false,
    append: false,
    onProgress: (progress) => samples.push(progress),
  });
  if (!isComplete || differences.length > 0) throw new Error(`the run does not balance: ${differences.join('; ')}`);
  const figures = {
    ...report,
    cpu_us_per_event: round((report.cpu_s * 1e6) / report.seen),
    cpu_us_per_event_first_tenth: round(costBetween(samples, 0, 0.1, report.seen)),
    cpu_us_per_event_last_tenth: round(costBetween(samples, 0.9, 1, report.seen)),
    machine: `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
  };
  process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : table(figures));
} finally {
  await rm(dataDir, { recursive: true, force: true });
}

/** CPU µs per event between two shares of the events, from the progress samples nearest to them. */
function costBetween(all: readonly RunProgress[], from: number, to: number, events: number): number {
  const first = nearest(all, from * events);
  const last = nearest(all, to * events);
  return ((last.cpuSeconds - first.cpuSeconds) * 1e6) / (last.events - first.events);
}

function nearest(all: readonly RunProgress[], events: number): RunProgress {
  const found = all.find((sample) => sample.events >= events) ?? all.at(-1);
  if (found === undefined) throw new Error('the run was too short to measure');
  return found;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function table(figures: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(figures).map(([name, value]) => {
    const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
    return `${name.padEnd(30)}${shown}`;
  });
  return `${lines.join('\n')}\n`;
}
