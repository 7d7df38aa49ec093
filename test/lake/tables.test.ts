import { describe, expect, test } from 'vitest';
import { currency, fixed, flag, integer, money, text, time } from '../../core/definition/fields.ts';
import { count, distinct, first, last, max, mean, min, quantile, stddev, sum } from '../../core/definition/measures.ts';
import { definePipeline } from '../../core/definition/pipeline.ts';
import { tumbling } from '../../core/definition/windows.ts';
import { pipeline as sensors } from '../../examples/sensor-readings/pipeline.ts';
import type { ColumnType, TableSchema } from '../../lake/schema.ts';
import { tablesOf } from '../../lake/tables.ts';
import { pipeline as payments } from '../../pipelines/payments/pipeline.ts';

function tableOf(tables: readonly TableSchema[], name: string): TableSchema {
  const table = tables.find((one) => one.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  return table;
}

const typesOf = (table: TableSchema): Record<string, ColumnType> => Object.fromEntries(table.columns.map(({ name, type }) => [name, type]));

describe('tables of a pipeline', () => {
  test('payments has these tables', () => {
    expect(tablesOf(payments).map(({ name }) => name)).toEqual([
      ...[
        'archive',
        'transactions',
        'labels',
        'decisions',
        'alerts',
        'alert_deliveries',
        'what_if_decisions',
        'late_events',
        'quarantine',
        'ledger',
      ],
      ...['payments_1m', 'payments_1h', 'terminal_1h', 'customer_session'],
    ]);
  });

  test('a pipeline without decisions has no table of decisions or alerts', () => {
    const names = tablesOf({ ...payments, decision: undefined }).map(({ name }) => name);
    expect(names).not.toContain('decisions');
    expect(names).not.toContain('alerts');
  });

  test('money is stored as minor units and shown as DECIMAL', () => {
    const table = tableOf(tablesOf(payments), 'transactions');
    expect(table.columns.map(({ name }) => name)).toEqual([
      ...['event_id', 'event_time', 'customer_id', 'terminal_id', 'amount_minor', 'currency', 'merchant_id', 'country', 'mcc', 'channel'],
      ...[
        'device_id',
        'lat',
        'lon',
        'terminal_lat',
        'terminal_lon',
        'card_country',
        'approved',
        'payee_id',
        'lane',
        'partition_key',
        'shard_id',
        'sequence',
        'sub_sequence',
        'arrival_time',
      ],
    ]);
    expect(table.money).toEqual([{ name: 'amount', minorColumn: 'amount_minor', currencyColumn: 'currency' }]);
    expect(typesOf(table)).toMatchObject({
      amount_minor: 'bigint',
      lat: { decimal: { precision: 18, scale: 6 } },
      event_time: 'timestamp',
    });
    expect(table.idColumns).toEqual(['customer_id', 'event_id']);
  });

  test('aggregates have group columns, window, revision and measures in order', () => {
    const names = tableOf(tablesOf(payments), 'customer_session').columns.map(({ name }) => name);
    expect(names).toEqual([
      ...['customer_id', 'currency', 'window_start', 'window_end', 'revision', 'duration_ms', 'count', 'sum_minor', 'min_minor'],
      ...['max_minor', 'mean_minor', 'distinct_customers', 'p50_minor', 'p95_minor', 'p99_minor'],
    ]);
    expect(tableOf(tablesOf(payments), 'payments_1m').idColumns).toEqual(['currency', 'country', 'channel', 'window_start']);
  });

  test('every measure takes the type of its field', () => {
    const fields = {
      k: text(),
      f: fixed({ scale: 3 }),
      n: integer(),
      b: flag(),
      t: time(),
      c: currency(),
      m: money({ currencyField: 'c' }),
    };
    const measures = {
      c0: count(),
      d0: distinct('k'),
      sf: sum('f'),
      mf: min('f'),
      xm: max('m'),
      qn: quantile('n', 0.5),
      fb: first('b'),
      lt: last('t'),
      lk: last('k'),
      an: mean('n'),
      sd: stddev('f'),
    };
    const pipeline = definePipeline({
      name: 'all',
      version: 1,
      eventTypes: { e: { description: 'e', table: 'es', key: 'k', fields } },
      aggregates: { w: { description: 'w', over: 'e', window: tumbling(60_000), groupBy: ['k', 'c'], measures } },
    });
    expect(typesOf(tableOf(tablesOf(pipeline), 'w'))).toMatchObject({
      c0: 'bigint',
      d0: 'bigint',
      sf: { decimal: { precision: 38, scale: 3 } },
      mf: { decimal: { precision: 18, scale: 3 } },
      xm: 'bigint',
      qn: 'bigint',
      fb: 'boolean',
      lt: 'timestamp',
      lk: 'string',
      an: 'double',
      sd: 'double',
    });
  });

  test.each([payments, sensors])('tables of $name name only columns they have', (pipeline) => {
    for (const { columns, idColumns, partitionColumn, money: shown } of tablesOf(pipeline)) {
      const names = columns.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(names).toEqual(
        expect.arrayContaining([...idColumns, partitionColumn, ...shown.flatMap((one) => [one.minorColumn, one.currencyColumn])]),
      );
      expect(columns.find(({ name }) => name === partitionColumn)).toMatchObject({ type: 'timestamp', nullable: false });
    }
  });
});
