import { linkSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, onTestFinished, test } from 'vitest';
import { quoteText } from '../../../lake/sql-text.ts';
import { misfitsOf } from '../../../local/sql/misfits.ts';
import { kindsTable } from '../../contract/kinds-table.ts';
import { testFolder } from '../folder.ts';

/** Landing files of a table in three days at one a minute and shard. */
const FILES = 4_000;
const COLUMNS = 60;

test('schemas of thousands of files are compared in the memory of a small engine', async () => {
  const lakeDir = testFolder();
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '256MiB', threads: '2' });
  const connection = await instance.connect();
  onTestFinished(() => connection.closeSync());
  const run = async (sql: string): Promise<unknown[][]> => (await connection.runAndReadAll(sql)).getRows();
  const columns = Array.from({ length: COLUMNS }, (_, i) => `${i} AS a_column_with_a_name_of_usual_length_${i}`);
  const files = Array.from({ length: FILES }, (_, i) => join(lakeDir, 'landing', `${i}.parquet`));
  const [first = ''] = files;
  mkdirSync(dirname(first));
  await run(`COPY (SELECT ${columns.join(', ')}) TO ${quoteText(first)}`);
  for (const file of files.slice(1)) linkSync(first, file);

  const misfits = await misfitsOf(kindsTable, files, { lakeDir, run });
  expect([...misfits.keys()].sort()).toEqual([...files].sort());
});
