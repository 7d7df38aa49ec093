import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { quoteText } from '../../lake/sql-text.ts';
import { figuresText } from './bytes-read.ts';
import { checkInput, HANDBOOK } from './handbook.ts';

/** Measures recomputing days of the handbook beside streaming them: `headrace run`, then `headrace backfill`, each a process of its own. */
const { values } = parseArgs({
  options: {
    input: { type: 'string', default: HANDBOOK },
    days: { type: 'string', default: '14' },
    json: { type: 'boolean', default: false },
  },
});

interface Cost {
  readonly cpu_us_per_event: number;
  readonly rss_mb_max: number;
  readonly report: Readonly<Record<string, unknown>>;
}

const HANDBOOK_START_MS = Date.parse('2018-04-01T00:00:00Z');
const DAY_MS = 86_400_000;
const PROJECT = join(import.meta.dirname, '..', '..');

const root = mkdtempSync(join(tmpdir(), 'headrace-bench-'));
try {
  const input = join(root, 'days.parquet');
  const endMs = HANDBOOK_START_MS + Number(values.days) * DAY_MS;
  const events = await cut(checkInput(values.input), input, endMs);
  const data = join(root, 'data');
  const importFile = join(PROJECT, 'pipelines', 'payments', 'imports', 'handbook.sql');
  const streamed = await headrace(['run', '--input', input, '--import', importFile, '--data', data, '--json'], events);
  // Up to the newest hour that is final whatever comes.
  const to = new Date(endMs - DAY_MS).toISOString().slice(0, 10);
  const verified = await headrace(['backfill', '--from', '2018-04-01', '--to', to, '--data', data, '--json'], events);
  const { rows_before, added, changed, removed } = verified.report;
  if (added !== 0 || changed !== 0 || removed !== 0) throw new Error(`the backfill differs: ${JSON.stringify(verified.report)}`);
  const replayed = Number(verified.report['cpu_us_per_event']);
  const figures = {
    events,
    rows_compared: rows_before,
    run_us_per_event: streamed.cpu_us_per_event,
    backfill_us_per_event: replayed,
    ratio: Math.round((replayed / streamed.cpu_us_per_event) * 100) / 100,
    run_rss_mb_max: streamed.rss_mb_max,
    backfill_rss_mb_max: verified.rss_mb_max,
  };
  process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : figuresText(figures));
} finally {
  rmSync(root, { recursive: true, force: true });
}

/** Writes the payments before a moment to a file of their own; returns the events that the import makes of them. */
async function cut(glob: string, path: string, endMs: number): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:');
  const db = await instance.connect();
  const end = quoteText(new Date(endMs).toISOString().slice(0, 19).replace('T', ' '));
  await db.run(
    `COPY (SELECT * FROM read_parquet(${quoteText(glob)}) WHERE tx_datetime < TIMESTAMP ${end}) TO ${quoteText(path)} (FORMAT parquet)`,
  );
  const counted = await db.runAndReadAll(`SELECT count(*) + count(*) FILTER (WHERE tx_datetime + INTERVAL 7 DAY <=
    (SELECT max(tx_datetime) FROM ${quoteText(path)})) FROM ${quoteText(path)}`);
  instance.closeSync();
  return Number(counted.getRows()[0]?.[0]);
}

/** Runs a command to its end; CPU and memory are those that the kernel has counted for it. */
async function headrace(args: readonly string[], events: number): Promise<Cost> {
  const usage = join(root, `usage-${args[0]}`);
  const watch = join(import.meta.dirname, 'usage.ts');
  const child = spawn(process.execPath, ['--import', watch, join(PROJECT, 'cli', 'start.ts'), ...args], {
    cwd: PROJECT,
    env: { ...process.env, HEADRACE_USAGE_FILE: usage },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`headrace ${args[0]} ended with ${code}: ${out}`);
  const { cpuUs, rssMb } = JSON.parse(readFileSync(usage, 'utf8')) as { readonly cpuUs: number; readonly rssMb: number };
  const line = out.trimEnd().split('\n').at(-1) ?? '{}';
  return {
    cpu_us_per_event: Math.round((cpuUs / events) * 10) / 10,
    rss_mb_max: Math.round(rssMb),
    report: JSON.parse(line) as Record<string, unknown>,
  };
}
