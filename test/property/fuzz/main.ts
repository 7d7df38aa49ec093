import { type Flags, noPositionals, readFlags } from '../../../cli/flags.ts';
import { UsageError } from '../../../core/errors.ts';
import { checkWindows } from '../windows/check.ts';
import { keepFound } from './found.ts';
import type { FuzzReport } from './run.ts';
import { fuzzInSmallHeap } from './small-heap.ts';

/** Limits of a whole run. */
const P99_MS_MAX = 5;
/** Shorter runs are mostly warming up: their times say nothing. */
const TIMED_FROM = 50_000;
const RSS_MB_MAX = 256;

const FLAGS = {
  inputs: { kind: 'whole', value: 'N', help: 'inputs to try', fallback: 1_000_000, min: 1, max: 1_000_000_000 },
  seed: { kind: 'whole', value: 'S', help: 'seed; equal seeds give equal runs', fallback: 1, min: 0, max: Number.MAX_SAFE_INTEGER },
  windows: {
    kind: 'whole',
    value: 'N',
    help: 'check window operators against their model in N runs instead; 100000 is the nightly number',
    min: 1,
    max: 1_000_000_000,
  },
  json: { kind: 'switch', help: 'one line of JSON instead of text' },
} as const satisfies Flags;

const HELP = `npm run fuzz -- [--inputs N] [--seed S] [--json]
npm run fuzz -- --windows N [--seed S] [--json]

Puts mutated KPL aggregates and JSON events through the way of stream records and checks laws on every one: nothing throws, nothing
vanishes, each ends as an event or a rejection within its form and bounds, no prototype changes; p99 of a record below ${P99_MS_MAX} ms (from
${TIMED_FROM} inputs on) and resident memory below ${RSS_MB_MAX} MB over the run. An input that breaks a law is shrunk and kept in test/property/fuzz/found.

  --inputs N    inputs to try: ${FLAGS.inputs.fallback}
  --seed S      seed: ${FLAGS.seed.fallback}; equal seeds give equal runs
  --windows N   check window operators against their model in N runs instead; the nightly number is 100000
  --json        one line of JSON instead of text

Exit codes: 0 all laws hold, 1 a law was broken, 2 bad usage.
`;

/** The line that ends a run. An input is one stream record; \`records\` counts the user records in them. */
function summaryOf(report: FuzzReport) {
  return {
    inputs: report.inputs,
    records: report.records,
    events: report.events,
    rejected: report.rejected,
    crashes: report.crashes,
    prototype_changes: report.prototypeChanges,
    rss_mb_max: report.rssMbMax,
    p50_ms: report.recordMs.p50,
    p99_ms: report.recordMs.p99,
    max_ms: report.recordMs.max,
    new_paths: report.paths,
  };
}

function brokenLimits({ inputs, recordMs, rssMbMax }: FuzzReport): string[] {
  return [
    ...(recordMs.p99 < P99_MS_MAX || inputs < TIMED_FROM ? [] : [`p99 of a record is ${recordMs.p99} ms; the limit is ${P99_MS_MAX}`]),
    ...(rssMbMax < RSS_MB_MAX ? [] : [`resident memory reached ${rssMbMax} MB; the limit is ${RSS_MB_MAX}`]),
  ];
}

function textOf(report: FuzzReport): string {
  const times = (name: string, { p50, p99, p999, max }: FuzzReport['recordMs']): string =>
    `ms per ${name}: p50 ${p50}, p99 ${p99}, p99.9 ${p999}, max ${max}`;
  const codes = Object.entries(report.rejected).map(([code, count]) => `  ${code.padEnd(20)}${String(count).padStart(10)}`);
  return [
    `${report.inputs} inputs, ${report.records} user records, ${report.events} events, ${report.paths} paths`,
    'rejected:',
    ...codes,
    times('stream record', report.recordMs),
    times('user record', report.unitMs),
    `crashes ${report.crashes}, prototype changes ${report.prototypeChanges}, resident memory at most ${report.rssMbMax} MB`,
    `fingerprint ${report.fingerprint}`,
  ].join('\n');
}

async function fuzzInputs(inputs: number, seed: number, isJson: boolean): Promise<number> {
  const onProgress = (done: number): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${inputs} inputs`);
  };
  const report = await fuzzInSmallHeap({ inputs, seed, onProgress });
  if (process.stderr.isTTY) process.stderr.write('\n');
  for (const { input, violation } of report.broken) {
    process.stderr.write(`broken: ${violation.law}: ${violation.what}; kept in ${keepFound(input, violation)}\n`);
  }
  const limits = brokenLimits(report);
  for (const limit of limits) process.stderr.write(`broken: ${limit}\n`);
  process.stdout.write(`${isJson ? JSON.stringify(summaryOf(report)) : textOf(report)}\n`);
  return report.crashes + report.prototypeChanges + limits.length > 0 ? 1 : 0;
}

function modelWindows(runs: number, seed: number, isJson: boolean): number {
  const { failure, ...summary } = checkWindows({ runs, seed });
  if (failure !== undefined) process.stderr.write(`broken: ${failure}\n`);
  const line = { ...summary, failed: failure === undefined ? 0 : 1 };
  process.stdout.write(
    `${isJson ? JSON.stringify(line) : `${line.runs} runs, ${line.commands} commands, ${line.accepted} events, ${line.late} late, ${line.rows} rows, ${line.failed} failed`}\n`,
  );
  return failure === undefined ? 0 : 1;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const { flags, positionals } = readFlags(FLAGS, args);
  noPositionals(positionals, FLAGS);
  if (flags.windows !== undefined) return modelWindows(flags.windows, flags.seed, flags.json);
  return fuzzInputs(flags.inputs, flags.seed, flags.json);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
