import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import type { TableRows } from '../../../core/ports.ts';
import type { TableSchema } from '../../../lake/schema.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { BufferedDelivery } from '../../../local/delivery/buffer.ts';
import { FolderObjectStore } from '../../../local/objects/folder.ts';
import { LakeSql } from '../../../local/sql/lake-sql.ts';
import { pipeline as payments } from '../../../pipelines/payments/pipeline.ts';
import { kindsRow, kindsRows, kindsTable } from '../../contract/kinds-table.ts';
import { testFolder } from '../folder.ts';

async function openSql(root: string, tables: readonly TableSchema[] = [kindsTable]): Promise<LakeSql> {
  const sql = await LakeSql.open({ lakeDir: join(root, 'lake'), tables });
  onTestFinished(() => sql.close());
  return sql;
}

async function land(root: string, batch: readonly TableRows[], tables: readonly TableSchema[] = [kindsTable]): Promise<void> {
  const buffer = await BufferedDelivery.open({
    folder: join(root, 'delivery'),
    objects: new FolderObjectStore(join(root, 'lake')),
    tables,
  });
  await buffer.deliver(batch);
  await buffer.flush();
  await buffer.close();
}

describe('SQL on the lake', () => {
  test('answers with no rows on a lake that is not there yet, for every table', async () => {
    const sql = await openSql(testFolder(), tablesOf(payments));
    for (const { name, columns } of tablesOf(payments)) {
      const result = await sql.query(`SELECT * FROM ${name}`);
      expect(result.rows).toEqual([]);
      expect(result.columns.length).toBeGreaterThanOrEqual(columns.length + 2);
    }
    expect((await sql.query('SELECT amount, event_time FROM transactions')).columns).toEqual([
      { name: 'amount', type: 'DECIMAL(25,4)' },
      { name: 'event_time', type: 'TIMESTAMP' },
    ]);
  });

  test('sees files that land while it is open', async () => {
    const root = testFolder();
    const sql = await openSql(root);
    expect((await sql.query('SELECT count(*) FROM kinds')).rows).toEqual([[0]]);
    await land(root, [{ table: 'kinds', rows: kindsRows(0, 30) }]);
    expect((await sql.query('SELECT count(*) FROM kinds')).rows).toEqual([[30]]);
    await land(root, [{ table: 'kinds', rows: kindsRows(30, 60) }]);
    expect((await sql.query('SELECT count(*) FROM kinds')).rows).toEqual([[60]]);
  });

  test('hides repeats in views and shows them in the landing schema', async () => {
    const root = testFolder();
    for (let i = 0; i < 2; i += 1) await land(root, [{ table: 'kinds', rows: kindsRows(0, 40) }]);
    const sql = await openSql(root);
    expect((await sql.query('SELECT count(*), count(DISTINCT id) FROM kinds')).rows).toEqual([[40, 40]]);
    expect((await sql.query('SELECT count(*) FROM landing.kinds')).rows).toEqual([[80]]);
    expect((await sql.query("SELECT count(*) FROM kinds WHERE dt = '2026-03-01' AND hour = '01'")).rows).toEqual([[15]]);
  });

  test('gives values exactly', async () => {
    const root = testFolder();
    await land(root, [{ table: 'kinds', rows: [{ ...kindsRow(0), big: '9007199254740993' }, kindsRow(3)] }]);
    const sql = await openSql(root);
    const { rows } = await sql.query('SELECT id, "at", big, "real", data, names, dt, hour FROM kinds ORDER BY "at"');
    expect(rows).toEqual([
      ['row-0', '2026-03-01 00:00:00.000', '9007199254740993', 0.1 + 0.2, kindsRow(0)['data'], [], '2026-03-01', '00'],
      ['row-3', '2026-03-01 00:00:03.003', null, null, null, null, '2026-03-01', '00'],
    ]);
    const more = await sql.query(`
      SELECT 1.50::DECIMAL(9,2) AS a, TIMESTAMP '2020-01-01 00:00:00.000001' AS b, {'x': [1, NULL]} AS c, DATE '2020-02-29' AS d,
        sum(n) AS e, 170141183460469231731687303715884105727::HUGEINT AS f, TIMESTAMP '0044-03-15 12:00:00' AS g FROM (VALUES (1), (2)) AS t(n)`);
    expect(more.rows).toEqual([
      [
        '1.50',
        '2020-01-01 00:00:00.000001',
        { x: [1, null] },
        '2020-02-29',
        3,
        '170141183460469231731687303715884105727',
        '0044-03-15 12:00:00.000',
      ],
    ]);
  });

  test('shows a column that older files lack as NULL, whichever file lacks it', async () => {
    const root = testFolder();
    await land(root, [{ table: 'kinds', rows: [kindsRow(0)] }]);
    const grown = {
      ...kindsTable,
      columns: [...kindsTable.columns, { name: 'added', type: 'bigint', nullable: true, description: 'New.' } as const],
    };
    expect((await (await openSql(root, [grown])).query('SELECT id, added FROM kinds')).rows).toEqual([['row-0', null]]);
    await land(root, [{ table: 'kinds', rows: [{ ...kindsRow(1), added: 7 }] }], [grown]);
    const { rows } = await (await openSql(root, [grown])).query('SELECT id, added FROM kinds ORDER BY id');
    expect(rows).toEqual([
      ['row-0', null],
      ['row-1', 7],
    ]);
  });

  test.each([
    ['', 'no statement'],
    ['-- only a comment', 'no statement'],
    ['SELECT nope FROM kinds', 'nope'],
    ['SELEC 1', 'syntax error'],
    ['SELECT 1; SELECT 2', 'one SELECT statement'],
    ['SELECT ?', 'values written out'],
    ['DROP VIEW kinds', 'DROP'],
    ['CREATE TABLE t (a INTEGER)', 'CREATE'],
    ["ATTACH 'x.db'", 'ATTACH'],
    ["SET memory_limit = '64GB'", 'SET'],
    ["SELECT * FROM read_csv('/etc/hostname')", 'disabled by configuration'],
    ["SELECT * FROM '/etc/hostname'", ''],
    ['SELECT CAST(text AS INTEGER) FROM kinds', 'Could not convert'],
  ])('refuses %j in one line', async (text, reason) => {
    const root = testFolder();
    await land(root, [{ table: 'kinds', rows: kindsRows(0, 10) }]);
    const sql = await openSql(root);
    const error = await sql.query(text).catch((refused: unknown) => refused);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toContain(reason);
    expect((error as UsageError).message).not.toContain('\n');
  });

  test('never writes into the lake', async () => {
    const root = testFolder();
    mkdirSync(join(root, 'lake'));
    const sql = await openSql(root);
    const copy = `COPY (SELECT 1) TO '${join(root, 'lake', 'evil.parquet')}' (FORMAT parquet)`;
    for (const text of [copy, `EXPLAIN ANALYZE ${copy}`, `explain (analyze) ${copy}`, `/* x */ EXPLAIN ANALYZE ${copy}`]) {
      await expect(sql.query(text)).rejects.toThrow(UsageError);
      await expect(sql.parquetFile(text)).rejects.toThrow(UsageError);
    }
    expect(readdirSync(join(root, 'lake'))).toEqual([]);
  });

  test('explains queries', async () => {
    const sql = await openSql(testFolder());
    expect((await sql.query('EXPLAIN SELECT * FROM kinds')).rows.length).toBeGreaterThan(0);
    expect((await sql.query('DESCRIBE kinds')).rows.length).toBe(kindsTable.columns.length + 2);
  });
});
