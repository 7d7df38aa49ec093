import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { usageError } from '../core/errors.ts';
import { type KeptRatios, keptOf, lossesOf } from './harness/guard.ts';
import { writePayments } from './harness/lines.ts';
import type { Form, Measure, Size } from './harness/measure.ts';
import { type FigureReport, type MeasureReport, reportOf, statedOf } from './harness/report.ts';
import { runInProcess, runSideBySide } from './harness/side-by-side.ts';
import { tableOf } from './harness/table.ts';
import { MEASURES } from './measures/list.ts';

/** Measures the project side by side with others; `--guard` says whether a ratio was lost. */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    guard: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    reps: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});

const KEPT = join(import.meta.dirname, 'ratios.json');
const form: Form = values.guard ? 'guard' : values.quick ? 'quick' : 'full';
const machine = `${availableParallelism()} x ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
const scratch = mkdtempSync(join(tmpdir(), 'headrace-bench-'));
const file = join(scratch, 'cards.ndjson');
const tell = (line: string): void => void process.stderr.write(`${line}\n`);
try {
  const chosen = chosenMeasures();
  writePayments(file, Math.max(...chosen.map(({ size }) => size.events + size.warmUp)), Number(values.seed));
  const reports: MeasureReport[] = [];
  for (const { measure, size } of chosen) reports.push(await measured(measure, size));
  process.stdout.write(values.json ? jsonOf(reports) : tableOf(reports, machine));
  if (values.guard) await guard(chosen, reports);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

interface Chosen {
  readonly measure: Measure;
  readonly size: Size;
}

function chosenMeasures(): Chosen[] {
  const names = values.only?.split(',');
  const unknown = names?.find((name) => !MEASURES.some((one) => one.name === name));
  if (unknown !== undefined)
    throw usageError('--only', unknown, `measures, with commas between: ${MEASURES.map(({ name }) => name).join(', ')}`);
  return MEASURES.flatMap((measure) => {
    const size = measure.sizes[form];
    if (size === undefined || names?.includes(measure.name) === false) return [];
    return [{ measure, size: { ...size, reps: Number(values.reps ?? size.reps) } }];
  });
}

async function measured(measure: Measure, size: Size): Promise<MeasureReport> {
  return reportOf(measure, await runSideBySide(measure, { size, file, scratch, runOne: runInProcess, tell }));
}

function jsonOf(reports: readonly MeasureReport[]): string {
  const all = MEASURES.flatMap(({ name, ratios, absolutes = [] }) => [...ratios, ...absolutes].map((one) => [one.name, name] as const));
  const measureOf = new Map<string, string>(all);
  const leftOut = (name: string): string =>
    `the measure ${measureOf.get(name) ?? '?'} is not part of this run (${form}${values.only === undefined ? '' : ', --only'})`;
  return `${JSON.stringify({ form, machine, measures: reports, ...statedOf(reports, leftOut) })}\n`;
}

/** Compares with what was kept; what seems lost is measured once more, longer, before it counts. */
async function guard(chosen: readonly Chosen[], reports: readonly MeasureReport[]): Promise<void> {
  const figures = guarded(reports);
  if (values.keep) {
    const ratios = Object.fromEntries(figures.flatMap(({ name, spread }) => (spread === undefined ? [] : [[name, keptOf(spread)]])));
    const kept: KeptRatios = { command: 'npm run bench -- --guard --keep', machine, ratios };
    writeFileSync(KEPT, `${JSON.stringify(kept, undefined, 2)}\n`);
    return;
  }
  const kept = JSON.parse(readFileSync(KEPT, 'utf8')) as KeptRatios;
  const again: MeasureReport[] = [];
  for (const [i, { measure, size }] of chosen.entries()) {
    const report = reports[i];
    if (report === undefined || lossesOf(kept, guarded([report])).length === 0) continue;
    tell(`${measure.name} seems slower than it was: measured again`);
    again.push(await measured(measure, { ...size, reps: size.reps * 2 }));
  }
  const losses = lossesOf(kept, guarded(again));
  for (const loss of losses) process.stderr.write(`LOST ${loss}\n`);
  if (losses.length > 0) process.exitCode = 1;
  else
    process.stderr.write(
      `No ratio was lost: ${figures.length} compared with ${Object.keys(kept.ratios).length} kept in bench/ratios.json\n`,
    );
}

/** Ratios of CPU time and memory; the slowest of a hundred batches is no steady figure. */
function guarded(reports: readonly MeasureReport[]): FigureReport[] {
  return reports.flatMap(({ figures }) => figures.filter(({ name, isAbsolute }) => !isAbsolute && !name.includes('_p99_')));
}
