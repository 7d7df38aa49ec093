import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../core/random.ts';
import type { Rule, RuleStatus } from '../../../core/rules/rule.ts';
import { type FittedScorecard, fitScorecard } from '../../../core/scorecard/fit.ts';
import { cardRules } from '../../../core/scorecard/rules.ts';
import { writeDraft } from '../../../local/scorecard/draft.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { loadRules } from '../../../pipelines/rule-files.ts';
import { BINS, cardOf, drawnCounts } from '../../core/scorecard/card.ts';
import { testFolder } from '../folder.ts';

const WEIGHTS = [[0, 0.5, 1, 4]];
const fittedWith = (weights: readonly (readonly number[])[]): FittedScorecard =>
  fitScorecard(cardOf(BINS.slice(0, 1)), drawnCounts(createRandom(3), { intercept: -5, rows: 60_000, weights }));
const rulesWith = (weights = WEIGHTS, status: RuleStatus = 'draft'): Rule[] => cardRules(fittedWith(weights), { pipeline, status });
const card = cardOf(BINS.slice(0, 1));

const write = (dir: string, rules: readonly Rule[], isStatusWanted = false) => writeDraft(dir, { card, rules, isStatusWanted });
const changesOf = async (dir: string, rules: readonly Rule[], isStatusWanted = false) =>
  Object.fromEntries(
    (await write(dir, rules, isStatusWanted)).map(({ id, version, status, change }) => [id, `${change} ${version} ${status}`]),
  );
const edit = (dir: string, file: string, from: string | RegExp, to: string): void => {
  const path = join(dir, 'rules', file);
  const text = readFileSync(path, 'utf8');
  expect(text).toMatch(from);
  writeFileSync(path, text.replace(from, to));
};

describe('a written scorecard', () => {
  test('is rule files that are read as the rules of the table', async () => {
    const dir = testFolder();
    await write(dir, rulesWith());
    expect((await loadRules(dir)).rules).toEqual(rulesWith().toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    expect(readdirSync(join(dir, 'rules'))).toEqual(['card-amount-20000.yaml', 'card-amount-22000.yaml', 'card-amount-5000.yaml']);
  });

  test('stays as it is when it is written again, and where a person has put it in force', async () => {
    const dir = testFolder();
    await write(dir, rulesWith());
    edit(dir, 'card-amount-5000.yaml', 'status: draft', 'status: active');
    const before = readFileSync(join(dir, 'rules', 'card-amount-5000.yaml'), 'utf8');
    expect(await changesOf(dir, rulesWith())).toEqual({
      'card-amount-5000': 'unchanged 1 active',
      'card-amount-20000': 'unchanged 1 draft',
      'card-amount-22000': 'unchanged 1 draft',
    });
    expect(readFileSync(join(dir, 'rules', 'card-amount-5000.yaml'), 'utf8')).toBe(before);
  });

  test('gets a higher version where points differ, and what a person has set beside them stays', async () => {
    const dir = testFolder();
    await write(dir, rulesWith(WEIGHTS, 'active'));
    edit(dir, 'card-amount-22000.yaml', /points: \d+/, 'points: 7\ntypology: stolen_card');
    edit(dir, 'card-amount-22000.yaml', 'owner: fraud-desk', 'owner: ada');
    expect(await changesOf(dir, rulesWith())).toEqual({
      'card-amount-5000': 'status 1 draft',
      'card-amount-20000': 'status 1 draft',
      'card-amount-22000': 'changed 2 draft',
    });
    const rule = (await loadRules(dir)).rules.find(({ id }) => id === 'card-amount-22000');
    const [wanted] = rulesWith().filter(({ id }) => id === 'card-amount-22000');
    expect(rule).toEqual({ ...wanted, version: 2, owner: 'ada', typology: 'stolen_card' });
  });

  test('all get the status that is asked for', async () => {
    const dir = testFolder();
    await write(dir, rulesWith());
    expect(new Set(Object.values(await changesOf(dir, rulesWith(WEIGHTS, 'active'), true)))).toEqual(new Set(['status 1 active']));
  });

  test('retires rules of bins that are gone, brings them back as a new version, and leaves those of others alone', async () => {
    const dir = testFolder();
    await write(dir, rulesWith());
    const own = rulesWith()[0] as Rule;
    writeFileSync(
      join(dir, 'rules', 'own.yaml'),
      readFileSync(join(dir, 'rules', `${own.id}.yaml`), 'utf8').replace(own.id, 'card-amount-special'),
    );
    const without = rulesWith([[0, 0, 1, 4]]);
    expect(without.map(({ id }) => id)).not.toContain('card-amount-5000');
    expect(await changesOf(dir, without)).toMatchObject({ 'card-amount-5000': 'retired 2 retired' });
    expect(Object.keys(await changesOf(dir, without))).not.toContain('card-amount-5000');
    expect(await changesOf(dir, rulesWith())).toMatchObject({ 'card-amount-5000': 'changed 3 draft' });
    expect((await loadRules(dir)).rules.find(({ id }) => id === 'card-amount-special')?.status).toBe('draft');
  });

  test('is found by its id, whatever its file is called', async () => {
    const dir = testFolder();
    await write(dir, rulesWith());
    const text = readFileSync(join(dir, 'rules', 'card-amount-5000.yaml'), 'utf8');
    mkdirSync(join(dir, 'other', 'rules'), { recursive: true });
    writeFileSync(join(dir, 'other', 'rules', 'small.yaml'), text);
    await write(join(dir, 'other'), rulesWith(WEIGHTS, 'active'), true);
    expect(readdirSync(join(dir, 'other', 'rules'))).not.toContain('card-amount-5000.yaml');
    expect(readFileSync(join(dir, 'other', 'rules', 'small.yaml'), 'utf8')).toBe(text.replace('draft', 'active'));
  });
});
