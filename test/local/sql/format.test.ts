import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { BIGINT, DuckDBInstance, LIST, listValue, MAP, mapValue, STRUCT, structValue, VARCHAR } from '@duckdb/node-api';
import { type Data, tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import { kindOf } from '../../../local/sql/arrow/kinds.ts';
import { arrowParts } from '../../../local/sql/arrow/stream.ts';
import { FORMATS, type Format, formatQuery, parseFormat } from '../../../local/sql/format.ts';
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

/** Memory of every buffer of a column that has bytes. */
function buffersOf({ buffers, children }: Data): ArrayBufferLike[] {
  const own = Object.values(buffers).flatMap((buffer) => (ArrayBuffer.isView(buffer) && buffer.byteLength > 0 ? [buffer.buffer] : []));
  return [...own, ...children.flatMap(buffersOf)];
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

  test('comes batch by batch, and no two buffers share memory', async () => {
    const parts = await partsOf("SELECT n AS a, n AS b, n AS c, [n, n] AS l, {'a': n, 'b': n} AS s FROM range(50000) AS t(n)", 'arrow');
    expect(parts.length).toBeGreaterThan(4);
    const table = tableFromIPC(Buffer.concat(parts as Uint8Array[]));
    for (const name of ['a', 'b', 'c']) expect(table.getChild(name)?.get(49_999)).toBe(49_999n);
    const { build } = kindOf(MAP(BIGINT, LIST(STRUCT({ a: BIGINT, b: VARCHAR }))));
    const held = build([mapValue([{ key: 1n, value: listValue([structValue({ a: 1n, b: 'x' }), null]) }]), null]);
    const memory = buffersOf(held);
    expect(memory.length).toBeGreaterThan(8);
    expect(new Set(memory).size).toBe(memory.length);
  });

  test('of long text is cut into small batches', async () => {
    const parts = await partsOf("SELECT repeat('x', 1000000) AS t FROM range(60) AS r(n)", 'arrow');
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(20_000_000);
    expect(tableFromIPC(Buffer.concat(parts as Uint8Array[])).numRows).toBe(60);
  });

  test('of a result that breaks off ends within a message', async () => {
    const { columns, parts } = await sql.stream('SELECT n FROM range(40000) AS t(n)');
    const breaking = async function* (): typeof parts {
      let read = 0;
      for await (const part of parts) {
        yield part;
        read += part.length;
        if (read > 30_000) throw new Error('disk full');
      }
    };
    const bytes: Uint8Array[] = [];
    const reading = async (): Promise<void> => {
      for await (const part of arrowParts({ columns, parts: breaking() })) bytes.push(part);
    };
    await expect(reading()).rejects.toThrow('disk full');
    expect(bytes.length).toBeGreaterThan(2);
    // The length of a message that is not there; pyarrow and Polars refuse it.
    const end = Buffer.from(bytes.at(-1) ?? []);
    expect([end.length, end.readInt32LE(0), end.readInt32LE(4) > 0]).toEqual([8, -1, true]);
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

describe('values that are easily lost', () => {
  test('NaN, infinities and zones are kept in text', async () => {
    const text = `SELECT 'nan'::DOUBLE AS a, ['-infinity'::DOUBLE] AS b, TIMESTAMPTZ '2026-07-01 12:00:00+02' AS c, 'infinity'::DATE AS d`;
    expect(JSON.parse(await textOf(text, 'json'))).toEqual([
      { a: 'NaN', b: ['-Infinity'], c: '2026-07-01 10:00:00.000+00', d: 'infinity' },
    ]);
    expect(await textOf(text, 'csv')).toBe('a,b,c,d\r\nNaN,"[""-Infinity""]",2026-07-01 10:00:00.000+00,infinity\r\n');
  });

  test('sums of integers past 2^53 are exact in Parquet', async () => {
    const bytes = await bytesOf('SELECT sum(n) AS s, [sum(n)] AS l FROM (VALUES (9007199254740992), (1)) AS t(n) -- sum', 'parquet');
    const path = join(testFolder(), 'sum.parquet');
    writeFileSync(path, bytes);
    const instance = await DuckDBInstance.create(':memory:');
    onTestFinished(() => instance.closeSync());
    const rows = await (await instance.connect()).runAndReadAll(`SELECT s::VARCHAR, l::VARCHAR FROM '${path}'`);
    expect(rows.getRows()).toEqual([['9007199254740993', '[9007199254740993]']]);
  });

  test.each(['csv', 'arrow'] as const)('a struct without names is refused in %s', async (format) => {
    await expect(bytesOf('SELECT [row(1, 2)] AS x', format)).rejects.toThrow('names for its fields');
  });
});

describe('a query that fails behind its first rows', () => {
  test.each(FORMATS)('is an error, and no part of it is written, as %s', async (format) => {
    const text = "SELECT CAST(CASE WHEN n > 900000 THEN 'no' ELSE '1' END AS INTEGER) AS n FROM range(1000000) AS t(n)";
    const parts: unknown[] = [];
    const failing = async (): Promise<void> => {
      for await (const part of formatQuery(sql, text, format)) parts.push(part);
    };
    await expect(failing()).rejects.toThrow("Could not convert string 'no' to INT32");
    expect(parts).toEqual([]);
  });
});

describe('formats', () => {
  test('an unknown one is refused with the list', () => {
    expect(() => parseFormat('xml')).toThrow('format: got "xml"; allowed: table, csv, json, arrow, parquet');
    expect(parseFormat('csv')).toBe('csv');
  });
});
