import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LocalSqlEngine } from '../../../local/sql/engine.ts';
import { LakeSql } from '../../../local/sql/lake-sql.ts';
import { kindsTable } from '../../contract/kinds-table.ts';
import { sqlEngineContract } from '../../contract/sql-engine.ts';
import { testFolder } from '../folder.ts';

async function open(): Promise<LocalSqlEngine> {
  const sql = await LakeSql.open({ lakeDir: join(testFolder(), 'lake'), tables: [kindsTable] });
  onTestFinished(() => sql.close());
  return new LocalSqlEngine(sql);
}

sqlEngineContract('local', open);

test('lists and maps of the local engine are JSON text', async () => {
  const engine = await open();
  expect((await engine.run("SELECT ['a', 'b'] AS list, {'x': 1} AS map")).rows).toEqual([['["a","b"]', '{"x":1}']]);
});
