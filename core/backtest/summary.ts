import type { Thresholds } from '../definition/pipeline.ts';
import { usageError } from '../errors.ts';
import { formatTime } from '../events/timestamp.ts';
import { cardDays } from './card-days.ts';
import { cardPrecision } from './card-precision.ts';
import { mostCaught } from './ceiling.ts';
import { aucOf, averagePrecisionOf, scoreLevels, type ThresholdRow, thresholdRows } from './curve.ts';
import { type DayMoneyRow, type MoneyRow, moneyOf } from './money.ts';
import { notesOf } from './notes.ts';
import { type DayRow, dayRows, outcomeQuality, type Quality, qualityCeiling, truthCounts } from './outcomes.ts';
import { judgedRows, type Protocol } from './protocol.ts';
import { type Overlap, type RuleOptions, type RuleValue, ruleValues } from './rule-value.ts';
import { dateOf, daysBetween, type ScoredTable } from './scored.ts';
import { spreadOf } from './spread.ts';

/** What a back-test is told beside its rows. */
export interface BacktestOptions extends Protocol, Pick<RuleOptions, 'rules'> {
  /** Version of the rule set that gave the scores. */
  readonly ruleSet: string;
  readonly thresholds: Thresholds;
  /** True for data that a simulator made: every figure is then said to be one of simulated data. */
  readonly isSimulated: boolean;
  /** Cards a day to measure card precision at, beside 100. */
  readonly cardsPerDay?: readonly number[];
  /** Seed of tie-breaks and of standard errors; 1 if absent. */
  readonly seed?: number;
}

/** Card precision at one k, beside its ceiling. */
export interface CardPrecisionRow {
  readonly k: number;
  readonly mean: number | null;
  readonly ceiling: number | null;
  /** Tie-breaks that the mean is averaged over; 0 where it is exact. */
  readonly tie_breaks: number;
  /** Standard error that is left of the ties. */
  readonly tie_error: number;
  readonly daily: readonly { readonly day: string; readonly precision: number; readonly ceiling: number }[];
}

/** The two figures of a whole ranking; null where they have no value. */
export interface RankingFigures {
  readonly auc: number | null;
  readonly average_precision: number | null;
}

/**
 * What a back-test found. As JSON it is stable: figures are added, none changes its meaning. All counts are of the rows judged, that is of the
 * range without cards known as compromised. A figure that has no value is null, never NaN, and `notes` says why.
 */
export interface BacktestSummary extends RankingFigures {
  readonly rule_set: string;
  readonly simulated: boolean;
  /** Range, RFC 3339: `from` inclusive, `to` exclusive; `days` is its length, with a fraction. */
  readonly from: string;
  readonly to: string;
  readonly days: number;
  readonly label_delay_days: number;
  readonly known_days: number;
  readonly transactions: number;
  readonly frauds: number;
  readonly legit: number;
  readonly unlabelled: number;
  /** Left out since their card was known as compromised. */
  readonly removed_transactions: number;
  readonly removed_cards: number;
  readonly cp_at_100: number | null;
  /** Of AUC and average precision, by a bootstrap over whole cards. */
  readonly standard_error: RankingFigures;
  /** What who knows every fraud reaches on the same rows. */
  readonly ceiling: RankingFigures & {
    readonly cp_at_100: number | null;
    /** With as many labelled alerts as the rule set had. */
    readonly review: { readonly precision: number | null; readonly recall: number | null };
    readonly decline: { readonly precision: number | null; readonly recall: number | null };
    /** Alerts a day that catch every fraud. */
    readonly alerts_per_day: number | null;
  };
  /** Rows that were reviewed or declined, by day of the range. */
  readonly alerts_per_day: number;
  /** `review`: reviewed or declined. `decline`: declined. */
  readonly outcomes: { readonly review: Quality; readonly decline: Quality };
  readonly review_points: number;
  readonly decline_points: number;
  readonly card_precision: readonly CardPrecisionRow[];
  readonly thresholds: readonly ThresholdRow[];
  readonly daily: readonly DayRow[];
  readonly money: { readonly total: readonly MoneyRow[]; readonly daily: readonly DayMoneyRow[] };
  readonly rules: readonly RuleValue[];
  readonly overlap: Overlap;
  readonly notes: readonly string[];
}

/** The k that published results are given for. */
const CARDS_PER_DAY = 100;
/** Enough for a standard error of ties near a thousandth. */
const TIE_BREAKS = 100;

