import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { explainDecision } from '../../../cli/rules/explain.ts';
import { explainText } from '../../../cli/rules/text.ts';
import { compileRules } from '../../../core/rules/compile.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { loadPipeline } from '../../../local/pipeline.ts';
import { LakeSql } from '../../../local/sql/lake-sql.ts';
import { fileOf, PAYMENTS, run } from '../../e2e/runs.ts';
import { headrace } from '../command-line.ts';

const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
const data = join(root, 'data');
const loaded = await loadPipeline(PAYMENTS);
let sql: LakeSql;
let ids: string[];

const explained = (id: string, rules = loaded.rules) =>
  explainDecision(
    { pipeline: loaded.pipeline, sql, rulesOf: async (version) => compileRules(rules, loaded.pipeline, version) },
    id,
    undefined,
  );

beforeAll(async () => {
  await run(fileOf({ events: 800, repeatEvery: 90 }), data);
  sql = await LakeSql.open({ lakeDir: join(data, 'lake'), tables: tablesOf(loaded.pipeline) });
  const { rows } = await sql.query('SELECT event_id FROM decisions ORDER BY cardinality(rules_fired) DESC, event_id LIMIT 4');
  ids = rows.map(([id]) => String(id));
  return async () => {
    await sql.close();
    rmSync(root, { recursive: true, force: true });
  };
}, 60_000);

describe('a decision that is explained', () => {
  test('agrees with its row, and counts the events behind its features, for those of a run with the most rules', async () => {
    let fired = 0;
    for (const id of ids) {
      const one = await explained(id);
      expect(one.agrees, id).toBe(true);
      fired += one.explanation.decision.fired.length;
      for (const [name, spec] of Object.entries(loaded.pipeline.features)) {
        if (spec.kind !== 'key' || spec.measure !== 'count') continue;
        expect(one.contributing[name], `${name} of ${id}`).toHaveLength(Math.min(20, Number(one.features[name])));
      }
    }
    expect(fired).toBeGreaterThan(4);
  }, 60_000);

  test('does not agree with other rules', async () => {
    const rules = loaded.rules.rules.map((rule) => ({ ...rule, points: rule.points + 1 }));
    const one = await explained(ids[0] ?? '', { ...loaded.rules, rules });
    expect(one.agrees).toBe(false);
    expect(explainText(one)).toContain('The replay does NOT agree');
  });
});

test('headrace rules explain says which tests held, what would have turned it, and that the replay agrees', async () => {
  // Where several rules fired, no one value may turn the outcome.
  const { rows } = await sql.query("SELECT min(event_id) FROM decisions WHERE outcome <> 'approve' AND cardinality(rules_fired) = 1");
  const { code, out } = await headrace('rules', 'explain', String(rows[0]?.[0]), '--data', data);
  expect(code, out).toBe(0);
  for (const part of ['Rules that fired:', '    + ', 'would not have fired with', 'It would have been:', 'The replay from the row agrees.'])
    expect(out).toContain(part);
  const none = await headrace('rules', 'explain', 'nobody', '--data', data);
  expect(none).toMatchObject({
    code: 2,
    err: expect.stringContaining('event: got "nobody"; allowed: the id of an event that was decided about'),
  });
});
