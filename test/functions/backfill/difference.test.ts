import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { compareSides, differenceSample, hourDifferences, replacementSql } from '../../../functions/backfill/difference.ts';
import { SortEngine } from '../../../lake/compaction/engine.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { testFolder } from '../../local/folder.ts';

const HOUR_MS = Date.parse('2026-01-05T10:00:00Z');
const table = tablesOf(pipeline).find(({ name }) => name === 'terminal_1h') ?? tablesOf(pipeline)[0];
if (table === undefined) throw new Error('no table');
const [measure = ''] = Object.entries(pipeline.aggregates['terminal_1h']?.measures ?? {}).flatMap(([name, { kind }]) =>
  kind === 'distinct' ? [name] : [],
);
let engine: SortEngine;
beforeEach(() => {
  engine = new SortEngine({ scratch: testFolder(), memoryMb: 128, threads: 1 });
  onTestFinished(() => engine.rest());
});

/** One row of an hour that counts so many keys. */
function row(distinct: number, { hourMs = HOUR_MS, count = 9_000, revision = 2 } = {}): string {
  const columns = (table?.columns ?? []).map(({ name, type }) => {
    if (name === measure) return `CAST(${distinct} AS BIGINT) AS "${name}"`;
    if (name === 'count' || name === 'revision') return `CAST(${name === 'count' ? count : revision} AS BIGINT) AS "${name}"`;
    if (type === 'timestamp') return `make_timestamp(${hourMs * 1_000}) AS "${name}"`;
    return type === 'string' ? `'x' AS "${name}"` : `CAST(7 AS BIGINT) AS "${name}"`;
  });
  return `(SELECT ${columns.join(', ')})`;
}

const sketched = { measures: [measure], hours: new Set([HOUR_MS]) };
const NONE = { before: 1, added: 0, changed: 0, removed: 0, sketches: 0, startMs: HOUR_MS };

describe('a count of different keys, some of which were erased since', () => {
  test.each([
    ['the same', 5_000, row(5_000), { ...NONE }],
    ['three standard errors more', 5_000, row(5_120), { ...NONE, sketches: 1 }],
    ['three standard errors less', 5_000, row(4_880), { ...NONE, sketches: 1 }],
    ['one more than that', 5_000, row(5_121), { ...NONE, changed: 1 }],
    ['one less than that', 5_000, row(4_879), { ...NONE, changed: 1 }],
    ['as many as are counted exactly', 1_000, row(1_001), { ...NONE, changed: 1 }],
    ['the least that a sketch says', 1_001, row(1_020), { ...NONE, sketches: 1 }],
    ['near, beside another measure that differs', 5_000, row(5_010, { count: 9_001 }), { ...NONE, changed: 1 }],
  ])('%s', async (_name, published, after, expected) => {
    await compareSides(engine, table, { before: row(published), after, sketched });
    expect(await hourDifferences(engine)).toEqual([expected]);
    expect(await differenceSample(engine, table)).toHaveLength(expected.changed);
  });

  test('must be the same in an hour that no receipt names', async () => {
    const hourMs = HOUR_MS + 3_600_000;
    const sides = { before: row(5_000, { hourMs }), after: row(5_001, { hourMs }) };
    for (const given of [sketched, undefined]) {
      await compareSides(engine, table, { ...sides, sketched: given });
      expect(await hourDifferences(engine)).toEqual([{ ...NONE, startMs: hourMs, changed: 1 }]);
    }
  });

  test('stays as it is published, with its revision, where its hour is published anew', async () => {
    await compareSides(engine, table, { before: row(5_000), after: row(5_010, { revision: 0 }), sketched });
    const sql = `SELECT "${measure}", revision FROM (${replacementSql(table, HOUR_MS)})`;
    expect((await engine.rows(sql, false)).map((cells) => cells.map(Number))).toEqual([[5_000, 2]]);
  });
});
