import type { KnownFraud } from '../../core/backtest/protocol.ts';
import type { ScoredRow } from '../../core/backtest/scored.ts';
import type { PatternCount } from '../../core/scorecard/grouping.ts';
import type { Scorecard } from '../../core/scorecard/scorecard.ts';
import type { Cut } from '../../core/scorecard/training.ts';
import type { NamedRules } from '../../lake/rules/sets.ts';
import type { Inputs } from '../feed/inputs.ts';

/** What a back-test is over. */
export interface BacktestSource {
  readonly inputs: Inputs;
  /** A SELECT over the view `input`. */
  readonly importSql: string | undefined;
}

/** Work of one thread: it judges the keys that fall to its share. */
export interface BacktestStart extends BacktestSource {
  readonly pipelineDir: string;
  /** One rule set, or two that are compared. */
  readonly ruleSets: readonly NamedRules[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly labelDelayMs: number;
  /** Whether near misses of rules are told too; default not. */
  readonly nearMisses?: boolean;
  readonly share: number;
  readonly shares: number;
  readonly spillPath: string;
  /** What a scorecard is to be learnt from; absent where rules are judged only. */
  readonly training?: TrainingStart | undefined;
}

/** What a scorecard is learnt from, over one replay. */
export interface TrainingStart {
  readonly card: Scorecard;
  /** Counted each. No event after the range that is judged is in one. */
  readonly cuts: readonly Cut[];
}

/** What one rule set made of a row. */
export interface RowVerdict extends Pick<ScoredRow, 'score' | 'outcome'> {
  /** Place in `firedNames`. */
  readonly fired: number;
  /** Rules that all but fired: place in `firedNames` too; null where nobody asked. */
  readonly near: number | null;
}

/** A row that was judged; `ordinal` is its place in the input. */
export interface JudgedRow extends Omit<ScoredRow, 'score' | 'outcome' | 'fired'> {
  readonly ordinal: number;
  /** One for each rule set. */
  readonly verdicts: readonly RowVerdict[];
  /** Bins of the scorecard that it fell into; absent without one. */
  readonly places?: string;
}

/** What a thread found. */
export interface BacktestShare {
  readonly rows: readonly JudgedRow[];
  readonly firedNames: readonly (readonly string[])[];
  /** Frauds before the range, by key. */
  readonly earlierFrauds: readonly KnownFraud[];
  /** Records that are no events: nobody knows whose they are, so the first thread counts them all. */
  readonly quarantined: number;
  /** Labels of this thread's keys. */
  readonly labels: number;
  /** CPU for features and rules, of all events judged or remembered, ms; reading and parsing not counted. */
  readonly judgeCpuMs: number;
  /** Events of all types that this thread judged or remembered. */
  readonly events: number;
  /** Of each cut, the rows by their bins; empty without a scorecard. */
  readonly counts: readonly (readonly PatternCount[])[];
}

/** Message of a thread. */
export type BacktestMessage =
  | { readonly kind: 'done'; readonly share: BacktestShare }
  | { readonly kind: 'failed'; readonly isUsage: boolean; readonly message: string };
