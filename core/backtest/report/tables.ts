import { countText, errorText, figureText, moneyText, NO_VALUE, percentText, signedText } from '../../report/figures.ts';
import type { Table } from '../../report/table.ts';
import type { Comparison } from '../compare.ts';
import type { ThresholdRow } from '../curve.ts';
import type { RuleValue } from '../rule-value.ts';
import type { BacktestSummary } from '../summary.ts';
import { scoreBins } from './charts.ts';

/** The main figures beside what an oracle reaches. */
export function figuresTable(summary: BacktestSummary): Table {
  const { ceiling, standard_error, outcomes, card_precision } = summary;
  const quality = (['review', 'decline'] as const).flatMap((worst) => {
    const name = worst === 'review' ? 'reviewed or declined' : 'declined';
    return [
      [`precision of what is ${name}`, percentText(outcomes[worst].precision), percentText(ceiling[worst].precision)],
      [`recall of what is ${name}`, percentText(outcomes[worst].recall), percentText(ceiling[worst].recall)],
    ];
  });
  return {
    caption:
      'Each figure beside its ceiling: what who knows every fraud reaches on the same rows, for precision and recall with as many alerts.',
    head: ['figure', 'value', 'ceiling'],
    rows: [
      ['area under the ROC curve (AUC)', errorText(summary.auc, standard_error.auc), figureText(ceiling.auc)],
      ['average precision', errorText(summary.average_precision, standard_error.average_precision), figureText(ceiling.average_precision)],
      ...card_precision.map(({ k, mean, ceiling: best }) => [`card precision at ${k} a day (CP@${k})`, figureText(mean), figureText(best)]),
      ...quality,
      [
        'alerts a day',
        countText(summary.alerts_per_day),
        ceiling.alerts_per_day === null ? NO_VALUE : `${countText(ceiling.alerts_per_day)} catch all`,
      ],
    ],
  };
}

/** Card precision of each day beside its ceiling. */
export function cardPrecisionTable({ card_precision }: BacktestSummary): Table {
  return {
    caption: 'Card precision of each day, and the most that it could be.',
    head: ['day', ...card_precision.flatMap(({ k }) => [`CP@${k}`, 'ceiling'])],
    rows: (card_precision[0]?.daily ?? []).map(({ day }, i) => [
      day,
      ...card_precision.flatMap(({ daily }) => [figureText(daily[i]?.precision ?? null, 2), figureText(daily[i]?.ceiling ?? null, 2)]),
    ]),
  };
}

/** Thresholds that a page has room for; the summary has all. */
const THRESHOLDS_MAX = 50;

/** What other thresholds would have meant. */
export function thresholdsTable({ thresholds, review_points, decline_points }: BacktestSummary): Table {
  const every = Math.ceil(thresholds.length / THRESHOLDS_MAX);
  const points = new Map([
    [review_points, ' (review)'],
    [decline_points, ' (decline)'],
  ]);
  const shown = thresholds.filter(({ score }, i) => i % every === 0 || points.has(score));
  return {
    caption: `What alerts from a score on would have been${shown.length < thresholds.length ? `; ${shown.length} of ${thresholds.length} thresholds` : ''}.`,
    head: ['from score', 'alerts a day', 'frauds', 'legitimate', 'precision', 'recall', 'F1', 'false positives'],
    rows: shown.map((row) => [`${row.score}${points.get(row.score) ?? ''}`, ...thresholdCells(row)]),
  };
}

function thresholdCells({ alerts_per_day, frauds, legit, precision, recall, f1, false_positive_rate }: ThresholdRow): string[] {
  const shares = [percentText(precision), percentText(recall), figureText(f1), percentText(false_positive_rate)];
  return [countText(alerts_per_day), countText(frauds), countText(legit), ...shares];
}

/** Each day in figures. */
export function dailyTable({ daily }: BacktestSummary): Table {
  return {
    caption: 'Transactions, frauds and alerts of each day, UTC.',
    head: ['day', 'transactions', 'frauds', 'alerts', 'frauds among them', 'unlabelled'],
    rows: daily.map((row) => [row.day, ...[row.transactions, row.frauds, row.alerts, row.caught, row.unlabelled].map(countText)]),
  };
}

