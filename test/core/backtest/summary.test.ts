import { describe, expect, test } from 'vitest';
import { judgedRows } from '../../../core/backtest/protocol.ts';
import { type BacktestOptions, type BacktestSummary, summarize } from '../../../core/backtest/summary.ts';
import { DAY_MS, type Sketch, START_MS, tableOf } from './rows.ts';
import { SAMPLE_OPTIONS, sampleSummary, sampleTable } from './sample.ts';

const OPTIONS: BacktestOptions = {
  ...{ fromMs: START_MS, toMs: START_MS + 2 * DAY_MS, labelDelayDays: 7, knownDays: 7, earlierFrauds: [] },
  ...{ ruleSet: 'v1', thresholds: { reviewPoints: 4, declinePoints: 10 }, isSimulated: false },
};
const of = (sketches: readonly Sketch[], options: Partial<BacktestOptions> = {}): BacktestSummary =>
  summarize(tableOf(sketches), { ...OPTIONS, ...options });

/** Every value of a JSON object, and where it stands. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, `${path}.${name}`));
}

const notFinite = (summary: BacktestSummary): string[] =>
  leaves(summary).flatMap(([path, value]) => (value === undefined || (typeof value === 'number' && !Number.isFinite(value)) ? [path] : []));

describe('the summary of a back-test', () => {
  test('has the figures of its rows, a ceiling for each, and survives JSON', () => {
    const summary = sampleSummary();
    const { rows } = judgedRows(sampleTable(), SAMPLE_OPTIONS);
    expect(summary.transactions).toBe(rows.length);
    expect(summary.removed_transactions).toBeGreaterThan(0);
    expect(summary.frauds + summary.legit + summary.unlabelled).toBe(summary.transactions);
    expect(summary.auc).toBeGreaterThan(0.8);
    expect(summary.ceiling).toMatchObject({ auc: 1, average_precision: 1 });
    expect(summary.ceiling.cp_at_100).toBeGreaterThanOrEqual(summary.cp_at_100 ?? 1);
    expect(summary.ceiling.review.recall).toBeGreaterThanOrEqual(summary.outcomes.review.recall ?? 1);
    expect(summary.ceiling.alerts_per_day).toBeCloseTo(summary.frauds / 12, 12);
    expect(summary.standard_error.auc).toBeGreaterThan(0);
    expect(summary.daily.reduce((sum, { alerts }) => sum + alerts, 0)).toBe(summary.outcomes.review.alerts);
    expect(summary.rules.map(({ rule }) => rule)).toEqual(['amount', 'terminal', 'velocity']);
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
    expect(notFinite(summary)).toEqual([]);
  });

  test('is the same each time', () => {
    expect(JSON.stringify(sampleSummary())).toBe(JSON.stringify(sampleSummary()));
  });

  test('an oracle reaches every ceiling', () => {
    const sketches = Array.from({ length: 300 }, (_, i): Sketch => {
      const fraud = i % 9 === 0;
      return { at: i / 200, key: `c${i % 50}`, fraud, score: fraud ? 10 : 0, outcome: fraud ? 'decline' : 'approve' };
    });
    const { auc, average_precision, cp_at_100, ceiling, alerts_per_day, outcomes } = of(sketches);
    expect({ auc, average_precision, cp_at_100, alerts_per_day }).toEqual({
      ...{ auc: ceiling.auc, average_precision: ceiling.average_precision, cp_at_100: ceiling.cp_at_100 },
      alerts_per_day: ceiling.alerts_per_day,
    });
    expect(outcomes.decline).toMatchObject(ceiling.decline);
  });

  test('simulated data is said to be so', () => {
    expect(sampleSummary().notes[0]).toContain('The data is simulated');
    expect(of([{ fraud: true }, {}]).notes.join()).not.toContain('simulated');
  });

  test('other numbers of cards a day stand beside 100', () => {
    const { card_precision } = of([{ fraud: true, score: 3 }, {}], { cardsPerDay: [1, 100] });
    expect(card_precision.map(({ k, mean, ceiling }) => [k, mean, ceiling])).toEqual([
      [100, 0.01, 0.01],
      [1, 1, 1],
    ]);
    expect(() => of([{}], { cardsPerDay: [0] })).toThrow('cards per day: got 0');
  });
});

describe('what has no value is null, and a note says why', () => {
  const NULLS = { auc: null, average_precision: null, cp_at_100: null, standard_error: { auc: null, average_precision: null } };

  const CASES: readonly (readonly [name: string, sketches: readonly Sketch[], figures: object, note: string])[] = [
    ['an empty range', [{ at: 5 }], { ...NULLS, transactions: 0, alerts_per_day: 0 }, 'No transaction is left to judge'],
    [
      'no labels',
      [{ fraud: null, outcome: 'review' }, { fraud: null }],
      { ...NULLS, alerts_per_day: 0.5 },
      'None of the 2 transactions has a label',
    ],
    [
      'no fraud',
      [{}, {}],
      { ...NULLS, ceiling: expect.objectContaining({ cp_at_100: null, auc: null }) },
      'No transaction is labelled as fraud',
    ],
    [
      'nothing but fraud',
      [{ fraud: true }],
      { ...NULLS, cp_at_100: 0.01, ceiling: expect.objectContaining({ auc: null }) },
      'No transaction is labelled as legitimate',
    ],
    [
      'some labels missing',
      [{ fraud: true, score: 1 }, {}, { fraud: null }],
      { auc: 1, unlabelled: 1 },
      '1 of 3 transactions have no label',
    ],
    ['few frauds', [{ fraud: true, score: 1 }, {}], { auc: 1, frauds: 1 }, 'Only 1 transactions are labelled as fraud, fewer than 30'],
    ['too few cards', [{ fraud: true, score: 1 }, {}], { standard_error: NULLS.standard_error }, 'too few cards for a standard error'],
    ['equal scores', [{ fraud: true }, {}, {}, {}], { auc: 0.5, average_precision: 0.25 }, 'All labelled transactions have the score 0'],
    [
      'ties that are cut',
      Array.from({ length: 404 }, (_, i) => ({ at: i < 202 ? 0 : 1, key: `c${i % 202}`, fraud: (i % 202) % 9 === 0 })),
      { auc: 0.5 },
      'Cards tie for the last of 100 places',
    ],
    [
      'known cards',
      [
        { fraud: true, key: 'a' },
        { at: 1, key: 'a' },
      ],
      { removed_transactions: 1 },
      '1 transactions of 1 cards already known',
    ],
  ];

  test.each(CASES)('%s', (name, sketches, figures, note) => {
    const summary = of(sketches, name === 'known cards' ? { labelDelayDays: 0 } : {});
    expect(summary).toMatchObject(figures);
    expect(summary.notes.join('\n')).toContain(note);
    expect(notFinite(summary)).toEqual([]);
  });

  test('rows that do not go back far enough to know compromised cards are told of', () => {
    const note = 'The rows do not go back 14 days before the range';
    const { earlierFrauds: _, ...rest } = OPTIONS;
    expect(summarize(tableOf([{ at: 0 }]), rest).notes.join()).toContain(note);
    expect(summarize(tableOf([{ at: -14 }, { at: 0 }]), rest).notes.join()).not.toContain(note);
    expect(of([{ at: 0 }]).notes.join()).not.toContain(note);
    expect(of([{ at: 0 }], { keepCompromised: true }).notes.join()).toContain('are judged as all others');
  });
});
