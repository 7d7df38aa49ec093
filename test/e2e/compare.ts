import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'vitest';
import type { Pipeline } from '../../core/definition/pipeline.ts';
import { tablesOf } from '../../lake/tables.ts';
import { LakeSql } from '../../local/sql/lake-sql.ts';
import { oracleQueries } from './oracle.ts';

/** Columns that depend on how records were put and batched, not on the events. */
export const PLACE_COLUMNS = ['shard_id', 'sequence', 'sub_sequence', 'arrival_time', 'partition_key'] as const;

/** Every row of a query as text, sorted; all columns cast by the engine. */
export type Rows = readonly (readonly (string | null)[])[];

const byText = (a: readonly unknown[], b: readonly unknown[]): number => {
  const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
  return x < y ? -1 : x > y ? 1 : 0;
};

const asText = (query: string): string => `SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (${query}) AS q`;

/** Runs queries on a landed lake. */
export async function lakeRows(
  lakeDir: string,
  pipeline: Pipeline,
  queries: Readonly<Record<string, string>>,
): Promise<Record<string, Rows>> {
  const sql = await LakeSql.open({ lakeDir, tables: tablesOf(pipeline) });
  try {
    const found: Record<string, Rows> = {};
    for (const [name, query] of Object.entries(queries)) {
      const { rows } = await sql.query(asText(query));
      found[name] = (rows as (string | null)[][]).toSorted(byText);
    }
    return found;
  } finally {
    await sql.close();
  }
}

/** Runs queries in a DuckDB of its own after `setup` statements: the independent side of a comparison. */
export async function plainRows(setup: readonly string[], queries: Readonly<Record<string, string>>): Promise<Record<string, Rows>> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    for (const statement of setup) await connection.run(statement);
    const found: Record<string, Rows> = {};
    for (const [name, query] of Object.entries(queries)) {
      const reader = await connection.runAndReadAll(asText(query));
      found[name] = (reader.getRowsJS() as (string | null)[][]).toSorted(byText);
    }
    return found;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Group columns, times and measures of each payments aggregate, quantiles last. */
const AGGREGATE_COLUMNS: Readonly<Record<string, string>> = {
  payments_1m: 'currency, country, channel, window_start, window_end',
  payments_1h: 'currency, country, channel, window_start, window_end',
  terminal_1h: 'terminal_id, currency, window_start, window_end',
  customer_session: 'customer_id, currency, window_start, window_end, duration_ms',
};

const MEASURES = 'count, sum_minor, min_minor, max_minor, mean_minor, distinct_customers, p50_minor, p95_minor, p99_minor';

/** Values up to which a quantile is exact; above, within 1 %. */
const EXACT_MAX = 16;

/** Expects the aggregate tables of a payments lake to equal the same tables computed with SQL from the source. */
export async function expectAggregatesEqual(
  lakeDir: string,
  pipeline: Pipeline,
  setup: readonly string[],
  source: string,
): Promise<Record<string, number>> {
  const columns = (table: string): string => `${AGGREGATE_COLUMNS[table]}, ${MEASURES}`;
  const oracle = oracleQueries(source);
  const ours = await lakeRows(
    lakeDir,
    pipeline,
    mapValues(oracle, (_query, table) => `SELECT ${columns(table)} FROM ${table}`),
  );
  const theirs = await plainRows(
    setup,
    mapValues(oracle, (query, table) => `SELECT ${columns(table)} FROM (${query})`),
  );
  const counts: Record<string, number> = {};
  for (const table of Object.keys(oracle)) {
    const [a, b] = [ours[table] ?? [], theirs[table] ?? []];
    expect(
      a.map((row) => row.slice(0, -3)),
      table,
    ).toEqual(b.map((row) => row.slice(0, -3)));
    for (const [i, row] of a.entries()) expectQuantilesEqual(table, row, b[i] ?? []);
    counts[table] = a.length;
  }
  return counts;
}

function expectQuantilesEqual(table: string, ours: readonly (string | null)[], theirs: readonly (string | null)[]): void {
  const count = Number(ours.at(-9));
  for (const at of [-3, -2, -1]) {
    const [a, b] = [Number(ours.at(at)), Number(theirs.at(at))];
    const allowed = count <= EXACT_MAX ? 0 : Math.abs(b) * 0.01;
    if (Math.abs(a - b) > allowed) expect.fail(`${table} ${ours.join(' ')}: quantile ${a}, exact ${b}`);
  }
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