/** Scores by bin. */
export function scoresTable(summary: BacktestSummary): Table {
  return {
    caption: 'Labelled transactions by score.',
    head: ['score', 'legitimate', 'fraud'],
    rows: scoreBins(summary)
      .filter(({ frauds, legit }) => frauds + legit > 0)
      .map(({ from, to, frauds, legit }) => [from === to ? String(from) : `${from} to ${to}`, countText(legit), countText(frauds)]),
  };
}

/** Money by currency. */
export function moneyTable({ money }: BacktestSummary): Table {
  const figures = ['fraud_declined', 'fraud_reviewed', 'fraud_missed', 'legit_declined', 'legit_reviewed'] as const;
  return {
    caption: 'Amounts, and the number of transactions, by currency.',
    head: ['currency', 'fraud declined', 'fraud reviewed', 'fraud missed', 'legitimate declined', 'legitimate reviewed'],
    rows: money.total.map((row) => [
      row.currency,
      ...figures.map((figure) => `${moneyText(row[figure].amount)} (${countText(row[figure].count)})`),
    ]),
  };
}

/** What each rule is worth. */
export function rulesTable({ rules }: BacktestSummary): Table {
  return {
    caption: 'Each active rule; “alone” is where no other rule fired, “near” where it all but fired: one test failed, by little.',
    head: [
      'rule',
      'fired',
      'frauds',
      'precision',
      'fired alone',
      'frauds alone',
      'precision alone',
      'fraud amount alone',
      'near',
      'frauds near',
      'fraud amount near',
    ],
    rows: rules.map(({ rule, fired, frauds, precision, alone, alone_fraud, near_misses }) => [
      ...[rule, countText(fired), countText(frauds), percentText(precision)],
      ...[countText(alone.fired), countText(alone.frauds), percentText(alone.precision)],
      amountsText(alone_fraud),
      ...(near_misses === null
        ? [NO_VALUE, NO_VALUE, NO_VALUE]
        : [countText(near_misses.count), countText(near_misses.frauds), amountsText(near_misses.fraud)]),
    ]),
  };
}

function amountsText(sums: RuleValue['alone_fraud']): string {
  return sums.map(({ amount, currency }) => `${moneyText(amount)} ${currency}`).join(', ') || NO_VALUE;
}

/** How often two rules fired together; columns go by number to keep the table narrow. */
export function overlapTable({ overlap }: BacktestSummary): Table {
  return {
    caption: 'Transactions on which both rules fired; the columns are the rules by their number.',
    head: ['rule', ...overlap.rules.map((_, i) => String(i + 1))],
    rows: overlap.rules.map((rule, i) => [`${i + 1} ${rule}`, ...(overlap.counts[i] ?? []).map(countText)]),
  };
}

/** Frauds and precision of each rule, week by week. */
export function weeklyTable({ rules }: BacktestSummary): Table {
  return {
    caption: 'Frauds among the firings of each rule, and precision, by week.',
    head: ['rule', ...(rules[0]?.weeks ?? []).map(({ from }) => from)],
    rows: rules.map(({ rule, weeks }) => [
      rule,
      ...weeks.map(({ frauds, precision }) => (precision === null ? NO_VALUE : `${countText(frauds)} · ${percentText(precision)}`)),
    ]),
  };
}

/** Two rule sets side by side. */
export function comparisonTables({ base, candidate, figures, money, changes }: Comparison): Table[] {
  return [
    {
      caption: `${candidate} beside ${base}; the standard error is that of the difference.`,
      head: ['figure', base, candidate, 'difference', 'standard error'],
      rows: figures.map((row) => [
        ...[row.figure.replaceAll(/[_.]/g, ' '), figureText(row.base), figureText(row.candidate)],
        ...[signedText(row.difference), figureText(row.standard_error)],
      ]),
    },
    {
      caption: 'Transactions whose outcome differs.',
      head: ['outcome', 'fraud', 'legitimate', 'unlabelled'],
      rows: changes.map(({ from, to, frauds, legit, unlabelled }) => [`${from} → ${to}`, ...[frauds, legit, unlabelled].map(countText)]),
    },
    {
      caption: 'Amounts of both.',
      head: ['amount', base, candidate, 'difference'],
      rows: money.map((row) => [
        `${row.figure.replaceAll('_', ' ')}, ${row.currency}`,
        ...[row.base, row.candidate, row.difference].map(moneyText),
      ]),
    },
  ];
}
