import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { testFolder } from '../../local/folder.ts';
import { headrace } from '../command-line.ts';
import { payment } from './payment.ts';

/** A folder with a copy of the shipped pipeline, and command lines over it. */
function shop(): { readonly folder: string; readonly run: (...args: string[]) => ReturnType<typeof headrace> } {
  const folder = testFolder();
  for (const name of ['rules', 'lists']) cpSync(join('pipelines/payments', name), join(folder, name), { recursive: true });
  const shipped = pathToFileURL(resolve('pipelines/payments/pipeline.ts')).href;
  writeFileSync(join(folder, 'pipeline.ts'), `export { pipeline } from ${JSON.stringify(shipped)};\n`);
  return { folder, run: (...args) => headrace(...args, '--pipeline', folder, '--data', join(folder, 'data')) };
}

test('changed files are in force for what comes behind the newest event, and a status set by command stays until they change', async () => {
  const { folder, run } = shop();
  const rule = join(folder, 'rules', 'amount-over-limit.yaml');
  const feed = async (id: string, time: string): Promise<void> => {
    writeFileSync(join(folder, `${id}.ndjson`), payment(id, time));
    expect(await run('run', '--input', join(folder, `${id}.ndjson`), '--append', '--keep-open')).toMatchObject({ code: 0 });
  };
  await feed('first', '10:00');
  writeFileSync(rule, readFileSync(rule, 'utf8').replace('status: active', 'status: shadow'));
  await feed('second', '11:00');
  const set = await run('rules', 'set', 'amount-over-limit', 'paused', '--why', 'pay day', '--by', 'ada');
  expect(set).toMatchObject({ code: 0, out: expect.stringContaining('rule amount-over-limit shadow to paused\n') });
  await feed('third', '12:00');
  const { out } = await run('query', '--format', 'json', 'SELECT event_id, outcome, rule_set_version FROM decisions ORDER BY 1');
  const rows = JSON.parse(out) as readonly { readonly event_id: string; readonly rule_set_version: string }[];
  const { log } = JSON.parse((await run('rules', 'log', '--json')).out) as { readonly log: readonly { readonly version: string }[] };
  const [a, b] = log.map(({ version }) => version);
  // The pause is for event times of today.
  expect(rows.map(({ event_id, rule_set_version }) => [event_id, rule_set_version])).toEqual([
    ['first', a],
    ['second', b],
    ['third', b],
  ]);
  expect(log).toMatchObject([
    { number: 1, from: null, source: 'files' },
    { number: 2, from: '2026-01-05T10:00:00.001Z', changes: ['rule amount-over-limit active to shadow'] },
    { number: 3, source: 'command', by: 'ada', why: 'pay day' },
  ]);
  expect((await run('rules', 'explain', 'first')).out).toContain('The replay from the row agrees.');
}, 60_000);
