import { usageError } from '../errors.ts';
import type { Outcome } from '../rules/decision.ts';
import { amountText, type MoneyRow, minorOf } from './money.ts';
import type { TruthCounts } from './outcomes.ts';
import { judgedRows, type Protocol } from './protocol.ts';
import { FRAUD, LEGIT, OUTCOMES, type ScoredTable } from './scored.ts';
import { spreadOf } from './spread.ts';
import type { BacktestSummary } from './summary.ts';

/** A rule set's scored rows and what was measured of them. */
export interface Measured {
  readonly table: ScoredTable;
  readonly summary: BacktestSummary;
}

/** One figure of both rule sets. */
export interface FigureRow {
  readonly figure: string;
  readonly base: number | null;
  readonly candidate: number | null;
  /** Candidate less base. */
  readonly difference: number | null;
  /**
   * Of the difference, null where none is given: of AUC and average precision by a bootstrap over whole cards, the same for both; of card
   * precision from the differences of single days, taken as independent.
   */
  readonly standard_error: number | null;
}

/** Exact amounts of one currency. */
export interface MoneyDifference {
  readonly currency: string;
  readonly figure: string;
  readonly base: string;
  readonly candidate: string;
  readonly difference: string;
}

/** Rows whose outcome differs. */
export interface Change extends TruthCounts {
  readonly from: Outcome;
  readonly to: Outcome;
}

/** Two rule sets over the same rows. */
export interface Comparison {
  readonly base: string;
  readonly candidate: string;
  readonly figures: readonly FigureRow[];
  readonly money: readonly MoneyDifference[];
  readonly changes: readonly Change[];
}

/** Compares two rule sets. Throws UsageError unless both have judged the same rows with the same labels. */
export function compare(
  base: Measured,
  candidate: Measured,
  { protocol, seed = 1 }: { readonly protocol: Protocol; readonly seed?: number },
): Comparison {
  checkSame(base.table, candidate.table);
  const { rows } = judgedRows(base.table, protocol);
  const spread = spreadOf([base.table, candidate.table], rows, seed)?.[2];
  const errors: Readonly<Record<string, number | null | undefined>> = {
    ...{ auc: spread?.auc, average_precision: spread?.averagePrecision },
    ...Object.fromEntries(base.summary.card_precision.map(({ k }) => [`cp_at_${k}`, dailyError(base.summary, candidate.summary, k)])),
  };
  const theirs = new Map(figuresOf(candidate.summary));
  return {
    ...{ base: base.summary.rule_set, candidate: candidate.summary.rule_set },
    figures: figuresOf(base.summary).map(([figure, value]) => figureRow(figure, value, theirs.get(figure) ?? null, errors[figure] ?? null)),
    money: moneyDifferences(base.summary.money.total, candidate.summary.money.total),
    changes: changesOf(base.table, candidate.table, rows),
  };
}

function checkSame(base: ScoredTable, candidate: ScoredTable): void {
  const rule = 'the same events with the same labels in both';
  if (base.count !== candidate.count) throw usageError('rows to compare', `${base.count} and ${candidate.count}`, rule);
  for (let row = 0; row < base.count; row++) {
    const isSame =
      base.eventIds[row] === candidate.eventIds[row] &&
      base.truths[row] === candidate.truths[row] &&
      base.keys[row] === candidate.keys[row];
    if (!isSame) throw usageError(`row ${row} to compare`, `${base.eventIds[row]} and ${candidate.eventIds[row]}`, rule);
  }
}

function figuresOf(summary: BacktestSummary): [figure: string, value: number | null][] {
  const { auc, average_precision, outcomes, card_precision } = summary;
  const quality = (['review', 'decline'] as const).flatMap((worst) =>
    (['precision', 'recall', 'f1', 'alerts_per_day'] as const).map((figure): [string, number | null] => [
      `${worst}.${figure}`,
      outcomes[worst][figure],
    ]),
  );
  return [
    ['auc', auc],
    ['average_precision', average_precision],
    ...card_precision.map(({ k, mean }): [string, number | null] => [`cp_at_${k}`, mean]),
    ...quality,
  ];
}

function figureRow(figure: string, base: number | null, candidate: number | null, standard_error: number | null): FigureRow {
  return { figure, base, candidate, difference: base === null || candidate === null ? null : candidate - base, standard_error };
}

/** Standard error of the mean difference of daily card precision; null of fewer than two days. */
function dailyError(base: BacktestSummary, candidate: BacktestSummary, k: number): number | null {
  const of = (summary: BacktestSummary): readonly number[] =>
    summary.card_precision.find((row) => row.k === k)?.daily.map(({ precision }) => precision) ?? [];
  const theirs = of(candidate);
  const differences = of(base).map((value, i) => (theirs[i] ?? 0) - value);
  const { length } = differences;
  if (length < 2) return null;
  const mean = differences.reduce((sum, value) => sum + value, 0) / length;
  return Math.sqrt(differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (length - 1) / length);
}

const MONEY_FIGURES = ['fraud_declined', 'fraud_reviewed', 'fraud_missed', 'legit_declined', 'legit_reviewed'] as const;

function moneyDifferences(base: readonly MoneyRow[], candidate: readonly MoneyRow[]): MoneyDifference[] {
  return base.flatMap((row) => {
    const other = candidate.find(({ currency }) => currency === row.currency);
    return MONEY_FIGURES.map((figure) => {
      const [ours, theirs] = [row[figure].amount, other?.[figure].amount ?? '0'];
      const difference = amountText(minorOf(theirs) - minorOf(ours), row.currency);
      return { currency: row.currency, figure, base: ours, candidate: theirs, difference };
    });
  });
}

function changesOf(base: ScoredTable, candidate: ScoredTable, rows: Int32Array): Change[] {
  const size = OUTCOMES.length;
  const counts = Array.from({ length: size * size }, () => ({ frauds: 0, legit: 0, unlabelled: 0 }));
  for (const row of rows) {
    const count = counts[(base.outcomes[row] as number) * size + (candidate.outcomes[row] as number)] as (typeof counts)[number];
    const truth = base.truths[row];
    count[truth === FRAUD ? 'frauds' : truth === LEGIT ? 'legit' : 'unlabelled'] += 1;
  }
  return counts.flatMap((count, place) => {
    const [from, to] = [OUTCOMES[Math.floor(place / size)], OUTCOMES[place % size]] as [Outcome, Outcome];
    return from === to || count.frauds + count.legit + count.unlabelled === 0 ? [] : [{ from, to, ...count }];
  });
}