/** Measures scored rows. Throws UsageError for a range or a number of cards that means nothing. */
export function summarize(table: ScoredTable, options: BacktestOptions): BacktestSummary {
  const selection = judgedRows(table, options);
  const { rows } = selection;
  const counts = truthCounts(table, rows);
  const days = daysBetween(options.fromMs, options.toMs);
  const cards = cardPrecisionRows(table, rows, { ...options, hasFrauds: counts.frauds > 0 });
  const at100 = cards.find(({ k }) => k === CARDS_PER_DAY);
  const { values, overlap } = ruleValues(table, rows, options);
  const figures = {
    ...head(options, days),
    ...{ transactions: rows.length, ...counts, removed_transactions: selection.removed, removed_cards: selection.removedKeys },
    ...ranking(table, rows, options),
    cp_at_100: at100?.mean ?? null,
    ...outcomes(table, rows, { days, frauds: counts.frauds, cpCeiling: at100?.ceiling ?? null, ...ranks(counts) }),
    card_precision: cards,
    ...{ daily: dayRows(table, rows, options), money: moneyOf(table, rows), rules: values, overlap },
  };
  return { ...figures, notes: notesOf(figures, { firstMs: table.eventMs[0], options }) };
}

function head({ ruleSet, isSimulated, fromMs, toMs, labelDelayDays, knownDays, thresholds }: BacktestOptions, days: number) {
  return {
    ...{ rule_set: ruleSet, simulated: isSimulated, from: formatTime(fromMs), to: formatTime(toMs), days },
    ...{ label_delay_days: labelDelayDays, known_days: knownDays },
    ...{ review_points: thresholds.reviewPoints, decline_points: thresholds.declinePoints },
  };
}

function ranking(table: ScoredTable, rows: Int32Array, { fromMs, toMs, thresholds, seed = 1 }: BacktestOptions) {
  const levels = scoreLevels(table, rows);
  const points = [thresholds.reviewPoints, thresholds.declinePoints];
  const [auc, spread] = [aucOf(levels), spreadOf([table], rows, seed)?.[0]];
  return {
    auc,
    // Without legitimate rows every order is a perfect one.
    average_precision: auc === null ? null : averagePrecisionOf(levels),
    standard_error: { auc: spread?.auc ?? null, average_precision: spread?.averagePrecision ?? null },
    thresholds: thresholdRows(levels, { days: daysBetween(fromMs, toMs), points }),
  };
}

/** Who knows every fraud puts all of them first: 1, wherever the figures have a value. */
function ranks({ frauds, legit }: { readonly frauds: number; readonly legit: number }): RankingFigures {
  const best = frauds > 0 && legit > 0 ? 1 : null;
  return { auc: best, average_precision: best };
}

function outcomes(
  table: ScoredTable,
  rows: Int32Array,
  given: RankingFigures & { readonly days: number; readonly frauds: number; readonly cpCeiling: number | null },
) {
  const { days, frauds, cpCeiling, auc, average_precision } = given;
  const [review, decline] = (['review', 'decline'] as const).map((worst) => outcomeQuality(table, rows, { worst, days })) as [
    Quality,
    Quality,
  ];
  return {
    alerts_per_day: review.alerts_per_day,
    outcomes: { review, decline },
    ceiling: {
      ...{ auc, average_precision, cp_at_100: cpCeiling },
      ...{ review: qualityCeiling(review, frauds), decline: qualityCeiling(decline, frauds) },
      alerts_per_day: frauds === 0 ? null : frauds / days,
    },
  };
}

function cardPrecisionRows(
  table: ScoredTable,
  rows: Int32Array,
  { cardsPerDay = [], seed = 1, hasFrauds }: BacktestOptions & { readonly hasFrauds: boolean },
): CardPrecisionRow[] {
  const days = hasFrauds ? cardDays(table, rows) : [];
  return [...new Set([CARDS_PER_DAY, ...cardsPerDay])].map((k) => {
    if (!Number.isSafeInteger(k) || k < 1) throw usageError('cards per day', k, 'whole numbers from 1 on');
    const reached = cardPrecision(days, { k, seed, tieBreaks: TIE_BREAKS });
    const ceilings = mostCaught(days, k).map((caught) => caught / k);
    return {
      ...{ k, mean: reached?.mean ?? null, tie_breaks: reached?.tieBreaks ?? 0, tie_error: reached?.tieError ?? 0 },
      ceiling: reached === null ? null : ceilings.reduce((sum, ceiling) => sum + ceiling, 0) / ceilings.length,
      daily: days.map(({ day }, i) => ({ day: dateOf(day), precision: reached?.daily[i] ?? 0, ceiling: ceilings[i] ?? 0 })),
    };
  });
}
