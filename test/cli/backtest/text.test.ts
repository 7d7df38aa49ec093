import { expect, test } from 'vitest';
import { backtestText } from '../../../cli/backtest/text.ts';
import { compare } from '../../../core/backtest/compare.ts';
import { summarize } from '../../../core/backtest/summary.ts';
import { tableOf } from '../../core/backtest/rows.ts';
import { SAMPLE_OPTIONS, sampleSketches, sampleSummary, sampleTable } from '../../core/backtest/sample.ts';

const summary = sampleSummary();
const lines = (text: string): string[] => text.split('\n');

test('the report tells range, label delay, rule set, that data is simulated, and the figures', () => {
  const text = backtestText(summary);
  expect(lines(text)[0]).toBe('Rule set v12, 2026-01-07T00:00:00.000Z up to 2026-01-19T00:00:00.000Z (12 days), label delay 1 day:');
  expect(text).toContain('The data is simulated');
  expect(text).toMatch(new RegExp(`AUC +${summary.auc?.toFixed(3)} ± ${summary.standard_error.auc?.toFixed(3)} +1\\.000`));
  expect(text).toMatch(new RegExp(`CP@100 +${summary.cp_at_100?.toFixed(3)} +${summary.ceiling.cp_at_100?.toFixed(3)}`));
  for (const { rule } of summary.rules) expect(text).toContain(rule);
  const near = summary.rules[0]?.near_misses;
  expect(near?.count).toBeGreaterThan(20);
  expect(text).toMatch(
    new RegExp(`all but fired +near misses[^\\n]*\\namount +${near?.count} +${near?.frauds} +${near?.legit} +[\\d.]+.%`),
  );
  expect(text).toMatch(/10 decline +[\d.]+/);
  expect(text).toMatch(/fraud missed +EUR +[\d,]+\.\d\d/);
});

test('no line reaches 100 columns, whatever the rules are called and however large the amounts are', () => {
  const rules = ['a'.repeat(64), 'b'.repeat(64)];
  const table = tableOf(sampleSketches(0, rules).map((row) => ({ ...row, amountMinor: 9e15 })));
  const wide = summarize(table, { ...SAMPLE_OPTIONS, rules: [], ruleSet: 'v'.repeat(40), cardsPerDay: [1_000_000] });
  const other = { table, summary: wide };
  for (const line of lines(backtestText(wide, compare(other, other, { protocol: SAMPLE_OPTIONS }))))
    expect(line.length, line).toBeLessThan(100);
});

test('figures without a value are dashes', () => {
  const text = backtestText(summarize(tableOf([{ at: 5, fraud: null }]), SAMPLE_OPTIONS));
  expect(text).toMatch(/AUC +– +–/);
  expect(text).toContain('None of the 1 transactions has a label');
  expect(text).not.toMatch(/NaN|undefined|null\b(?!\.)/);
});

test('a comparison stands beside it', () => {
  const [a, b] = [sampleTable(), sampleTable(4)];
  const base = { table: a, summary };
  const candidate = { table: b, summary: summarize(b, { ...SAMPLE_OPTIONS, ruleSet: 'v13' }) };
  const text = backtestText(candidate.summary, compare(base, candidate, { protocol: SAMPLE_OPTIONS }));
  expect(text).toContain('v13 beside v12');
  expect(text).toMatch(/average precision +0\.\d{3} +0\.\d{3} +[+-]?0\.\d{3} +0\.\d{3}/);
});
