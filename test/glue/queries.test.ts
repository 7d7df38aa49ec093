import { describe, expect, test } from 'vitest';
import { namedQueries, parseQuery } from '../../glue/queries.ts';
import { tablesOf } from '../../lake/tables.ts';
import { pipeline as payments } from '../../pipelines/payments/pipeline.ts';
import { smallLake } from './small-lake.ts';

const tables = new Set(tablesOf(payments).map(({ name }) => name));
const queries = namedQueries(tables);

/** What each shipped query answers on the small lake. */
const ANSWERS: Readonly<Record<string, readonly unknown[][]>> = {
  'arrival-lag': [
    ['2026-03-01 10:00:00', '2', expect.any(Number), expect.any(Number), 4],
    ['2026-03-01 11:00:00', '1', 1.5, 1.5, 1.5],
  ],
  'decisions-by-hour': [
    ['2026-03-01 10:00:00', '2', '0', '1', '1', 0.5],
    ['2026-03-01 11:00:00', '1', '1', '0', '0', 0],
  ],
  'declined-with-reasons': [['2026-03-01 10:00:00', 'p1', 'c1', '123.4500', 'EUR', 10, 'too much; too often', '7']],
  'late-by-hour': [['2026-03-01 09:00:00', 'transaction', '2', 1800]],
  'quarantine-by-code': [
    ['JSON_SYNTAX', '', '2', '2026-03-01 10:00:05', 'second'],
    ['AMOUNT_SYNTAX', 'amount', '1', '2026-03-01 10:00:03', 'third'],
  ],
  'rule-precision': [
    ['amount', '2', '1', '1', 1],
    ['velocity', '2', '2', '1', 0.5],
  ],
  'rules-fired': [
    ['velocity', '2', '1', 7],
    ['amount', '1', '0', 10],
  ],
  'where-events-went': [['shard-0', '2026-03-01 10:05:00', '9', '6', '1', '1', '1', '0']],
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

  test('a pipeline without the tables of a query does not get it', () => {
    expect(namedQueries(new Set(['ledger'])).map(({ name }) => name)).toEqual(['where-events-went']);
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
