import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ended, launch } from '../cli/process.ts';
import { bytesOf, msOf, parsePage, TrinoClient } from '../judge/trino/client.ts';
import { type Answer, differencesOf, estimatesOf, localAnswer, type Statement, trinoAnswer } from '../judge/trino/compare.ts';
import { temporaryFolder } from './folder.ts';

const ORDERED: Statement = { name: 'q', sql: 'SELECT 1', isOrdered: true, estimates: ['about'] };

const answer = (rows: Answer['rows'], kind = 'integer'): Answer => ({
  columns: [
    { name: 'n', kind },
    { name: 'about', kind: 'double' },
  ],
  rows,
});

describe('two answers differ', () => {
  const base = answer([
    [1, 100],
    [2, 200],
  ]);

  test.each<[string, Answer, RegExp | undefined]>([
    ['not when they are equal', base, undefined],
    [
      'not by an estimate within the tolerance',
      answer([
        [1, 104],
        [2, 200],
      ]),
      undefined,
    ],
    [
      'by an estimate beyond it',
      answer([
        [1, 106],
        [2, 200],
      ]),
      /^row 1: \[1,100\] against \[1,106\]$/,
    ],
    [
      'by a value',
      answer([
        [1, 100],
        [3, 200],
      ]),
      /^row 2/,
    ],
    [
      'by null against 0',
      answer([
        [1, 100],
        [null, 200],
      ]),
      /^row 2/,
    ],
    [
      'by the order of rows',
      answer([
        [2, 200],
        [1, 100],
      ]),
      /^row 1/,
    ],
    ['by a row that lacks', answer([[1, 100]]), /^rows: 2 against 1$/],
    ['by the type of a column', answer(base.rows as Answer['rows'], 'text'), /^columns: n integer, about double against n text/],
  ])('%s', (_name, other, expected) => {
    const differences = differencesOf(ORDERED, base, other);
    if (expected === undefined) expect(differences).toEqual([]);
    else expect(differences[0]).toMatch(expected);
  });

  test('not by the order of rows where the text leaves it open', () => {
    expect(differencesOf({ ...ORDERED, isOrdered: false }, base, answer([...base.rows].reverse()))).toEqual([]);
  });
});

test('values of the two engines have one form', () => {
  const trino = trinoAnswer({
    queryId: 'q',
    columns: ['bigint', 'decimal(38, 4)', 'timestamp(3)', 'timestamp(6)', 'array(varchar)', 'double', 'varbinary', 'varchar(3)'].map(
      (type, i) => ({ name: `c${i}`, type }),
    ),
    rows: [['9007199254740993', '1.2000', '2026-03-01 10:00:00.120', '2026-03-01 10:00:00.000000', ['a', 'b'], 'NaN', 'AP8=', 'abc']],
  });
  const local = localAnswer({
    columns: ['HUGEINT', 'DECIMAL(38,4)', 'TIMESTAMP', 'TIMESTAMP', 'VARCHAR[]', 'DOUBLE', 'BLOB', 'VARCHAR'].map((type, i) => ({
      name: `c${i}`,
      type,
    })),
    rows: [['9007199254740993', '1.2000', '2026-03-01 10:00:00.120', '2026-03-01 10:00:00.000', ['a', 'b'], Number.NaN, 'AP8=', 'abc']],
  });
  expect(trino).toEqual(local);
  expect(trino.rows[0]?.slice(2, 4)).toEqual(['2026-03-01 10:00:00.12', '2026-03-01 10:00:00']);
});

test('columns that call an approx_ function are estimates', () => {
  expect(estimatesOf('SELECT a,\n  approx_percentile(b, 0.5) AS half,\n  max(b) AS most\nFROM t')).toEqual(['half']);
});

test('integers past 2^53, sizes and durations are read exactly', () => {
  expect(parsePage('{"id":"q","data":[[9007199254740993,1.5,7,"x"]]}').data).toEqual([['9007199254740993', 1.5, 7, 'x']]);
  expect([bytesOf('123B'), bytesOf('1.50kB'), msOf('1.50s'), msOf('250.00ms')]).toEqual([123, 1536, 1500, 250]);
  expect(() => bytesOf('12 parsecs')).toThrow(/12 parsecs/);
});

describe('the client', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** Answers one after another, each a status and a text with `URL` for its own address. */
  async function serving(...answers: readonly (readonly [status: number, text: string])[]): Promise<TrinoClient> {
    const left = [...answers];
    const listening = createServer((_request, response) => {
      const [status, text] = left.shift() ?? [500, 'nothing left'];
      response.writeHead(status).end(text.replace('URL', url()));
    });
    server = listening;
    const url = (): string => `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    return new TrinoClient(url());
  }

  test('fetches all pages, and asks again when the server is busy', async () => {
    const client = await serving(
      [200, '{"id":"q1","nextUri":"URL/2"}'],
      [503, 'busy'],
      [200, '{"id":"q1","columns":[{"name":"n","type":"bigint"}],"data":[[1]],"nextUri":"URL/3"}'],
      [200, '{"id":"q1","data":[[2]]}'],
    );
    expect(await client.query('SELECT n')).toEqual({ queryId: 'q1', columns: [{ name: 'n', type: 'bigint' }], rows: [[1], [2]] });
  });

  test('throws what the server says of a statement, and of a request', async () => {
    const refused = await serving([200, '{"id":"q1","error":{"errorName":"SYNTAX_ERROR","message":"line 1:1"}}']);
    await expect(refused.query('SELEC')).rejects.toThrow(/SELEC: SYNTAX_ERROR: line 1:1/);
    server?.close();
    const broken = await serving([404, 'no such query']);
    await expect(broken.query('SELECT 1')).rejects.toThrow(/HTTP 404: no such query/);
  });
});

describe('npm run judge:trino', () => {
  const MAIN = join('test', 'judge', 'trino', 'main.ts');

  test('--if-cached leaves it out where the server is not, in one line, and fetches nothing', async () => {
    const before = process.env['XDG_CACHE_HOME'];
    process.env['XDG_CACHE_HOME'] = temporaryFolder();
    try {
      const { code, out, err } = await ended(launch(MAIN, ['--if-cached']));
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(/^LEFT OUT: [^\n]+\n$/);
    } finally {
      if (before === undefined) delete process.env['XDG_CACHE_HOME'];
      else process.env['XDG_CACHE_HOME'] = before;
    }
  });

  test('a bad flag is exit code 2', async () => {
    expect(await ended(launch(MAIN, ['--payments', '1']))).toMatchObject({ code: 2, out: '' });
  });
});
