import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import type { EventChunk, FeedShape } from '../../../local/feed/events.ts';
import type { Inputs } from '../../../local/feed/inputs.ts';
import { rowEvents } from '../../../local/feed/rows.ts';
import { freshFolder } from '../endpoint/with-endpoint.ts';

const SHAPE: FeedShape = {
  keyFields: { reading: 'sensor_id', note: 'author' },
  fieldKinds: { event_time: 'time', sensor_id: 'string', value: 'fixed', count: 'integer', is_ok: 'boolean', amount: 'money' },
  defaultType: 'reading',
};

interface Fed {
  readonly text: string;
  readonly key: string;
  readonly timeMs: number;
}

function fedOf(chunk: EventChunk): Fed[] {
  return Array.from({ length: chunk.count }, (_, i) => ({
    text: Buffer.from(chunk.bytes.subarray(chunk.ends[i - 1] ?? 0, chunk.ends[i])).toString(),
    key: chunk.keys[i] ?? '',
    timeMs: chunk.timesMs[i] ?? 0,
  }));
}

async function fed(inputs: Inputs, importSql?: string, shape: FeedShape = SHAPE): Promise<Fed[]> {
  const found: Fed[] = [];
  for await (const chunk of rowEvents(inputs, { shape, importSql })) found.push(...fedOf(chunk));
  return found;
}

