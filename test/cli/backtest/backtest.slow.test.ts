import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testFolder } from '../../local/folder.ts';
import { ended, launch } from '../process.ts';
import { storyLines } from './story.ts';

const root = testFolder(afterAll);
const INPUT = join(root, 'story.ndjson');
const SCORES = join(root, 'scores.csv');
const RANGE = ['--from', '2026-01-10', '--to', '2026-01-24'];

const headrace = (...args: readonly string[]) => ended(launch('cli/headrace.mjs', args));
const backtest = (...args: readonly string[]) => headrace('backtest', '--input', INPUT, ...RANGE, ...args);

interface Line {
  readonly transactions: number;
  readonly frauds: number;
  readonly cpu_us_per_event: number;
  readonly labels: number;
  readonly ceiling: { readonly cp_at_100: number; readonly average_precision: number };
  readonly comparison?: { readonly changes: readonly object[] };
}

function lastLine(out: string): Line {
  return JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as Line;
}

const scoresOf = (path: string): string[] => readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);

beforeAll(() => {
  writeFileSync(INPUT, `${storyLines({ seed: 7, payments: 1_200 }).join('\n')}\n`);
});

describe('headrace backtest', () => {
  test.each([
    ['the shipped rules', 'pipelines/payments'],
    ['the shipped scorecard', 'pipelines/payments/scorecard'],
  ])('decides as the stream decides, row for row, by %s', async (_, rules) => {
    const [data, folder] = [join(root, 'data', rules), join(root, rules)];
    cpSync(join(rules, 'rules'), join(folder, 'rules'), { recursive: true });
    cpSync('pipelines/payments/lists', join(folder, 'lists'), { recursive: true });
    writeFileSync(join(folder, 'pipeline.ts'), `export { pipeline } from '${resolve('pipelines/payments/pipeline.ts')}';\n`);
    const run = await headrace('run', '--input', INPUT, '--data', data, '--pipeline', folder);
    expect(run.code, run.err).toBe(0);
    const done = await backtest('--scores', SCORES, '--json', '--rules', rules);
    expect(done.code, done.err).toBe(0);
    const sql = `SELECT event_id, strftime(event_time, '%Y-%m-%dT%H:%M:%S.%gZ') AS at, customer_id, score, outcome FROM decisions
      WHERE event_time >= TIMESTAMP '2026-01-10' AND event_time < TIMESTAMP '2026-01-24'`;
    const decided = await headrace('query', sql, '--data', data, '--pipeline', folder, '--format', 'csv');
    const decisions = decided.out.trimEnd().split('\n').slice(1);
    expect(decisions.length).toBeGreaterThan(400);
    expect(decisions.filter((line) => !line.endsWith('approve')).length).toBeGreaterThan(30);
    expect(scoresOf(SCORES).sort()).toEqual(decisions.map((line) => line.replaceAll('\r', '')).sort());
  });

  test('gives the same scores on any number of threads', async () => {
    const [one, three] = [join(root, 'one.csv'), join(root, 'three.csv')];
    await backtest('--scores', one, '--threads', '1');
    await backtest('--scores', three, '--threads', '3');
    expect(scoresOf(one)).toEqual(scoresOf(three));
  });

  test('ends with the figures, beside their ceilings', async () => {
    const { out } = await backtest('--json');
    const line = lastLine(out);
    expect(line).toMatchObject({ ceiling: { average_precision: 1 }, labels: 1_200 });
    expect(line.transactions).toBeGreaterThan(400);
    expect(line.frauds).toBeGreaterThan(10);
    expect(line.cpu_us_per_event).toBeGreaterThan(0);
  });

  test('sets a candidate beside the rules, and writes one page', async () => {
    const candidate = join(root, 'candidate');
    cpSync('pipelines/payments/rules', join(candidate, 'rules'), { recursive: true });
    const rule = join(candidate, 'rules', 'amount-over-limit.yaml');
    writeFileSync(rule, readFileSync(rule, 'utf8').replace('22000', '10000'));
    const page = join(root, 'report.html');
    const done = await backtest('--compare', candidate, '--report', page, '--simulated', '--json');
    expect(done.code, done.err).toBe(0);
    expect(lastLine(done.out).comparison?.changes).not.toEqual([]);
    expect(readFileSync(page, 'utf8')).toContain('simulated');
    const text = await backtest('--compare', candidate);
    expect(text.out).toContain('beside');
  });

  test('sees labels no sooner than it is told that they are known', async () => {
    const [soon, late] = [join(root, 'soon.csv'), join(root, 'late.csv')];
    await backtest('--scores', soon);
    await backtest('--scores', late, '--label-delay', '60d');
    expect(scoresOf(late)).not.toEqual(scoresOf(soon));
    const blind = join(root, 'blind.ndjson');
    const lines = readFileSync(INPUT, 'utf8').trimEnd().split('\n');
    writeFileSync(blind, `${lines.filter((line) => !line.includes('"type":"label"')).join('\n')}\n`);
    const unseen = join(root, 'unseen.csv');
    await headrace('backtest', '--input', blind, ...RANGE, '--scores', unseen);
    expect(scoresOf(late)).toEqual(scoresOf(unseen));
  });

  test.each([
    ['events out of order', [1, 0], /event_time of .* or later: a back-test takes events in order of time/],
    ['a range without labels', [0], /None of the 1 transactions has a label/],
  ] as const)('says what is wrong with %s', async (_, order, message) => {
    const file = join(root, 'odd.ndjson');
    const at = (n: number) => `2026-01-1${n}T00:00:00Z`;
    const who = { customer_id: 'a', terminal_id: 't', amount: '1.00', currency: 'EUR' };
    const lines = order.map((n) => JSON.stringify({ type: 'transaction', event_id: `p${n}`, event_time: at(n), ...who }));
    writeFileSync(file, `${lines.join('\n')}\n`);
    const done = await headrace('backtest', '--input', file, ...RANGE);
    expect(`${done.out}${done.err}`).toMatch(message);
  });

  test.each([
    [['--from', '2026-01-10', '--to', '2026-01-10'], '--from before --to'],
    [['--from', 'soon', '--to', '2026-01-10'], 'a day or a time in UTC'],
    [['--from', '2026-01-01', '--to', '2026-01-10', '--label-delay', '7'], 'whole days'],
    [['--from', '2026-01-01', '--to', '2026-01-10', '--rules', 'nowhere'], 'a folder that can be read'],
    [['--from', '2026-01-01', '--to', '2026-01-10', '--scores', 'no/where.csv'], '--scores: got "no/where.csv"'],
    [['--from', '2026-01-01', '--to', '2026-01-10', '--report', 'no/where.html'], '--report: got "no/where.html"'],
  ])('refuses %j in one line', async (args, message) => {
    const { code, err } = await headrace('backtest', '--input', INPUT, ...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });
});
