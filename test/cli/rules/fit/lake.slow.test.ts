import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testFolder } from '../../../local/folder.ts';
import { ended, launch } from '../../process.ts';
import { historyLines } from './history.ts';
import { lineOf } from './line.ts';

const root = testFolder(afterAll);
const INPUT = join(root, 'history.ndjson');
const DATA = join(root, 'data');
/** So late that features do not reach back to where the lake begins: what is before must make no difference. */
const LATE = ['--from', '2026-05-01', '--known-by', '2026-06-05'];
const WEEK = ['--test-from', '2026-06-05'];
const EARLY = ['--from', '2026-01-10', '--known-by', '2026-02-14'];

const headrace = (...args: readonly string[]) => ended(launch('cli/headrace.mjs', args));
const learn = (...args: readonly string[]) => headrace('rules', 'fit', ...args);

async function landed(name: string, lines: readonly string[]): Promise<string> {
  const [input, data] = [join(root, `${name}.ndjson`), join(root, name)];
  writeFileSync(input, `${lines.join('\n')}\n`);
  const { code, err } = await headrace('run', '--input', input, '--data', data);
  expect(code, err).toBe(0);
  return data;
}

function textsIn(dir: string): Record<string, string> {
  return Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')]));
}

/** The part of the output that has points. */
const tableOf = (out: string): string => out.slice(out.indexOf('\nvalue '), out.indexOf('\nThe points of all lines'));

beforeAll(async () => {
  writeFileSync(INPUT, `${historyLines({ seed: 4, days: 160, payments: 6_500 }).join('\n')}\n`);
  const { code, err } = await headrace('run', '--input', INPUT, '--data', DATA);
  expect(code, err).toBe(0);
}, 600_000);

describe('headrace rules fit over a lake', () => {
  test('says and writes byte for byte what it does over the file that was landed', async () => {
    const [ofLake, ofFile] = [join(root, 'of-lake'), join(root, 'of-file')];
    const lake = await learn('--data', DATA, ...LATE, ...WEEK, '--out', ofLake, '--json');
    const file = await learn('--input', INPUT, ...LATE, ...WEEK, '--out', ofFile, '--json');
    expect(lake.code, lake.err).toBe(0);
    expect(lineOf(lake.out).table.length).toBeGreaterThan(5);
    expect(lineOf(lake.out).test?.figures.auc).toBeGreaterThan(0.75);
    expect(lake.out).toBe(file.out);
    const rules = textsIn(join(ofLake, 'rules'));
    expect(Object.keys(rules)).toContain('scorecard-amount-22000.yaml');
    expect(rules).toEqual(textsIn(join(ofFile, 'rules')));
  });

  test('gives the table of the file where the lake begins later than features reach back, and says so', async () => {
    const [lake, file] = [await learn('--data', DATA, ...EARLY), await learn('--input', INPUT, ...EARLY)];
    expect(lake.code, lake.err).toBe(0);
    expect(tableOf(lake.out)).toContain('ratio to usual');
    expect(tableOf(lake.out)).toBe(tableOf(file.out));
    expect(lake.out).toContain('what happened before the lake is not in them');
    expect(file.out).not.toContain('what happened before the lake');
  });

  test('learns nothing from labels that the lake has and that were not known at the cut-off', async () => {
    const lines = readFileSync(INPUT, 'utf8').trimEnd().split('\n');
    const isKnown = (line: string): boolean => (JSON.parse(line) as { event_time: string }).event_time < '2026-02-14';
    const short = await landed('short', lines.filter(isKnown));
    const [all, known] = [await learn('--data', DATA, ...EARLY), await learn('--data', short, ...EARLY)];
    expect(known.code, known.err).toBe(0);
    expect(tableOf(known.out)).toContain('ratio to usual');
    expect(tableOf(all.out)).toBe(tableOf(known.out));
  }, 600_000);

  test('makes a table and no test where the weeks of the test have no transaction', async () => {
    const { code, out } = await learn('--data', DATA, '--from', '2026-05-01', '--known-by', '2026-09-01', '--json');
    expect(code).toBe(0);
    expect(lineOf(out)).toMatchObject({ test: null });
    expect(out).toContain('No test: no transaction from 2026-08-18T00:00:00.000Z up to 2026-08-25T00:00:00.000Z.');
  });

  test.each([
    [['--from', '2027-01-01', '--known-by', '2027-03-01'], 'allowed: a range with events: the lake has those of 2026-01-01T'],
    [['--from', '2026-06-15', '--known-by', '2026-09-01'], 'labels of the range: got "none that are known by the cut-off"'],
    [['--from', '2026-05-25', '--known-by', '2026-06-12', '--test-from', '2026-06-12'], 'frauds to learn from: got '],
    [
      [...LATE, '--to', '2026-06-01'],
      '--to: got "2026-06-01"; allowed: at most 2026-05-29T00:00:00.000Z: labels of later events are not yet known',
    ],
    [[...LATE, '--input', INPUT], '"--input and --data"; allowed: one of --input FILE…, --data DIR and --stack NAME'],
    [[...LATE, '--import', 'q.sql'], '--import beside --input only'],
  ])('refuses %j in one line', async (args, message) => {
    const { code, err } = await learn('--data', DATA, ...args);
    expect(err).toContain(message);
    expect([code, err.trimEnd().split('\n').length]).toEqual([2, 1]);
  });

  test('refuses a folder that is no lake, one that is empty, and one that no label has reached', async () => {
    const plain = join(root, 'plain');
    mkdirSync(plain);
    cpSync(INPUT, join(plain, 'history.ndjson'));
    const lines = readFileSync(INPUT, 'utf8').trimEnd().split('\n');
    const empty = await landed('empty', ['no event']);
    const blind = await landed('blind', lines.filter((line) => !line.includes('"type":"label"')).slice(0, 500));
    for (const [data, message] of [
      [join(root, 'nowhere'), 'a folder that headrace run or headrace up has filled'],
      [plain, 'a folder that headrace run or headrace up has filled'],
      [empty, 'a lake with accepted events: this one has none that has landed'],
      [blind, 'labels in the lake: got "none since 2025-'],
    ] as const) {
      const { code, err } = await learn('--data', data, ...EARLY);
      expect(err).toContain(message);
      expect([code, err.trimEnd().split('\n').length], err).toEqual([2, 1]);
    }
  }, 600_000);
});