/** One Parquet file with the rows of a SELECT. */
async function parquet(select: string): Promise<Inputs> {
  const file = join(await freshFolder(), 'rows.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`);
  connection.closeSync();
  return { kind: 'parquet', files: [file] };
}

async function csv(...texts: string[]): Promise<Inputs> {
  const folder = await freshFolder();
  const files = texts.map((_, i) => join(folder, `${i}.csv`));
  await Promise.all(files.map((file, i) => writeFile(file, texts[i] ?? '')));
  return { kind: 'csv', files };
}

const TIME = "TIMESTAMP '2026-01-31 10:20:30' AS event_time";

describe('rows as JSON', () => {
  test.each([
    ['DECIMAL is exact text', '57.10::DECIMAL(10,2)', '"57.10"'],
    ['BIGINT beyond 2^53 keeps its digits', '9007199254740993::BIGINT', '9007199254740993'],
    ['DOUBLE has its shortest form', '0.1::DOUBLE + 0.2::DOUBLE', '0.30000000000000004'],
    ['a great DOUBLE is a JSON number', '1e300::DOUBLE', '1e+300'],
    ['NaN is a string, which no number field takes', "'nan'::DOUBLE", '"nan"'],
    ['infinity is a string', "'-inf'::DOUBLE", '"-inf"'],
    ['BOOLEAN', 'false', 'false'],
    ['DATE', "DATE '2026-02-01'", '"2026-02-01"'],
    ['TIMESTAMP', "TIMESTAMP '2026-02-01 00:00:00'", '"2026-02-01T00:00:00Z"'],
    ['TIMESTAMP with a fraction', "TIMESTAMP '2026-02-01 00:00:00.120'", '"2026-02-01T00:00:00.12Z"'],
    ['TIMESTAMPTZ is in UTC', 'to_timestamp(1769904000)', '"2026-02-01T00:00:00Z"'],
    ['text is escaped', `'a"b\\c' || chr(10) || chr(1) || 'é😀'`, '"a\\"b\\\\c\\n\\u0001é😀"'],
    ['a list', '[1, 2]', '[1,2]'],
    ['a struct', "{'a': 1, 'b': 'x'}", '{"a":1,"b":"x"}'],
  ])('%s', async (_name, sql, json) => {
    const [row] = await fed(await parquet(`SELECT ${TIME}, ${sql} AS x`));
    expect(row?.text).toBe(`{"type":"reading","event_time":"2026-01-31T10:20:30Z","x":${json}}`);
    expect(() => JSON.parse(row?.text ?? '')).not.toThrow();
  });

  test('fields keep the order of the columns, NULLs are left out, names are escaped', async () => {
    const select = `SELECT ${TIME}, NULL::INTEGER AS gone, 1 AS "a""b", 2 AS z, 3 AS a`;
    const [row] = await fed(await parquet(select));
    expect(row?.text).toBe('{"type":"reading","event_time":"2026-01-31T10:20:30Z","a\\"b":1,"z":2,"a":3}');
  });

  test('a number in a text field becomes text, a decimal in a number field a number', async () => {
    const [row] = await fed(await parquet(`SELECT ${TIME}, 7 AS sensor_id, 1.50::DECIMAL(5,2) AS value, 2.50::DECIMAL(5,2) AS amount`));
    expect(row).toMatchObject({ key: '7', timeMs: Date.UTC(2026, 0, 31, 10, 20, 30) });
    expect(row?.text).toContain('"sensor_id":"7","value":1.50,"amount":"2.50"');
  });

  test('a type column decides on the key field; keys that cannot be used are all one', async () => {
    const rows = await fed(
      await parquet(`SELECT * FROM (VALUES ('reading', 's1', 'a1'), ('note', 's2', 'a2'), ('other', 's3', 'a3'), ('reading', NULL, 'a4'), ('note', 's5', repeat('x', 257)))
        AS t(type, sensor_id, author), (SELECT ${TIME})`),
    );
    expect(rows.map(({ key }) => key)).toEqual(['s1', 'a2', 'unparsed', 'unparsed', 'unparsed']);
    expect(rows[0]?.text).toMatch(/^\{"type":"reading","sensor_id"/);
  });

  test('rows keep their order through millions sorted by the import', async () => {
    const inputs = await parquet("SELECT TIMESTAMP '2026-01-01' + INTERVAL 1 SECOND * i AS t, i FROM range(60000) AS r(i)");
    const rows = await fed(inputs, 'SELECT t AS event_time, i AS sensor_id FROM input ORDER BY hash(i), i;\n');
    const again = await fed(inputs, 'SELECT t AS event_time, i AS sensor_id FROM input ORDER BY hash(i), i');
    expect(rows).toEqual(again);
    expect(rows).toHaveLength(60_000);
    const unsorted = await fed(inputs, 'SELECT t AS event_time, i AS sensor_id FROM input');
    expect(unsorted.map(({ key }) => Number(key))).toEqual(Array.from({ length: 60_000 }, (_, i) => i));
  });
});

describe('CSV', () => {
  test('cells go as they are written: leading zeros stay, numbers and booleans only where the field says so', async () => {
    const text =
      'event_time,sensor_id,value,count,is_ok,amount,extra\n2026-01-31T10:20:30Z,007,1.50,12,TRUE,12.30,9\n2026-01-31T10:20:31Z,"a,""b",x,1.5,maybe,"12,5",\n';
    const rows = await fed(await csv(text));
    expect(rows.map((row) => row.text)).toEqual([
      '{"type":"reading","event_time":"2026-01-31T10:20:30Z","sensor_id":"007","value":1.50,"count":12,"is_ok":true,"amount":"12.30","extra":"9"}',
      '{"type":"reading","event_time":"2026-01-31T10:20:31Z","sensor_id":"a,\\"b","value":"x","count":1.5,"is_ok":"maybe","amount":"12,5"}',
    ]);
    expect(rows[0]).toMatchObject({ key: '007', timeMs: Date.UTC(2026, 0, 31, 10, 20, 30) });
  });

  test('files are read one after another; columns that one lacks are left out', async () => {
    const rows = await fed(await csv('event_time,sensor_id\n2026-01-31T10:20:30Z,b\n', 'event_time,sensor_id,extra\nlater,a,1\n'));
    expect(rows.map((row) => JSON.parse(row.text))).toEqual([
      { type: 'reading', event_time: '2026-01-31T10:20:30Z', sensor_id: 'b' },
      { type: 'reading', event_time: 'later', sensor_id: 'a', extra: '1' },
    ]);
    expect(rows[1]?.timeMs).toBeNaN();
  });

  test('a row that does not fit the header comes as its own bytes, after the others of its file', async () => {
    const head = 'event_time,sensor_id,extra';
    const bad = ['2026-01-31T10:20:31Z,short', '2026-01-31T10:20:32Z,a,b,c,d', '"2026-01-31T10:20:33Z,open,x'];
    const text = `${head}\r\n2026-01-31T10:20:30Z,a,1\r\n${bad[0]}\r\n${bad[1]}\r\n2026-01-31T10:20:34Z,z,2\r\n${bad[2]}\r\n`;
    const rows = await fed(await csv(text));
    expect(rows.slice(0, 2).map((row) => row.key)).toEqual(['a', 'z']);
    expect(rows.slice(2).map((row) => row.text)).toEqual(bad);
  });

  test('a row in another encoding comes as its own bytes', async () => {
    const inputs = await csv('event_time,sensor_id\n2026-01-31T10:20:30Z,a\n2026-01-31T10:20:31Z,?\n');
    const [file = ''] = inputs.files;
    const bytes = await readFile(file);
    bytes[bytes.indexOf('?')] = 0xe9;
    await writeFile(file, bytes);
    const texts: string[] = [];
    for await (const { bytes: all, ends } of rowEvents(inputs, { shape: SHAPE })) {
      for (const [i, end] of ends.entries()) texts.push(Buffer.from(all.subarray(ends[i - 1] ?? 0, end)).toString('latin1'));
    }
    expect(texts[1]).toBe('2026-01-31T10:20:31Z,é');
  });

  test('the delimiter is the one of the header, and an empty file has no rows', async () => {
    const rows = await fed(await csv('event_time;sensor_id;extra\n2026-01-31T10:20:30Z;"a;b";1,5\n', ''));
    expect(rows.map((row) => JSON.parse(row.text))).toEqual([
      { type: 'reading', event_time: '2026-01-31T10:20:30Z', sensor_id: 'a;b', extra: '1,5' },
    ]);
  });

  test('an import sees typed columns', async () => {
    const inputs = await csv('when,id,v\n2026-01-31 10:20:30,7,1.5\n');
    const [row] = await fed(inputs, 'SELECT "when" AS event_time, id AS sensor_id, v * 2 AS value FROM input');
    expect(row?.text).toBe('{"type":"reading","event_time":"2026-01-31T10:20:30Z","sensor_id":"7","value":3.0}');
  });
});

describe('what cannot be read', () => {
  test.each([
    ['no event_time', 'SELECT 1 AS x', 'no column event_time: got x'],
    ['SQL that is wrong', 'SELEC 1', 'import query is not one SELECT'],
    ['a column that is not there', 'SELECT nothing AS event_time FROM input', 'import query is not one SELECT'],
    ['two statements', 'SELECT 1 AS event_time; DROP VIEW input', 'import query is not one SELECT'],
    ['a row that fails', "SELECT error('row 7 is odd') AS event_time FROM input", 'row 7 is odd'],
  ])('%s is a usage error', async (_name, sql, message) => {
    const inputs = await parquet('SELECT 1 AS x');
    await expect(fed(inputs, sql)).rejects.toThrow(UsageError);
    await expect(fed(inputs, sql)).rejects.toThrow(message);
  });

  test('an import that fails behind its first rows is a usage error, and no short input', async () => {
    const inputs = await parquet('SELECT i, make_timestamp_ms(i) AS event_time FROM range(300000) AS rows (i)');
    const failing = `SELECT event_time, CASE WHEN i = 250000 THEN error('a bad row') ELSE 's1' END AS sensor_id FROM input`;
    let events = 0;
    const reading = async (): Promise<void> => {
      for await (const { count } of rowEvents(inputs, { shape: SHAPE, importSql: failing })) events += count;
    };
    await expect(reading()).rejects.toThrow(UsageError);
    expect(events).toBeLessThan(250_001);
  });

  test('a file that is no Parquet file is a usage error', async () => {
    const [file = ''] = (await csv('a\n1\n')).files;
    await expect(fed({ kind: 'parquet', files: [file] })).rejects.toThrow(/input files cannot be read/);
  });
});
