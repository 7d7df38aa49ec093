import { describe, expect, test } from 'vitest';
import { athenaView, trinoType } from '../../glue/athena-views.ts';
import { glueTable } from '../../glue/tables.ts';
import { parseLandedKey } from '../../lake/names.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { tablesOf } from '../../lake/tables.ts';
import { pipeline as payments } from '../../pipelines/payments/pipeline.ts';
import { smallLake } from './small-lake.ts';

const tables = tablesOf(payments);
const named = tables.map((table) => [table.name, table] as const);

function tableOf(name: string): TableSchema {
  const table = tables.find((one) => one.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  return table;
}

describe('the catalogue', () => {
  test.each(named)('has every column of %s with a comment, dt and hour as partition keys', (_name, table) => {
    const input = glueTable(table, 'bucket');
    const columns = input.storageDescriptor.columns;
    expect(columns.map(({ name }) => name)).toEqual(table.columns.map(({ name }) => name));
    for (const { comment } of columns) expect(comment).toMatch(/^[^\n]{1,255}$/);
    expect(input.partitionKeys.map(({ name, type }) => `${name} ${type}`)).toEqual(['dt string', 'hour string']);
    expect(input.storageDescriptor.serdeInfo.serializationLibrary).toMatch(/ParquetHiveSerDe$/);
    expect(Object.keys(input.parameters).filter((name) => name.startsWith('projection'))).toEqual([]);
  });

  test('types are those of Hive; blobs land as text', () => {
    const types = new Map(
      tables.flatMap((table) => glueTable(table, 'b').storageDescriptor.columns.map((one) => [`${table.name}.${one.name}`, one.type])),
    );
    expect(types.get('transactions.amount_minor')).toBe('bigint');
    expect(types.get('transactions.lat')).toBe('decimal(18,6)');
    expect(types.get('transactions.event_time')).toBe('timestamp');
    expect(types.get('transactions.sub_sequence')).toBe('int');
    expect(types.get('labels.fraud')).toBe('boolean');
    expect(types.get('decisions.rules_fired')).toBe('array<string>');
    expect(types.get('payments_1m.mean_minor')).toBe('double');
    expect(types.get('quarantine.data')).toBe('string');
  });

  test('the location is where landing files are named', () => {
    const { location } = glueTable(tableOf('transactions'), 'bucket').storageDescriptor;
    expect(location).toBe('s3://bucket/lake/transactions/landing/');
    const key = `${location.slice('s3://bucket/lake/'.length)}dt=2026-03-01/hour=10/a.parquet`;
    expect(parseLandedKey(key)).toMatchObject({ table: 'transactions', dt: '2026-03-01', hour: '10' });
  });
});

/** DuckDB's name of a type that Trino spells so. */
function duckName(type: string): string {
  const names: Readonly<Record<string, string>> = { varbinary: 'BLOB', 'timestamp(3)': 'TIMESTAMP', 'array(varchar)': 'VARCHAR[]' };
  return names[type] ?? type.toUpperCase();
}

describe('views of the catalogue', () => {
  test.each(named)('of %s declares the columns and types that its text gives', async (name, table) => {
    const view = athenaView(table, { source: 'landing', shown: 'shown' });
    const encoded = /^\/\* Presto View: (.*) \*\/$/.exec(view.viewOriginalText)?.[1] ?? '';
    const { originalSql, columns } = JSON.parse(Buffer.from(encoded, 'base64').toString()) as {
      originalSql: string;
      columns: { name: string; type: string }[];
    };
    const db = await smallLake();
    const answer = await db.runAndReadAll(originalSql);
    expect(columns.map((one) => one.name)).toEqual(answer.columnNames());
    expect(columns.map(({ type }) => duckName(type))).toEqual(answer.columnTypes().map((type) => String(type).replaceAll(', ', ',')));
    expect(view.storageDescriptor.columns.map((one) => one.name)).toEqual(columns.map((one) => one.name));
    expect(view.name).toBe(name);
  });

  test('lists are arrays to Trino', () => {
    expect(trinoType('list<string>')).toBe('array(varchar)');
  });
});
