import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testFolder } from '../../../local/folder.ts';
import { headrace } from '../../command-line.ts';
import { historyLines } from './history.ts';
import { type Figures, LEARN, lineOf } from './line.ts';

const root = testFolder(afterAll);
const INPUT = join(root, 'history.ndjson');
const learn = (...args: readonly string[]) => headrace('rules', 'fit', '--input', INPUT, ...args);

beforeAll(() => {
  writeFileSync(INPUT, `${historyLines({ seed: 4, days: 42, payments: 5_000 }).join('\n')}\n`);
});

describe('headrace rules fit', () => {
  test('gives the same table on any number of threads, and tests what was known a week before', async () => {
    const [one, three] = [await learn(...LEARN, '--threads', '1', '--json'), await learn(...LEARN, '--threads', '3', '--json')];
    expect(one.err).toBe('');
    expect(lineOf(three.out)).toEqual(lineOf(one.out));
    const { test: tested, table, transactions, frauds } = lineOf(one.out);
    expect(frauds).toBeGreaterThan(100);
    const amounts = table.filter(({ name }) => name === 'amount');
    expect(amounts.reduce((sum, bin) => sum + bin.transactions, 0)).toBe(transactions);
    expect(amounts.at(-1)).toMatchObject({ from: 22_000 });
    expect(amounts.at(-1)?.points).toBeGreaterThan(30);
    expect(tested).toMatchObject({ from: '2026-01-29T00:00:00.000Z', learnt_by: '2026-01-29T00:00:00.000Z' });
    expect(tested?.figures.transactions).toBe(tested?.current.transactions);
    expect(tested?.figures.auc).toBeGreaterThan(0.75);
  }, 60_000);

  test('writes rules that give a week the same ranking and the same frauds at each high score as the table does', async () => {
    const dir = join(root, 'candidate');
    const times = ['--test-from', '2026-02-12', '--test-to', '2026-02-19'];
    const input = join(root, 'longer.ndjson');
    writeFileSync(input, `${historyLines({ seed: 4, days: 60, payments: 7_000 }).join('\n')}\n`);
    const done = await headrace(
      'rules',
      'fit',
      '--input',
      input,
      ...LEARN,
      ...times,
      '--threads',
      '1',
      '--out',
      dir,
      '--status',
      'active',
      '--json',
    );
    expect(done.err).toBe('');
    expect(readdirSync(join(dir, 'rules'))).toContain('scorecard-amount-22000.yaml');
    const range = ['--from', '2026-02-12', '--to', '2026-02-19'];
    const judged = await headrace('backtest', '--input', input, ...range, '--rules', dir, '--threads', '1', '--json');
    const [byTable, byRules] = [
      lineOf(done.out).test?.figures,
      JSON.parse(judged.out) as Figures & { readonly thresholds: readonly object[] },
    ];
    expect(byRules).toMatchObject({ auc: byTable?.auc, transactions: byTable?.transactions });
    const points = [byTable, byRules].flatMap((one) =>
      ['review_points', 'decline_points'].map((name): unknown => Reflect.get(one ?? {}, name)),
    );
    const levels = (figures: object | undefined) =>
      (Reflect.get(figures ?? {}, 'thresholds') as readonly { score: number; frauds: number; legit: number }[])
        // Both thresholds of each are rows too, whether a score lies there or not.
        .filter(({ score }) => score > 50 && !points.includes(score))
        .map(({ score, frauds, legit }) => [score, frauds, legit]);
    expect(levels(byRules).length).toBeGreaterThan(2);
    expect(levels(byRules)).toEqual(levels(byTable));
  }, 60_000);
});
