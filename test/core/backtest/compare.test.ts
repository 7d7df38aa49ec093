import { expect, test } from 'vitest';
import { compare } from '../../../core/backtest/compare.ts';
import { summarize } from '../../../core/backtest/summary.ts';
import { type Sketch, tableOf } from './rows.ts';
import { SAMPLE_OPTIONS, sampleSketches } from './sample.ts';

const measured = (sketches: readonly Sketch[], ruleSet = 'v1') => {
  const table = tableOf(sketches);
  return { table, summary: summarize(table, { ...SAMPLE_OPTIONS, ruleSet }) };
};
const options = { protocol: SAMPLE_OPTIONS };

test('every figure stands side by side, with the difference and, where it is honest, its standard error', () => {
  const [base, candidate] = [measured(sampleSketches()), measured(sampleSketches(4), 'v2')];
  const { figures, ...rest } = compare(base, candidate, options);
  expect(rest).toMatchObject({ base: 'v1', candidate: 'v2' });
  for (const { figure, base: a, candidate: b, difference } of figures) {
    expect(difference, figure).toBeCloseTo((b ?? Number.NaN) - (a ?? Number.NaN), 12);
  }
  expect(figures.map(({ figure, standard_error }) => [figure, standard_error !== null])).toEqual([
    ...[
      ['auc', true],
      ['average_precision', true],
      ['cp_at_100', true],
    ],
    ...['review', 'decline'].flatMap((worst) => ['precision', 'recall', 'f1', 'alerts_per_day'].map((name) => [`${worst}.${name}`, false])),
  ]);
});

test('a rule set beside itself differs in nothing', () => {
  const one = measured(sampleSketches());
  const { figures, money, changes } = compare(one, one, options);
  expect(changes).toEqual([]);
  expect(figures.every(({ difference, standard_error }) => difference === 0 && (standard_error ?? 0) === 0)).toBe(true);
  expect(money.every(({ difference }) => Number(difference) === 0)).toBe(true);
});

test('changed outcomes are counted by where from, where to and truth, and their money is exact', () => {
  const at = 5;
  const [base, candidate] = [
    measured([
      { at, fraud: true, outcome: 'approve', amountMinor: 1_050 },
      { at, fraud: false, outcome: 'approve', amountMinor: 300 },
      { at, fraud: null, outcome: 'decline' },
      { at, fraud: true, outcome: 'review' },
      { at: 0, fraud: true, outcome: 'approve' },
    ]),
    measured([
      { at, fraud: true, outcome: 'decline', amountMinor: 1_050 },
      { at, fraud: false, outcome: 'decline', amountMinor: 300 },
      { at, fraud: null, outcome: 'review' },
      { at, fraud: true, outcome: 'review' },
      { at: 0, fraud: true, outcome: 'decline' },
    ]),
  ];
  const { changes, money } = compare(base, candidate, options);
  expect(changes).toEqual([
    { from: 'approve', to: 'decline', frauds: 1, legit: 1, unlabelled: 0 },
    { from: 'decline', to: 'review', frauds: 0, legit: 0, unlabelled: 1 },
  ]);
  expect(money).toContainEqual({ currency: 'EUR', figure: 'fraud_declined', base: '0.00', candidate: '10.50', difference: '10.50' });
  expect(money).toContainEqual({ currency: 'EUR', figure: 'fraud_missed', base: '10.50', candidate: '0.00', difference: '-10.50' });
});

test('other events or other labels are refused', () => {
  const base = measured([{ at: 5, fraud: true }, { at: 5 }]);
  expect(() => compare(base, measured([{ at: 5, fraud: true }]), options)).toThrow('rows to compare: got "2 and 1"');
  expect(() =>
    compare(
      base,
      measured([
        { at: 5, fraud: true },
        { at: 5, eventId: 'x' },
      ]),
      options,
    ),
  ).toThrow('row 1 to compare: got "e1 and x"');
  expect(() => compare(base, measured([{ at: 5, fraud: false }, { at: 5 }]), options)).toThrow('row 0 to compare');
});
