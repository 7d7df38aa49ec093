import type { Comparison } from '../../core/backtest/compare.ts';
import type { BacktestSummary } from '../../core/backtest/summary.ts';
import { countText, errorText, figureText, moneyText, NO_VALUE, percentText, signedText } from '../../core/report/figures.ts';
import { columnsText, thingsText } from '../output.ts';

/** Columns of a terminal that the report keeps below. */
const WIDTH_MAX = 99;
/** Longest name of a rule that leaves room for its figures. */
const NAME_MAX = 34;
/** Thresholds that are shown beside those of review and decline. */
const THRESHOLDS_MAX = 10;

/** The report for a person at a terminal, less than 100 columns wide. */
export function backtestText(summary: BacktestSummary, comparison?: Comparison): string {
  const { rule_set, days, transactions, frauds, label_delay_days } = summary;
  const near = nearRows(summary);
  const parts = [
    wrapped(
      `Rule set ${rule_set}, ${summary.from} up to ${summary.to} (${countText(days)} days), label delay ${thingsText(label_delay_days, 'day')}: ${thingsText(transactions, 'transaction')}, ${thingsText(frauds, 'fraud')}.`,
    ),
    summary.notes.map((note) => wrapped(note, '  ')).join(''),
    figuresText(figureRows(summary)),
    ...(comparison === undefined ? [] : [`${comparison.candidate} beside ${comparison.base}\n${figuresText(comparisonRows(comparison))}`]),
    ...(comparison === undefined || comparison.changes.length === 0 ? [] : [figuresText(changeRows(comparison))]),
    figuresText(thresholdRows(summary)),
    ...(summary.money.total.length === 0 ? [] : [figuresText(moneyRows(summary))]),
    ...(summary.rules.length === 0 ? [] : [figuresText(ruleRows(summary))]),
    ...(near.length === 0 ? [] : [figuresText([['rule that all but fired', 'near misses', 'frauds', 'legitimate', 'precision'], ...near])]),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function figureRows({
  auc,
  average_precision,
  standard_error,
  ceiling,
  card_precision,
  outcomes,
  alerts_per_day,
}: BacktestSummary): string[][] {
  const quality = (['review', 'decline'] as const).flatMap((worst) => [
    [`precision, ${worst}`, percentText(outcomes[worst].precision), percentText(ceiling[worst].precision)],
    [`recall, ${worst}`, percentText(outcomes[worst].recall), percentText(ceiling[worst].recall)],
  ]);
  return [
    ['figure', 'value', 'ceiling'],
    ['AUC', errorText(auc, standard_error.auc), figureText(ceiling.auc)],
    ['average precision', errorText(average_precision, standard_error.average_precision), figureText(ceiling.average_precision)],
    ...card_precision.map(({ k, mean, ceiling: best }) => [`CP@${k}`, figureText(mean), figureText(best)]),
    ...quality,
    [
      'alerts a day',
      countText(alerts_per_day),
      ceiling.alerts_per_day === null ? NO_VALUE : `${countText(ceiling.alerts_per_day)} catch all`,
    ],
  ];
}

function thresholdRows({ thresholds, review_points, decline_points }: BacktestSummary): string[][] {
  const every = Math.ceil(thresholds.length / THRESHOLDS_MAX);
  const names = new Map([
    [review_points, ' review'],
    [decline_points, ' decline'],
  ]);
  const shown = thresholds.filter(({ score }, i) => i % every === 0 || names.has(score));
  return [
    ['from score', 'alerts a day', 'frauds', 'legitimate', 'precision', 'recall', 'F1'],
    ...shown.map(({ score, alerts_per_day, frauds, legit, precision, recall, f1 }) => [
      ...[`${score}${names.get(score) ?? ''}`, countText(alerts_per_day), countText(frauds), countText(legit)],
      ...[percentText(precision), percentText(recall), figureText(f1)],
    ]),
  ];
}

/** A row for each figure and currency: amounts may be long, so they stand one below the other. */
function moneyRows({ money }: BacktestSummary): string[][] {
  const figures = ['fraud_declined', 'fraud_reviewed', 'fraud_missed', 'legit_declined', 'legit_reviewed'] as const;
  return [
    ['money', 'currency', 'amount', 'transactions'],
    ...money.total.flatMap((row) =>
      figures.map((figure) => [figure.replace('_', ' '), row.currency, moneyText(row[figure].amount), countText(row[figure].count)]),
    ),
  ];
}

function ruleRows({ rules }: BacktestSummary): string[][] {
  return [
    ['rule', 'fired', 'frauds', 'precision', 'frauds alone', 'precision alone'],
    ...rules.map(({ rule, fired, frauds, precision, alone }) => [
      ...[shortened(rule), countText(fired), countText(frauds), percentText(precision)],
      ...[countText(alone.frauds), percentText(alone.precision)],
    ]),
  ];
}

/** Rules with near misses: what a looser bound would catch. */
function nearRows({ rules }: BacktestSummary): string[][] {
  return rules.flatMap(({ rule, near_misses: near }) =>
    near === null || near.count === 0
      ? []
      : [[shortened(rule), countText(near.count), countText(near.frauds), countText(near.legit), percentText(near.precision)]],
  );
}

function comparisonRows({ figures }: Comparison): string[][] {
  return [
    ['figure', 'base', 'candidate', 'difference', 'standard error'],
    ...figures.map(({ figure, base, candidate, difference, standard_error }) => [
      ...[figure.replaceAll(/[_.]/g, ' '), figureText(base), figureText(candidate), signedText(difference), figureText(standard_error)],
    ]),
  ];
}

function changeRows({ changes }: Comparison): string[][] {
  return [
    ['changed outcome', 'fraud', 'legitimate', 'unlabelled'],
    ...changes.map(({ from, to, frauds, legit, unlabelled }) => [`${from} to ${to}`, ...[frauds, legit, unlabelled].map(countText)]),
  ];
}

/** Rows as columns, all but the first set to the right. */
function figuresText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => (i === 0 ? 0 : Math.max(...rows.map((row) => row[i]?.length ?? 0))));
  return columnsText(rows.map((row) => row.map((cell, i) => cell.padStart(widths[i] ?? 0))));
}

function shortened(name: string): string {
  return name.length <= NAME_MAX ? name : `${name.slice(0, NAME_MAX - 1)}…`;
}

/** A paragraph in lines that fit; a word that fits in none stands alone. */
function wrapped(text: string, indent = ''): string {
  const lines = [indent];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    const isFirst = line === indent;
    if (isFirst || line.length + 1 + word.length <= WIDTH_MAX) lines[lines.length - 1] = isFirst ? `${indent}${word}` : `${line} ${word}`;
    else lines.push(`${indent}${word}`);
  }
  return `${lines.join('\n')}\n`;
}
