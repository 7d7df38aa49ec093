import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, onTestFinished, test } from 'vitest';
import { viewSql } from '../../glue/views.ts';
import { duckType } from '../../lake/duck-types.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { tablesOf } from '../../lake/tables.ts';
import { pipeline as payments } from '../../pipelines/payments/pipeline.ts';

type Cells = Readonly<Record<string, string | number | null>>;

function tableOf(name: string): TableSchema {
  const table = tablesOf(payments).find((one) => one.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  return table;
}

/** Rows of a table's view over these stored rows, as text cells. */
async function viewOf(table: TableSchema, rows: readonly Cells[], select: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const db: DuckDBConnection = await instance.connect();
  onTestFinished(() => {
    db.closeSync();
    instance.closeSync();
  });
  const types = [...table.columns.map(({ name, type }) => `"${name}" ${duckType(type)}`), 'dt VARCHAR', 'hour VARCHAR'];
  await db.run(`CREATE TABLE stored (${types.join(', ')})`);
  for (const row of rows) {
    const names = Object.keys(row);
    const values = Object.values(row).map((value) => (value === null ? 'NULL' : `'${value}'`));
    await db.run(`INSERT INTO stored (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${values.join(', ')})`);
  }
  return (await db.runAndReadAll(`SELECT ${select} FROM (${viewSql(table, 'stored')}) AS v`)).getRowsJson();
}

const payment = (rest: Cells): Cells => ({
  event_id: 'e1',
  event_time: '2026-03-01 10:00:00',
  customer_id: 'c1',
  amount_minor: 1234,
  currency: 'EUR',
  lane: 'accepted',
  sequence: '100',
  sub_sequence: 0,
  dt: '2026-03-01',
  hour: '10',
  ...rest,
});

describe('the view of an event table', () => {
  test('shows a row landed twice once', async () => {
    expect(await viewOf(tableOf('transactions'), [payment({}), payment({})], 'event_id, dt, hour')).toEqual([['e1', '2026-03-01', '10']]);
  });

  test('shows the accepted event, not its late resend, and of equals the first in the stream', async () => {
    const late = payment({ lane: 'late', sequence: '99', terminal_id: 'late' });
    const first = payment({ sequence: '100', sub_sequence: 2, terminal_id: 'first' });
    const later = payment({ sequence: '100', sub_sequence: 10, terminal_id: 'later' });
    const longer = payment({ sequence: '0099'.padEnd(9, '9'), terminal_id: 'longer' });
    expect(await viewOf(tableOf('transactions'), [late, later, longer, first], 'terminal_id')).toEqual([['first']]);
  });

  test('keeps events apart that differ in key or id', async () => {
    const rows = [payment({}), payment({ customer_id: 'c2' }), payment({ event_id: 'e2' })];
    expect(await viewOf(tableOf('transactions'), rows, 'count(*)')).toEqual([['3']]);
  });

  test.each([
    ['EUR', '1234', '12.3400'],
    ['EUR', '-5', '-0.0500'],
    ['JPY', '1234', '1234.0000'],
    ['BHD', '1234', '1.2340'],
    ['CLF', '1234', '0.1234'],
    ['EUR', '9007199254740993', '90071992547409.9300'],
  ])('shows money exactly: %s %s minor units are %s', async (currency, minor, amount) => {
    const rows = await viewOf(tableOf('transactions'), [payment({ currency, amount_minor: minor })], 'amount, typeof(amount)');
    expect(rows).toEqual([[amount, 'DECIMAL(25,4)']]);
  });
});

describe('the view of an aggregate', () => {
  test('shows the highest revision of each window', async () => {
    const row = (revision: number, count: number): Cells => ({
      terminal_id: 't',
      currency: 'EUR',
      window_start: '2026-03-01 10:00:00',
      revision,
      count,
      dt: '2026-03-01',
      hour: '10',
    });
    expect(await viewOf(tableOf('terminal_1h'), [row(0, 1), row(2, 3), row(1, 2), row(2, 3)], 'revision, "count"')).toEqual([[2, '3']]);
  });
});

describe('views', () => {
  test.each(tablesOf(payments).map((table) => [table.name, table] as const))(
    'of %s show every column, dt and hour',
    async (_name, table) => {
      const shown = await viewOf(table, [], 'count(*)');
      expect(shown).toEqual([['0']]);
      const sql = viewSql(table, 'stored').split('\n')[0] ?? '';
      for (const { name } of table.columns) expect(sql).toContain(`"${name}"`);
      expect(sql.endsWith('"dt", "hour"')).toBe(true);
    },
  );
});
