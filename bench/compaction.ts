import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { NOW_POLICY } from '../lake/compaction/plan.ts';
import { tallyDifferences } from '../lake/compaction/tally.ts';
import { witnessTally } from '../lake/compaction/witness.ts';
import { GenerationWriter } from '../lake/compaction/writer.ts';
import { landingFolder } from '../lake/names.ts';
import type { TableSchema } from '../lake/schema.ts';
import { quoteText } from '../lake/sql-text.ts';
import { tablesOf } from '../lake/tables.ts';
import { compactFolder } from '../local/compaction/compactor.ts';
import { pipeline } from '../pipelines/payments/pipeline.ts';
import { BUSY_HOUR, landBusyHour } from './compaction-data.ts';
import { checkInput, HANDBOOK } from './handbook.ts';

/** Measures compaction of one busy hour of payments: CPU, memory, sizes, and the bytes that typical queries read before and after. */
const { values } = parseArgs({
  options: {
    input: { type: 'string', default: HANDBOOK },
    rows: { type: 'string', default: '1000000' },
    files: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
    // Only makes the landing files, in a process of its own whose memory does not count.
    land: { type: 'string' },
  },
});

/** A customer with payments all over the file, like most. */
const CUSTOMER = '596';
const at = (minute: string): string => `TIMESTAMP '${BUSY_HOUR.dt} ${BUSY_HOUR.hour}:${minute}:00'`;
const QUERIES = {
  one_customer: `SELECT * FROM payments WHERE customer_id = '${CUSTOMER}'`,
  one_customer_two_columns: `SELECT event_time, amount_minor FROM payments WHERE customer_id = '${CUSTOMER}'`,
  ten_minutes: `SELECT * FROM payments WHERE event_time >= ${at('20')} AND event_time < ${at('30')}`,
  one_event_id: `SELECT * FROM payments WHERE event_id = '523423'`,
  sum_of_all: 'SELECT sum(amount_minor) FROM payments',
} as const;

/** Rows of each query's answer, the same whatever files it reads. */
const answers = new Map<string, number>();
const rows = Number(values.rows);
const table = tableOf('transactions');
if (values.land === undefined) await measure(mkdtempSync(join(tmpdir(), 'headrace-bench-')));
else await landBusyHour({ lakeDir: values.land, table, handbook: checkInput(values.input), rows, files: Number(values.files) });

async function measure(root: string): Promise<void> {
  try {
    execFileSync(process.execPath, [import.meta.filename, ...process.argv.slice(2), '--land', root], { stdio: 'inherit' });
    const figures = await figuresOf(root);
    process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : textOf(figures));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function figuresOf(root: string) {
  const folder = join(root, landingFolder(table.name, BUSY_HOUR));
  const inputs = readdirSync(folder).map((name) => ({ path: join(folder, name), key: name }));
  const { failed, cpuSeconds } = await compactFolder({ lakeDir: root, tables: [table], policy: NOW_POLICY, keptMs: 86_400_000 });
  if (failed.length > 0) throw new Error(failed.map(({ message }) => message).join('; '));
  const rssMax = process.resourceUsage().maxRSS;
  const writer = new GenerationWriter({ scratch: join(root, 'scratch') });
  let cpu = process.cpuUsage();
  const made = await writer.write(table, inputs);
  const writeS = secondsSince(cpu);
  cpu = process.cpuUsage();
  const differences = tallyDifferences(
    made.tally,
    await witnessTally(
      table,
      made.files.map(({ path, name }) => ({ path, key: name })),
    ),
  );
  const witnessS = secondsSince(cpu);
  if (differences.length > 0) throw new Error(`the witness read something else: ${differences.join('; ')}`);
  const arrival = join(root, 'arrival.parquet');
  await writeInArrivalOrder(
    inputs.map(({ path }) => path),
    arrival,
    root,
  );
  const landed = await readBytes(
    inputs.map(({ path }) => path),
    root,
  );
  const ordered = await readBytes([arrival], root);
  const compacted = await readBytes(
    made.files.map(({ path }) => path),
    root,
  );
  const figures = {
    rows,
    whole_cpu_s: round(cpuSeconds),
    rss_mb_max: Math.round(rssMax / 1024),
    rows_per_cpu_second: Math.round(rows / writeS),
    write_cpu_s: round(writeS),
    witness_cpu_s: round(witnessS),
    files_before: inputs.length,
    files_after: made.files.length,
    bytes_landed: sizeOf(inputs.map(({ path }) => path)),
    bytes_arrival_order: sizeOf([arrival]),
    bytes_compacted: sizeOf(made.files.map(({ path }) => path)),
    read: Object.fromEntries(
      Object.keys(QUERIES).map((name) => [name, { landed: landed[name], arrival_order: ordered[name], compacted: compacted[name] }]),
    ),
  };
  writer.close();
  return figures;
}

/** The same rows in one file with the usual settings of the engine: what compaction without sorting would give. */
async function writeInArrivalOrder(files: readonly string[], path: string, root: string): Promise<void> {
  await inEngine(files, root, async (run) => {
    await run(`COPY (SELECT * FROM payments ORDER BY arrival_time) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd)`);
  });
}

/** Bytes that each query reads from the files, and its rows as text, so that both can be compared. */
async function readBytes(files: readonly string[], root: string): Promise<Record<string, number>> {
  const bytes: Record<string, number> = {};
  await inEngine(files, root, async (run) => {
    for (const [name, sql] of Object.entries(QUERIES)) {
      const before = bytesRead();
      const answered = await run(sql);
      bytes[name] = bytesRead() - before;
      const known = answers.get(name);
      if (known !== undefined && known !== answered) throw new Error(`${name} has ${answered} rows here and ${known} elsewhere`);
      answers.set(name, answered);
    }
  });
  return bytes;
}

async function inEngine(
  files: readonly string[],
  root: string,
  use: (run: (sql: string) => Promise<number>) => Promise<void>,
): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: '256MiB',
    enable_external_file_cache: 'false',
    temp_directory: root,
  });
  const db = await instance.connect();
  await db.run(`CREATE VIEW payments AS SELECT * FROM read_parquet([${files.map(quoteText).join(', ')}])`);
  await use(async (sql) => (await db.runAndReadAll(sql)).currentRowCount);
  db.closeSync();
  instance.closeSync();
}

/** Bytes that this process has read from files so far; Linux counts them. */
function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? 0);
}

function tableOf(name: string): TableSchema {
  const found = tablesOf(pipeline).find((one) => one.name === name);
  if (found === undefined) throw new Error(`the pipeline has no table ${name}`);
  return found;
}

function sizeOf(files: readonly string[]): number {
  return files.reduce((sum, path) => sum + statSync(path).size, 0);
}

function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function textOf({
  read,
  ...figures
}: { readonly read: Record<string, Record<string, number | undefined>> } & Record<string, unknown>): string {
  const lines = Object.entries(figures).map(([name, value]) => `${name.padEnd(28)}${String(value)}`);
  const head = `\n${'bytes read for'.padEnd(28)}${['landed', 'arrival order', 'compacted', 'times fewer'].map((one) => one.padStart(16)).join('')}`;
  const queries = Object.entries(read).map(([name, { landed = 0, arrival_order: ordered = 0, compacted = 1 }]) => {
    const cells = [landed, ordered, compacted, `${(ordered / compacted).toFixed(1)}`].map((one) => String(one).padStart(16));
    return `${name.padEnd(28)}${cells.join('')}`;
  });
  return `${[...lines, head, ...queries].join('\n')}\n`;
}
