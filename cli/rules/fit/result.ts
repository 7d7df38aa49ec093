import { type Comparison, compare, type Measured } from '../../../core/backtest/compare.ts';
import type { Protocol } from '../../../core/backtest/protocol.ts';
import { type BacktestSummary, summarize } from '../../../core/backtest/summary.ts';
import type { Thresholds } from '../../../core/definition/pipeline.ts';
import { UsageError } from '../../../core/errors.ts';
import { formatTime } from '../../../core/events/timestamp.ts';
import { type FittedScorecard, fitScorecard } from '../../../core/scorecard/fit.ts';
import type { PatternCount } from '../../../core/scorecard/grouping.ts';
import { cardRules } from '../../../core/scorecard/rules.ts';
import type { Scorecard } from '../../../core/scorecard/scorecard.ts';
import { scoredBy } from '../../../core/scorecard/scored.ts';
import { suggestedThresholds } from '../../../core/scorecard/thresholds.ts';
import type { Backtested } from '../../../local/backtest/backtest.ts';
import type { LoadedPipeline } from '../../../local/pipeline.ts';
import type { DraftLine } from '../../../local/scorecard/draft.ts';
import type { FitRange } from './range.ts';

/** A table, and what is to be said of it. */
export interface FitResult {
  readonly fitted: FittedScorecard;
  readonly range: FitRange;
  readonly thresholds: Thresholds;
  readonly isSimulated: boolean;
  readonly notes: readonly string[];
  /** Undefined where nothing could be held out. */
  readonly test: FitTest | undefined;
  /** Undefined where nothing was to be written. */
  readonly written: { readonly dir: string; readonly lines: readonly DraftLine[] } | undefined;
}

/** A table beside the current rules, on events that it has not seen. */
export interface FitTest {
  /** Which table was tested on what. */
  readonly about: string;
  readonly fitted: FittedScorecard;
  readonly summary: BacktestSummary;
  readonly current: BacktestSummary;
  readonly comparison: Comparison;
}

/** What a fit is made of. */
export interface Fitting {
  readonly card: Scorecard;
  readonly loaded: LoadedPipeline;
  readonly range: FitRange;
  readonly isSimulated: boolean;
  /** What a reader must know of the history. */
  readonly notes: readonly string[];
}

/** With fewer frauds the table is still shaky. */
const FRAUDS_WANTED = 300;
/** As in a back-test: cards with a fraud within so many days before the label delay were known as compromised. */
const KNOWN_DAYS = 7;

/** Learns the table, and tests it or the one that could have been learnt before. Throws UsageError for rows that say too little. */
export function fitted(done: Backtested, fitting: Fitting): Omit<FitResult, 'written'> {
  const { card, range, isSimulated, notes: ofHistory } = fitting;
  const [counts = [], testCounts = counts] = done.training.counts;
  const table = fitScorecard(card, counts);
  const tested = testedOf(done, testCounts, fitting);
  const notes = [
    ...(isSimulated ? ['The data is simulated: no figure says how the scorecard would do on real payments.'] : []),
    ...ofHistory,
    ...(table.frauds < FRAUDS_WANTED
      ? [`Only ${table.frauds} frauds, fewer than ${FRAUDS_WANTED}: other weeks may give other points.`]
      : []),
    ...table.dropped,
    ...('reason' in tested ? [`No test: ${tested.reason}`] : []),
  ];
  return {
    fitted: table,
    range,
    thresholds: suggestedThresholds(table, counts),
    isSimulated,
    notes,
    test: 'reason' in tested ? undefined : tested,
  };
}

function testedOf(done: Backtested, counts: readonly PatternCount[], fitting: Fitting): FitTest | { readonly reason: string } {
  if (done.tables[0]?.count === 0) {
    const { testFromMs, testToMs } = fitting.range;
    return { reason: `no transaction from ${formatTime(testFromMs)} up to ${formatTime(testToMs)}.` };
  }
  try {
    return testOf(done, fitScorecard(fitting.card, counts), { ...fitting, counts });
  } catch (error) {
    // The whole range was enough; less of it need not be.
    if (error instanceof UsageError)
      return { reason: `of what was known when the last week began nothing can be learnt. ${error.message}` };
    throw error;
  }
}

function testOf(
  { tables, earlierFrauds, training }: Backtested,
  table: FittedScorecard,
  { card, loaded, range, isSimulated, counts }: Fitting & { readonly counts: readonly PatternCount[] },
): FitTest {
  const [rows] = tables;
  const { decision } = loaded.pipeline;
  if (rows === undefined || decision === undefined) throw new Error('no rules to set the scorecard beside');
  const { testFromMs: fromMs, testToMs: toMs, labelDelayDays } = range;
  const protocol = { fromMs, toMs, labelDelayDays, knownDays: KNOWN_DAYS, earlierFrauds };
  const active = loaded.rules.rules.filter(({ status }) => status === 'active').map(({ id }) => id);
  const current = measured({ table: rows, rules: active, ruleSet: loaded.rules.version, thresholds: decision, protocol, isSimulated });
  const thresholds = suggestedThresholds(table, counts);
  const own = cardRules(table, { pipeline: loaded.pipeline, status: 'active' }).map(({ id }) => id);
  const scored = scoredBy(rows, training.places, { fitted: table, thresholds });
  const candidate = measured({ table: scored, rules: own, ruleSet: card.id, thresholds, protocol, isSimulated });
  const comparison = compare(current, candidate, { protocol });
  return { about: aboutOf(range), fitted: table, summary: candidate.summary, current: current.summary, comparison };
}

interface Measuring {
  readonly table: Measured['table'];
  readonly rules: readonly string[];
  readonly ruleSet: string;
  readonly thresholds: Thresholds;
  readonly protocol: Protocol;
  readonly isSimulated: boolean;
}

function measured({ table, protocol, ...rest }: Measuring): Measured {
  return { table, summary: summarize(table, { ...protocol, ...rest }) };
}

function aboutOf({ cut, testCut, testFromMs, testToMs }: FitRange): string {
  const test = `${formatTime(testFromMs)} up to ${formatTime(testToMs)}`;
  if (cut === testCut) return `Tested on ${test}, which it has not seen.`;
  return `The last week was held out: what the same recipe learns from events up to ${formatTime(testCut.toMs)}, by labels known before\n${formatTime(testCut.knownByMs)}, is tested on ${test}.`;
}
