import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileRules } from '../../../core/rules/compile.ts';
import { parseScorecard } from '../../../core/scorecard/scorecard.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { candidateRules } from '../../../pipelines/rule-files.ts';
import { judgedOf, shipped } from './pack/judge.ts';

const DIR = 'pipelines/payments/scorecard';
const card = parseScorecard(parse(readFileSync(`${DIR}/scorecard.yaml`, 'utf8')), `${DIR}/scorecard.yaml`);
const source = await candidateRules(pipeline, DIR, { ...shipped, lists: [] });
const rules = compileRules(source, pipeline, source.version);

const scoreOf = (values: Readonly<Record<string, number | null>>): number => {
  const { event, features } = judgedOf(values);
  const decision = rules.judge(event, features);
  expect(decision.failed).toEqual([]);
  return decision.score;
};
/** A payment that nothing speaks against. */
const HARMLESS = {
  amount: 1_000,
  customer_ratio_30d: 1,
  customer_ratio_max_14d: 1,
  terminal_run_28d: 0,
  terminal_unexplained_frauds_28d: 0,
};

/** How a value is given to the judge: money by its field. */
const nameOf = (of: string): string => of.replace('features.', '').replace('event.amount_minor', 'amount');

test('every rule of the shipped scorecard is active, counts, and belongs to one of its values', () => {
  expect(source.rules.length).toBeGreaterThan(10);
  for (const { id, status, points } of source.rules) {
    expect([status, points > 0, card.bins.some(({ name }) => id.startsWith(`scorecard-${name.replaceAll(' ', '-')}-`))], id).toEqual([
      'active',
      true,
      true,
    ]);
  }
});

test('a payment that nothing speaks against has no points, nor has one of which nothing is known', () => {
  expect(scoreOf(HARMLESS)).toBe(0);
  expect(scoreOf({ customer_ratio_30d: null, customer_ratio_max_14d: null, terminal_run_age_days_28d: null })).toBe(0);
});

test.each(card.bins)(
  '$name: points grow in one direction, each bin with at most one rule, ends included',
  ({ of, at, moreIs: direction }) => {
    const name = nameOf(of);
    const values = [...new Set([0, ...at.flatMap((end) => [end - 1e-6, end, end + 1e-6]), (at.at(-1) ?? 0) + 5])].map((value) =>
      name.includes('ratio') ? value : Math.round(value),
    );
    const points = values.map((value) => scoreOf({ ...HARMLESS, [name]: value }));
    expect(points).toEqual([...points].sort((a, b) => (direction === 'better' ? b - a : a - b)));
    expect(Math.max(...points)).toBeGreaterThan(0);
  },
);

test('values of other currencies have no points for the amount', () => {
  const { event, features } = judgedOf({ ...HARMLESS, amount: 99_999 });
  expect(rules.judge(event, features).score).toBe(78);
  expect(rules.judge({ ...event, values: { ...event.values, currency: 'JPY' } }, features).score).toBe(0);
});
