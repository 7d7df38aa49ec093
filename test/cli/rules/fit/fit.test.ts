import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testFolder } from '../../../local/folder.ts';
import { headrace } from '../../command-line.ts';
import { historyLines } from './history.ts';
import { LEARN, lineOf } from './line.ts';

const root = testFolder(afterAll);
const INPUT = join(root, 'history.ndjson');
const learn = (...args: readonly string[]) => headrace('rules', 'fit', '--input', INPUT, ...args);

beforeAll(() => {
  writeFileSync(INPUT, `${historyLines({ seed: 4, days: 42, payments: 5_000 }).join('\n')}\n`);
});

describe('headrace rules fit', () => {
  test('prints a table for people, says what it was tested on, and that data is simulated', async () => {
    const { out } = await learn(...LEARN, '--threads', '1', '--simulated');
    expect(out).toContain('The data is simulated');
    expect(out).toMatch(/^amount +below \d+/m);
    expect(out).toMatch(/^ +22000 or more +\d+ +\d+ +\d+ +\d+\.\d %$/m);
    expect(out).toContain('The last week was held out');
    expect(out).toContain('scorecard beside');
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThan(140);
  });

  test('learns nothing from labels that were not known by the cut-off', async () => {
    const late = join(root, 'late.ndjson');
    const lines = readFileSync(INPUT, 'utf8').trimEnd().split('\n');
    // From the cut-off on every label says the contrary.
    const turned = lines.map((line) => {
      const event = JSON.parse(line) as { readonly type: string; readonly event_time: string; readonly fraud?: boolean };
      const isLate = event.type === 'label' && event.event_time >= '2026-02-12T00:00:00.000Z';
      return isLate ? JSON.stringify({ ...event, fraud: !event.fraud }) : line;
    });
    writeFileSync(late, `${turned.join('\n')}\n`);
    const told = (out: string) => ({ ...lineOf(out), test: undefined });
    const before = await learn(...LEARN, '--threads', '1', '--json');
    const after = await headrace('rules', 'fit', '--input', late, ...LEARN, '--threads', '1', '--json');
    expect(told(after.out)).toEqual(told(before.out));
  });

  test.each([
    [
      ['--from', '2026-01-08', '--known-by', '2026-02-12', '--to', '2026-02-06'],
      '--to: got "2026-02-06"; allowed: at most 2026-02-05T00:00:00.000Z: labels of later events are not yet known',
    ],
    [[...LEARN, '--test-from', '2026-02-11'], '--test-from: got "2026-02-11"; allowed: 2026-02-12T00:00:00.000Z or later'],
    [[...LEARN, '--test-from', '2026-02-12', '--test-to', '2026-02-12'], '--test-to: got "2026-02-12"; allowed: a time after'],
    [[...LEARN, '--test-to', '2026-02-19'], '--test-to: got "2026-02-19"; allowed: nothing without --test-from'],
    [['--from', '2026-02-05', '--known-by', '2026-02-12'], '--from: got "2026-02-05"; allowed: a time before the end of the range'],
    [['--from', '2026-01-25', '--known-by', '2026-02-12'], 'so that its last week can be held out'],
    [['--from', '2026-01-08'], '--known-by: got "nothing"'],
    [[...LEARN, '--status', 'paused'], '--status: got "paused"; allowed: draft, shadow, active'],
    [[...LEARN, '--scorecard', 'nowhere.yaml'], 'file of a scorecard: got "nowhere.yaml"'],
    [[...LEARN, '--label-delay', '7'], 'whole days'],
    [[...LEARN, '--out', join(INPUT, 'x'), '--threads', '1'], '/x"; allowed: one that is there or can be made (ENOTDIR)'],
    [
      ['--from', '2026-05-01', '--known-by', '2026-07-01', '--threads', '1'],
      'labels of the range: got "none that are known by the cut-off"',
    ],
    [['--from', '2026-01-20', '--known-by', '2026-02-02', '--test-from', '2026-02-02', '--threads', '1'], 'frauds to learn from: got '],
  ])('refuses %j in one line', async (args, message) => {
    const { code, err } = await learn(...args);
    expect(err).toContain(message);
    expect(code).toBe(2);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  test('where too little was known before the last week there is a table and no test, and a note says why', async () => {
    const { out, err } = await learn('--from', '2026-01-08', '--known-by', '2026-02-05', '--threads', '1', '--json');
    expect(err).toBe('');
    expect(lineOf(out)).toMatchObject({ test: null, transactions: expect.any(Number) });
    expect(out).toContain('No test: of what was known when the last week began nothing can be learnt. frauds to learn from: got ');
  });
});
