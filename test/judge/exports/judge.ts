import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { main as headrace } from '../../../cli/main.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { loadPipeline } from '../../../local/pipeline.ts';
import { dataFolder } from '../../../local/runtime/folder.ts';
import { runPipeline } from '../../../local/runtime/run.ts';
import { LakeSql } from '../../../local/sql/lake-sql.ts';
import { writeTown } from '../trino/payments.ts';
import { QUESTIONS, type Question } from './questions.ts';
import { type TruthColumn, truthColumn } from './truth.ts';

const run = promisify(execFile);

const FORMATS = ['arrow', 'parquet', 'csv', 'json'];
const BATCH_SIZE = 1_000;
const OUTPUT_BYTES_MAX = 1 << 26;

const READING = z.strictObject({
  case: z.string(),
  reader: z.string(),
  form: z.string(),
  cells: z.int(),
  different: z.int(),
  differences: z.array(z.string()),
});

/** What the judges found. */
export interface Verdict {
  /** Exports read, by each reader from each form, and the cells compared that were equal. */
  readonly answers: number;
  readonly cells: number;
  /** Planted differences, one for each reader and form, and those of them that were seen. */
  readonly planted: number;
  readonly seen: number;
  /** What is wrong, in words. */
  readonly faults: readonly string[];
}

interface Case {
  readonly name: string;
  readonly columns: readonly TruthColumn[];
  readonly rows: readonly (readonly unknown[])[];
  readonly files: Readonly<Record<string, string>>;
  readonly command: readonly string[] | null;
}

/** Makes a small lake by the pipeline itself, exports every question in every form, and has three readers compare each cell with what the engine says. */
export async function judge(python: string, folder: string, payments: number): Promise<Verdict> {
  const data = join(folder, 'data');
  const loaded = await loadPipeline('pipelines/payments');
  for (const input of writeTown(folder, { seed: 1, days: 3, payments }))
    await runPipeline({ dataDir: data, loaded, inputs: [input], batchSize: BATCH_SIZE, keepOpen: false, append: true });
  const cases: Case[] = [];
  const sql = await LakeSql.open({ lakeDir: dataFolder(data).lake, tables: tablesOf(loaded.pipeline) });
  try {
    for (const question of QUESTIONS) cases.push(await caseOf(question, { sql, folder, data }));
  } finally {
    await sql.close();
  }
  const file = join(folder, 'cases.json');
  writeFileSync(file, JSON.stringify(cases));
  const { stdout } = await run(python, [join(import.meta.dirname, 'judge.py'), file], { maxBuffer: OUTPUT_BYTES_MAX });
  return verdictOf(stdout.trimEnd().split('\n'), cases);
}

async function caseOf(
  question: Question,
  { sql, folder, data }: { readonly sql: LakeSql; readonly folder: string; readonly data: string },
): Promise<Case> {
  const { name, planted, isPiped } = question;
  const { columns: found } = await sql.query(`SELECT * FROM (${question.sql}) LIMIT 0`);
  const columns = found.map((column) => truthColumn(column.name, column.type));
  const { rows } = await sql.query(`SELECT ${columns.map(({ expression }) => expression).join(', ')} FROM (${question.sql})`);
  const exported = planted?.sql ?? question.sql;
  const files: Record<string, string> = {};
  for (const format of FORMATS) {
    const output = join(folder, `${name.replaceAll(' ', '-')}.${format}`);
    await done(['query', exported, '--data', data, '--format', format, '--output', output]);
    files[format] = output;
  }
  const command = [process.execPath, resolve('cli/start.ts'), 'query', exported, '--data', data, '--format', 'arrow'];
  return { name, columns, rows, files, command: isPiped === true ? command : null };
}

async function done(args: readonly string[]): Promise<void> {
  const code = await headrace(args);
  if (code !== 0) throw new Error(`headrace ${args[0]} ended with ${code}`);
}

function verdictOf(lines: readonly string[], cases: readonly Case[]): Verdict {
  const readings = lines.map((line) => READING.parse(JSON.parse(line)));
  const plantedCells = new Map(QUESTIONS.flatMap(({ name, planted }) => (planted === undefined ? [] : [[name, planted.cells] as const])));
  const honest = readings.filter((reading) => !plantedCells.has(reading.case));
  const planted = readings.filter((reading) => plantedCells.has(reading.case));
  const isSeen = (reading: (typeof readings)[number]): boolean => reading.different === plantedCells.get(reading.case) && reading.cells > 0;
  const words = (reading: (typeof readings)[number]): string => `${reading.case}, ${reading.reader} from ${reading.form}`;
  const wrong = honest.filter(({ different }) => different > 0);
  const empty = cases.filter(({ name, rows }) => rows.length === 0 && name !== 'no rows');
  return {
    answers: honest.length - wrong.length,
    cells: honest.reduce((sum, { cells, different }) => sum + cells - Math.min(cells, different), 0),
    planted: planted.length,
    seen: planted.filter(isSeen).length,
    faults: [
      ...wrong.map((reading) => `DIFFERENT ${words(reading)}: ${reading.different} cells, such as ${reading.differences.join('; ')}`),
      ...planted.filter((reading) => !isSeen(reading)).map((reading) => `NOT SEEN ${words(reading)}: ${reading.differences.join('; ')}`),
      ...empty.map(({ name }) => `${name}: no rows, so nothing was compared`),
    ],
  };
}
