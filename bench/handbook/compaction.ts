import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NOW_POLICY } from '../../lake/compaction/plan.ts';
import { tallyDifferences } from '../../lake/compaction/tally.ts';
import { witnessTally } from '../../lake/compaction/witness.ts';
import { GenerationWriter } from '../../lake/compaction/writer.ts';
import { landingFolder } from '../../lake/names.ts';
import { quoteText } from '../../lake/sql-text.ts';
import { compactFolder } from '../../local/compaction/compactor.ts';
import { BytesRead, figuresText, inEngine, readText, sizeOf, tableOf } from './bytes-read.ts';
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
const reads = new BytesRead({
  one_customer: `SELECT * FROM payments WHERE customer_id = '${CUSTOMER}'`,
  one_customer_two_columns: `SELECT event_time, amount_minor FROM payments WHERE customer_id = '${CUSTOMER}'`,
  ten_minutes: `SELECT * FROM payments WHERE event_time >= ${at('20')} AND event_time < ${at('30')}`,
  one_event_id: `SELECT * FROM payments WHERE event_id = '523423'`,
  sum_of_all: 'SELECT sum(amount_minor) FROM payments',
});

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
  const read = {
    landed: await reads.from(
      inputs.map(({ path }) => path),
      root,
    ),
    arrival_order: await reads.from([arrival], root),
    compacted: await reads.from(
      made.files.map(({ path }) => path),
      root,
    ),
  };
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
    read,
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

function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function textOf({ read, ...figures }: Awaited<ReturnType<typeof figuresOf>>): string {
  return `${figuresText(figures)}\n${readText(read)}`;
}
