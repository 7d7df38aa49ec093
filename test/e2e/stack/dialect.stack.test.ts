import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { namedQueries } from '../../../glue/queries.ts';
import { viewSql } from '../../../glue/views.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { loadPipeline } from '../../../local/pipeline.ts';
import { installEmulator } from './emulator.ts';

const INSTALL_MS = 300_000;

let python: string;

beforeAll(async () => {
  python = await installEmulator();
}, INSTALL_MS);

function parsed(texts: readonly string[]): { readonly called: unknown; readonly error: string } {
  const { stdout, stderr } = spawnSync(python, [join(import.meta.dirname, 'parse_trino.py')], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
  });
  return { called: stdout === '' ? undefined : JSON.parse(stdout), error: stderr };
}

test("every view and named query is in Trino's dialect, and calls only functions that it has", async () => {
  const tables = tablesOf((await loadPipeline('pipelines/payments')).pipeline);
  const views = tables.map((table) => viewSql(table, `"headrace_dev_landing"."${table.name}"`, 'base64'));
  const queries = namedQueries(new Set(tables.map(({ name }) => name))).map(({ sql }) => sql);
  expect(queries.length).toBeGreaterThan(5);
  const { called, error } = parsed([...views, ...queries]);
  expect(error).toBe('');
  expect(called).toEqual([]);
});

test('the parser refuses what Trino does not take, and names functions that it does not know', () => {
  expect(parsed(['SELECT * FROM t WHERE']).error).toContain('ParseError');
  expect(parsed(['SELECT not_a_function(1)']).called).toEqual(['not_a_function']);
});
