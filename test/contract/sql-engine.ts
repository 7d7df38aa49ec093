import { describe, expect, test } from 'vitest';
import { UsageError } from '../../core/errors.ts';
import type { SqlEngine } from '../../core/ports.ts';

/** What every SQL engine must do; `open` gives one with any tables. */
export function sqlEngineContract(name: string, open: () => Promise<SqlEngine>): void {
  const digits = Array.from({ length: 50 }, (_, i) => `(${i})`).join(', ');
  const MANY = `SELECT a.n * 50 + b.n AS n FROM (VALUES ${digits}) AS a (n) CROSS JOIN (VALUES ${digits}) AS b (n) ORDER BY 1`;

  describe(`SQL engine: ${name}`, () => {
    test('values keep their kinds, and what JS cannot hold exactly is text', async () => {
      const engine = await open();
      const { columns, rows } = await engine.run(`
        SELECT 1 AS small, 9007199254740993 AS big, CAST(0.5 AS DOUBLE) AS real_one, true AS yes, 'it''s' AS word, CAST(NULL AS VARCHAR) AS nothing,
          CAST('12.50' AS DECIMAL(10,2)) AS money, TIMESTAMP '2026-03-01 09:00:00.123' AS at_time, '' AS empty_text`);
      expect(columns.map((column) => column.name)).toEqual([
        'small',
        'big',
        'real_one',
        'yes',
        'word',
        'nothing',
        'money',
        'at_time',
        'empty_text',
      ]);
      expect(rows).toEqual([[1, '9007199254740993', 0.5, true, "it's", null, '12.50', '2026-03-01 09:00:00.123', '']]);
    });

    test('a result of several pages comes whole and in order', async () => {
      const engine = await open();
      const { rows } = await engine.run(MANY);
      expect(rows.map(([n]) => n)).toEqual(Array.from({ length: 2_500 }, (_, i) => i));
    });

    test('a first row that looks like the column names is a row', async () => {
      const engine = await open();
      expect((await engine.run("SELECT 'a' AS a, 'b' AS b")).rows).toEqual([['a', 'b']]);
    });

    test('a result without rows has its columns', async () => {
      const engine = await open();
      const { columns, rows } = await engine.run('SELECT 1 AS one WHERE false');
      expect([columns.map((column) => column.name), rows]).toEqual([['one'], []]);
    });

    test.each(['SELECT nothing FROM nowhere_at_all', 'SELEC 1'])('%j is a usage error on one line', async (text) => {
      const engine = await open();
      const failure = await engine.run(text).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(UsageError);
      expect((failure as Error).message).toMatch(/^.{5,}$/);
    });

    test('an aborted query throws the reason of its signal', async () => {
      const engine = await open();
      const reason = new Error('enough');
      await expect(engine.run(MANY, AbortSignal.abort(reason))).rejects.toBe(reason);
      const controller = new AbortController();
      const running = engine.run(MANY, controller.signal);
      controller.abort(reason);
      await expect(running).rejects.toBe(reason);
    });
  });
}
