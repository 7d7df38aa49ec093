import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import { type Format, formatQuery, parseFormat } from '../../../local/sql/format.ts';
import { LakeSql } from '../../../local/sql/lake-sql.ts';
import { testFolder } from '../folder.ts';

let sql: LakeSql;

beforeAll(async () => {
  sql = await LakeSql.open({ lakeDir: 'no-such-lake', tables: [] });
});

afterAll(() => sql.close());

async function partsOf(text: string, format: Format): Promise<(string | Uint8Array)[]> {
  const parts: (string | Uint8Array)[] = [];
  for await (const part of formatQuery(sql, text, format)) parts.push(part);
  return parts;
}

const textOf = async (text: string, format: Format): Promise<string> => (await partsOf(text, format)).join('');

async function bytesOf(text: string, format: Format): Promise<Uint8Array> {
  return Buffer.concat((await partsOf(text, format)).map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

describe('table', () => {
  test('aligns columns, numbers to the right, cuts long cells and counts rows', async () => {
    const text = await textOf(
      `SELECT * FROM (VALUES ('a', 1, NULL), (repeat('x', 60), 1000, 'b' || chr(10) || chr(27))) AS t(name, n, note)`,
      'table',
    );
    expect(text).toBe(
      [
        `name${' '.repeat(36)}     n  note`,
        `${'─'.repeat(40)}  ${'─'.repeat(4)}  ${'─'.repeat(4)}`,
        `a${' '.repeat(39)}     1  NULL`,
        `${'x'.repeat(39)}…  1000  b··`,
        '(2 rows)',
        '',
      ].join('\n'),
    );
  });

  test('of one row says so, and of none shows the header', async () => {
    expect(await textOf('SELECT 1 AS a', 'table')).toBe('a\n─\n1\n(1 row)\n');
    expect(await textOf('SELECT 1 AS a WHERE false', 'table')).toBe('a\n─\n(0 rows)\n');
  });
});

describe('csv', () => {
  test('quotes what needs it, and tells null from empty text', async () => {
    const text = await textOf(
      `SELECT * FROM (VALUES ('a,b', '"', NULL), ('', 'line' || chr(13) || chr(10), 'x')) AS t("a ""q""", b, c)`,
      'csv',
    );
    expect(text).toBe('"a ""q""",b,c\r\n"a,b","""",\r\n"","line\r\n",x\r\n');
  });

  test('of many rows comes in parts and keeps them all', async () => {
    const parts = await partsOf('SELECT * FROM range(10000) AS t(n)', 'csv');
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.join('').trimEnd().split('\r\n')).toEqual(['n', ...Array.from({ length: 10_000 }, (_, i) => String(i))]);
  });
});

describe('json', () => {
  test('is one array of objects', async () => {
    const text = await textOf(
      `SELECT 1 AS a, 9007199254740993 AS b, 1.5::DECIMAL(3,1) AS c, ['x'] AS d, NULL AS e UNION ALL SELECT 2, 0, 0, [], 'y'`,
      'json',
    );
    expect(JSON.parse(text)).toEqual([
      { a: 1, b: '9007199254740993', c: '1.5', d: ['x'], e: null },
      { a: 2, b: 0, c: '0.0', d: [], e: 'y' },
    ]);
    expect(JSON.parse(await textOf('SELECT 1 AS a WHERE false', 'json'))).toEqual([]);
    expect(JSON.parse(await textOf('SELECT * FROM range(5000) AS t(n)', 'json'))).toHaveLength(5000);
  });
});

describe('arrow', () => {
  test('keeps every type exactly, beside its neighbours and with nulls', async () => {
    const query = (rows: string): string => `
      SELECT n::INTEGER AS i, n AS b, n * 1.5::DOUBLE AS f, n % 2 = 0 AS y, 'text ' || n AS t, ('b' || n)::BLOB AS x, ['a', NULL, n::VARCHAR] AS l,
        (-n * 1000001)::DECIMAL(38, 3) AS d, make_timestamp(n * 1000003) AS ts, DATE '2020-01-01' + n::INTEGER AS day, sum(n) OVER () AS h,
        CASE WHEN n % 3 > 0 THEN n END AS nb, CASE WHEN n % 3 > 0 THEN 'v' || n END AS nt
      FROM ${rows} AS t(n) ORDER BY n`;
    const rows = 'range(1000)';
    const table = tableFromIPC(await bytesOf(query(rows), 'arrow'));
    expect(table.numRows).toBe(1000);
    const row = table.get(7)?.toJSON();
    expect(row).toMatchObject({ i: 7, b: 7n, f: 10.5, y: false, t: 'text 7', nb: 7n, nt: 'v7' });
    expect(Buffer.from(row?.['x'] as Uint8Array).toString()).toBe('b7');
    expect(Array.from((row?.['l'] ?? []) as Iterable<string | null>)).toEqual(['a', null, '7']);
    expect(table.get(6)?.toJSON()).toMatchObject({ y: true, nb: null, nt: null });
    const decimals = table.getChild('d')?.get(7) as Uint32Array;
    expect(
      BigInt.asIntN(
        128,
        decimals.reduceRight((value, word) => (value << 32n) | BigInt(word), 0n),
      ),
    ).toBe(-7_000_007_000n);
    expect(table.schema.fields.map(({ type }) => String(type)).join(' ')).toBe(
      'Int32 Int64 Float64 Bool Utf8 Binary List<Utf8> Decimal[38e+3] Timestamp<MICROSECOND> Date32<DAY> Decimal[38e0] Int64 Utf8',
    );
    expect(table.getChild('ts')?.get(7)).toBe(7000.021);
  });

  test('of any mix of nulls reads back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(fc.integer({ min: -1000, max: 1000 })), { minLength: 1, maxLength: 40 }), async (values) => {
        const rows = values.map((value, i) => `(${i}, ${value === null ? 'NULL' : value})`).join(', ');
        const table = tableFromIPC(
          await bytesOf(
            `SELECT v::BIGINT AS a, v::VARCHAR AS b, v > 0 AS c, v::DOUBLE AS d FROM (VALUES ${rows}) AS t(i, v) ORDER BY i`,
            'arrow',
          ),
        );
        const seen = table.toArray().map((row) => row?.toJSON());
        expect(seen).toEqual(
          values.map((v) => ({ a: v === null ? null : BigInt(v), b: v === null ? null : String(v), c: v === null ? null : v > 0, d: v })),
        );
      }),
      { numRuns: 20 },
    );
  });

  test('of no rows has the columns, and of very many all batches', async () => {
    expect(tableFromIPC(await bytesOf('SELECT 1 AS a WHERE false', 'arrow')).schema.fields.map(({ name }) => name)).toEqual(['a']);
    const table = tableFromIPC(await bytesOf("SELECT n, 'x' || n AS t FROM range(150000) AS t(n)", 'arrow'));
    expect(table.batches.length).toBeGreaterThan(1);
    expect([table.numRows, table.get(149_999)?.toJSON()]).toEqual([150_000, { n: 149_999n, t: 'x149999' }]);
  });

  test('refuses an integer that no decimal can hold', async () => {
    await expect(bytesOf('SELECT 170141183460469231731687303715884105727::HUGEINT', 'arrow')).rejects.toThrow(UsageError);
  });
});

describe('parquet', () => {
  test('reads back with DuckDB and with a library that did not write it', async () => {
    const bytes = await bytesOf("SELECT n, 'x' || n AS t FROM range(3) AS t(n) -- comment", 'parquet');
    const path = join(testFolder(), 'result.parquet');
    writeFileSync(path, bytes);
    const instance = await DuckDBInstance.create(':memory:');
    onTestFinished(() => instance.closeSync());
    const db = await instance.connect();
    expect((await db.runAndReadAll(`SELECT * FROM '${path}'`)).getRows()).toEqual([0n, 1n, 2n].map((n) => [n, `x${n}`]));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    expect(await parquetReadObjects({ file, compressors: { ZSTD: (input) => zstdDecompressSync(input) } })).toEqual(
      [0n, 1n, 2n].map((n) => ({ n, t: `x${n}` })),
    );
  });
});

describe('formats', () => {
  test('an unknown one is refused with the list', () => {
    expect(() => parseFormat('xml')).toThrow('format: got "xml"; allowed: table, csv, json, arrow, parquet');
    expect(parseFormat('csv')).toBe('csv');
  });
});
