import { expect, test } from 'vitest';
import type { Row, RowValue } from '../../core/ports.ts';
import { deliveryEncoder, deliveryObjectPrefix, deliveryStreamName, landedTable, partitionQuery } from '../../lake/delivery-format.ts';
import { landingKey, partitionOf } from '../../lake/names.ts';
import type { ColumnType, TableSchema } from '../../lake/schema.ts';
import { tablesOf } from '../../lake/tables.ts';
import { pipeline as payments } from '../../pipelines/payments/pipeline.ts';
import { kindsRows, kindsTable } from '../contract/kinds-table.ts';
import { deliveredRow } from './delivered-row.ts';

const oneColumn = (type: ColumnType): TableSchema => ({
  ...kindsTable,
  columns: [{ name: 'value', type, nullable: true, description: 'Value.' }],
});
const encoded = (type: ColumnType, value: RowValue): string => deliveryEncoder(oneColumn(type))({ value });

/** What jq makes of the query: paths with slices only. */
function partitionBy(query: string, row: Record<string, string>): Record<string, string> {
  const pairs = [...query.matchAll(/(\w+):\.(\w+)\[(\d+):(\d+)\]/g)];
  return Object.fromEntries(pairs.map(([, key, field, from, to]) => [key, row[field ?? '']?.slice(Number(from), Number(to)) ?? '']));
}

test('a row read back from its line is the row', () => {
  const encode = deliveryEncoder(kindsTable);
  for (const row of kindsRows(0, 100)) {
    const line = encode(row);
    expect(line).not.toContain('\n');
    expect(deliveredRow(kindsTable, line)).toEqual(row);
  }
});

test.each<[ColumnType, RowValue, string]>([
  ['timestamp', Date.UTC(2026, 2, 1, 9, 5, 7, 8), '{"value":"2026-03-01 09:05:07.008"}'],
  ['timestamp', -1, '{"value":"1969-12-31 23:59:59.999"}'],
  ['bigint', '-9223372036854775808', '{"value":-9223372036854775808}'],
  [{ decimal: { precision: 38, scale: 3 } }, '12345678901234567890.125', '{"value":"12345678901234567890.125"}'],
  ['string', 'half \ud800', '{"value":"half \ufffd"}'],
  ['double', Number.NaN, '{"value":null}'],
  ['boolean', false, '{"value":false}'],
  ['list<string>', ['a', '"'], '{"value":["a","\\""]}'],
  ['string', null, '{}'],
])('as %j the value %j is %s', (type, value, line) => {
  expect(encoded(type, value)).toBe(line);
});

test.each<[ColumnType, RowValue]>([
  ['bigint', '1.5'],
  ['bigint', '1,"x":1'],
  ['integer', true],
  [{ decimal: { precision: 18, scale: 2 } }, '1e3'],
  ['timestamp', '2026-03-01'],
  ['timestamp', Date.UTC(10_000, 0, 1)],
  ['boolean', 1],
  ['list<string>', 'a'],
])('a column of type %j does not take %j', (type, value) => {
  expect(() => encoded(type, value)).toThrow(/column kinds\.value got .* allowed: a value of type/);
});

test('the partition query finds the hour that the row belongs to, for every table', () => {
  const atMs = Date.parse('2026-02-28T23:59:59.999Z');
  for (const table of tablesOf(payments)) {
    const line = deliveryEncoder({ ...table, columns: table.columns.filter(({ name }) => name === table.partitionColumn) })({
      [table.partitionColumn]: atMs,
    } as Row);
    expect(partitionBy(partitionQuery(table), JSON.parse(line) as Record<string, string>)).toEqual(partitionOf(atMs));
  }
});

test('the prefix of a delivery stream is the folder of landing names', () => {
  const prefix = deliveryObjectPrefix('late_events')
    .replace('!{partitionKeyFromQuery:dt}', '2026-03-01')
    .replace('!{partitionKeyFromQuery:hour}', '09');
  expect(`${prefix}x.parquet`).toBe(`lake/${landingKey({ table: 'late_events', dt: '2026-03-01', hour: '09', name: 'x' })}`);
  expect(deliveryStreamName('headrace-dev', 'late_events')).toBe('headrace-dev-late-events');
});

test('blobs land as text, all other columns as they are', () => {
  const changed = landedTable(kindsTable).columns.filter((column, i) => column !== kindsTable.columns[i]);
  expect(changed.map(({ name, type }) => [name, type])).toEqual([['data', 'string']]);
});
