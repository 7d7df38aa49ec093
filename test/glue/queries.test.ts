import { describe, expect, test } from 'vitest';
import { namedQueries, parseQuery } from '../../glue/queries.ts';
import { tablesOf } from '../../lake/tables.ts';
import { pipeline as payments } from '../../pipelines/payments/pipeline.ts';
import { smallLake } from './small-lake.ts';

const tables = new Set(tablesOf(payments).map(({ name }) => name));
const queries = namedQueries(tables);

/** What each shipped query answers on the small lake. */
const ANSWERS: Readonly<Record<string, readonly unknown[][]>> = {
  'alert-precision-by-week': [
    ['2026-03-09', 'velocity', '1', '1', '1', 1],
    ['2026-02-23', 'amount', '2', '1', '1', 1],
    ['2026-02-23', 'velocity', '2', '2', '1', 0.5],
  ],
  'arrival-lag': [
    ['2026-03-01 10:00:00', '2', expect.any(Number), expect.any(Number), 4],
    ['2026-03-01 11:00:00', '1', 1.5, 1.5, 1.5],
    ['2026-03-09 10:00:00', '1', 1, 1, 1],
    ['2026-03-09 11:00:00', '1', 3, 3, 3],
  ],
  'decisions-by-hour': [
    ['2026-03-01 10:00:00', '2', '0', '1', '1', 0.5],
    ['2026-03-01 11:00:00', '1', '1', '0', '0', 0],
  ],
  'declined-with-reasons': [['2026-03-01 10:00:00', 'p1', 'c1', '123.4500', 'EUR', 10, 'too much; too often', '7']],
  'fraud-by-terminal-and-week': [
    ['2026-03-09', 't1', 'EUR', '1', '1', 1, '123.4500'],
    ['2026-03-09', 't3', 'JPY', '1', '1', 1, '500.0000'],
    ['2026-02-23', 't1', 'EUR', '2', '1', 0.5, '123.4500'],
  ],
  'late-by-hour': [['2026-03-01 09:00:00', 'transaction', '2', 1800]],
  'ledger-by-hour': [
    ['2026-03-01 10:00:00', 'shard-0', '9', '6', '1', '1', '1', '0'],
    ['2026-03-01 11:00:00', 'shard-0', '3', '3', '0', '0', '0', '0'],
  ],
  'new-device-cohorts': [
    ['2026-02-23', '1', '3', '2', '2', '1'],
    ['2026-03-09', '1', '1', '1', '1', '1'],
  ],
  'one-customer': [
    ['2026-03-01 10:00:00', 'p1', 't1', '123.4500', 'EUR', 'decline', 10, 'too much; too often', true],
    ['2026-03-01 10:30:00', 'p2', 't1', '123.4500', 'EUR', 'review', 4, 'too much; too often', false],
    ['2026-03-01 11:00:00', 'p3', 't2', '123.4500', 'EUR', 'approve', 4, 'too much; too often', null],
  ],
  'quarantine-by-code': [
    ['JSON_SYNTAX', '', '2', '2026-03-01 10:00:05', 'second'],
    ['AMOUNT_SYNTAX', 'amount', '1', '2026-03-01 10:00:03', 'third'],
  ],
  'rule-precision': [
    ['amount', '2', '1', '1', 1],
    ['velocity', '3', '3', '2', 2 / 3],
  ],
  'rules-fired': [
    ['velocity', '2', '1', 7],
    ['amount', '1', '0', 10],
  ],
  'scan-cost-hints': [
    ['2026-03-01', '2', '3', '2', '10'],
    ['2026-03-09', '2', '2', '1', '10'],
  ],
  'session-lengths': [
    ['EUR', '0: one moment', '2', '2', '1200', '0'],
    ['EUR', '2: 5 to 30 minutes', '1', '3', '2000', '1200000'],
    ['EUR', '4: 2 hours and more', '1', '9', '8000', '7200000'],
  ],
  'shadow-rules': [
    ['foreign', 'EUR', '2', 2, '0', '0.0000', '2', '1', '0'],
    ['night', 'EUR', '2', 2, '1', '123.4500', '1', '0', '0'],
  ],
  'top-movers': [['2026-03-02', 't1', 'EUR', '1', '9000', '6000', '3000']],
  'trial-against-rules': [
    ['t1', 'EUR', 'approve', 'decline', '1', 1, '123.4500', '0', '0', '0.0000'],
    ['t1', 'EUR', 'decline', 'decline', '1', 1, '123.4500', '1', '1', '123.4500'],
    ['t1', 'EUR', 'review', 'approve', '1', 1, '123.4500', '1', '0', '0.0000'],
  ],
  'where-events-went': [['shard-0', '2026-03-01 11:05:00', '12', '9', '1', '1', '1', '0']],
};

describe('named queries', () => {
  test('each has an answer here', () => {
    expect(queries.map(({ name }) => name)).toEqual(Object.keys(ANSWERS));
  });

  test.each(queries.map((query) => [query.name, query] as const))('%s answers on a small lake', async (name, { sql }) => {
    const db = await smallLake();
    expect((await db.runAndReadAll(sql)).getRowsJson()).toEqual(ANSWERS[name]);
  });

  test.each(queries.map((query) => [query.name, query] as const))('%s names the tables it reads', (_name, query) => {
    const read = [...query.sql.matchAll(/(?:FROM|JOIN) ([a-z_0-9]+)/g)].map(([, table]) => table);
    expect([...new Set(read)].sort()).toEqual([...query.tables].sort());
  });

  test.each(queries.map((query) => [query.name, query] as const))('%s says more than what its rows are', (_name, { sql }) => {
    const comments = sql.split('\n').filter((line) => line.startsWith('-- '));
    expect(comments.length).toBeGreaterThan(2);
    expect(Math.max(...sql.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
  });

  test.each(queries.map((query) => [query.name, query] as const))('%s avoids what engines answer unlike', (_name, { sql }) => {
    for (const [, column] of sql.matchAll(/count\(([\w.]+)\)/g)) {
      // Trino 476 answers a count of a flag, beside a count filtered by the same flag, with one number for both.
      expect(sql, column).not.toContain(`FILTER (WHERE ${column})`);
    }
    expect(sql).not.toMatch(/date_diff|\|\||\bconcat\(|AT TIME ZONE|now\(\)|current_/i);
    // A quotient is of doubles.
    for (const [quotient] of sql.replaceAll(/^--.*$/gm, '').matchAll(/.*[^*]\/.*/g)) expect(quotient).toMatch(/AS DOUBLE\) \//);
    expect(sql).toMatch(/\nORDER BY [^\n]+(\nLIMIT \d+)?$/);
  });

  test('a pipeline without the tables of a query does not get it', () => {
    expect(namedQueries(new Set(['ledger'])).map(({ name }) => name)).toEqual(['ledger-by-hour', 'where-events-went']);
  });

  test.each([
    ['Bad Name.sql', '-- a\n-- Tables: t\nSELECT 1', /name of a query file/],
    ['good.sql', 'SELECT 1', /good\.sql: first lines/],
  ])('a file without name or header is refused: %s', (file, text, message) => {
    expect(() => parseQuery(file, text)).toThrow(message);
  });

  test('blobs that landed as text are bytes in views', async () => {
    const db = await smallLake();
    const rows = (await db.runAndReadAll('SELECT typeof(data), decode(data) FROM quarantine LIMIT 1')).getRowsJson();
    expect(rows).toEqual([['BLOB', '{}']]);
  });
});
