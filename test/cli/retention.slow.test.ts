import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { headrace } from './command-line.ts';

const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const DAY_MS = 86_400_000;
const DATA = join(root, 'data');
const PIPELINE = join(root, 'visits');
const AT = ['--data', DATA, '--pipeline', PIPELINE] as const;

/** A pipeline whose table of visits keeps rows for eight days, and whose archive keeps all. */
const DEFINITION = `
import { text } from '${resolve('core/definition/fields.ts')}';
import { definePipeline } from '${resolve('core/definition/pipeline.ts')}';

export const pipeline = definePipeline({
  name: 'visits',
  version: 1,
  eventTypes: { visit: { description: 'A visit.', table: 'visits', key: 'page', fields: { page: text({ maxLength: 64 }) } } },
  aggregates: {},
  features: {},
  lake: { generationsDays: 7, keptDays: { visits: 8 } },
});
`;

function visit(id: string, ageDays: number): string {
  const time = new Date(Date.now() - ageDays * DAY_MS).toISOString();
  return JSON.stringify({ type: 'visit', event_id: id, event_time: time, page: 'home' });
}

async function ids(...args: readonly string[]): Promise<string[]> {
  const { out, err, code } = await headrace('query', 'SELECT event_id FROM visits ORDER BY 1', ...AT, '--format', 'csv', ...args);
  expect(code, err).toBe(0);
  return out.trim().split(/\s+/).slice(1);
}

test('headrace compact drops hours as old as their table keeps rows; --as-of still shows them, as far back as it goes', async () => {
  mkdirSync(PIPELINE);
  writeFileSync(join(PIPELINE, 'pipeline.ts'), DEFINITION);
  const input = join(root, 'visits.ndjson');
  writeFileSync(input, `${[visit('old', 30), visit('just-old', 8.1), visit('young', 7.9), visit('new', 0)].join('\n')}\n`);
  const run = await headrace('run', '--input', input, ...AT);
  expect(run.code, run.err).toBe(0);
  expect(await ids()).toEqual(['just-old', 'new', 'old', 'young']);
  const before = new Date().toISOString();
  const first = await headrace('compact', ...AT);
  expect([first.code, first.err]).toEqual([0, '']);
  expect(first.out).toContain('2 hours left a table');
  expect(await ids()).toEqual(['new', 'young']);
  expect(await ids('--as-of', before)).toEqual(['just-old', 'new', 'old', 'young']);
  const shown = await headrace('lake', ...AT, '--table', 'visits', '--json');
  const [table] = (JSON.parse(shown.out) as { readonly tables: readonly { readonly rows: number; readonly partitions: object[] }[] })
    .tables;
  expect([shown.code, table?.rows, table?.partitions.length]).toEqual([0, 2, 2]);
  const again = await headrace('compact', ...AT);
  expect([again.code, again.out]).toEqual([0, 'Nothing new has landed.\n']);
  expect((await headrace('ledger', ...AT)).code).toBe(0);
  const tooFar = await headrace('query', 'SELECT 1', ...AT, '--as-of', new Date(Date.now() - 7.1 * DAY_MS).toISOString());
  expect([tooFar.code, tooFar.err]).toEqual([2, expect.stringMatching(/--as-of.*allowed: .*replaced generations are kept for 7 days/)]);
}, 240_000);
