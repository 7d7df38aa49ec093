import { join } from 'node:path';
import { expect, test } from 'vitest';
import { explainDecision } from '../../../cli/rules/explain.ts';
import { RuleSets } from '../../../lake/rules/sets.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { FolderObjectStore } from '../../../local/objects/folder.ts';
import { loadPipeline } from '../../../local/pipeline.ts';
import { LakeSql } from '../../../local/sql/lake-sql.ts';
import { fileOf, PAYMENTS, run } from '../../e2e/runs.ts';
import { testFolder } from '../../local/folder.ts';

test('every decision of a run is explained from its row, and agrees with it: outcome, points, rules', async () => {
  const data = join(testFolder(), 'data');
  await run(fileOf({ events: 150, repeatEvery: 40 }), data);
  const { pipeline } = await loadPipeline(PAYMENTS);
  const lake = join(data, 'lake');
  const sql = await LakeSql.open({ lakeDir: lake, tables: tablesOf(pipeline) });
  const sets = new RuleSets(new FolderObjectStore(lake), pipeline);
  try {
    const { rows } = await sql.query('SELECT event_id, customer_id, outcome FROM decisions ORDER BY 1, 2');
    const outcomes = new Set<string>();
    for (const [id, key, outcome] of rows) {
      const one = await explainDecision({ pipeline, sql, rulesOf: (version) => sets.of(version) }, String(id), String(key));
      expect([one.agrees, one.outcome], `${String(id)} of ${String(key)}`).toEqual([true, outcome]);
      outcomes.add(one.outcome);
    }
    expect(rows.length).toBeGreaterThan(120);
    expect([...outcomes].sort()).toEqual(['approve', 'decline', 'review']);
  } finally {
    await sql.close();
  }
}, 240_000);
