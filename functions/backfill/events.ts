/** What a backfill is for. */
export type BackfillMode = 'verify' | 'correct' | 'rebuild' | 'load';

/** What a backfill is asked for: by `headrace backfill`, an operator's execution, or the nightly schedule. */
export interface BackfillRequest {
  readonly mode: BackfillMode;
  /** Start of the range of event time, RFC 3339, on an hour; inclusive. */
  readonly from?: string;
  /** End of the range, RFC 3339, on an hour; exclusive. */
  readonly to?: string;
  /** Instead of `from` and `to`: so many whole UTC days up to the newest one that is final. */
  readonly lastDays?: number;
  /** Tables to look at; default all that the mode is about. */
  readonly tables?: readonly string[];
  /** Version of a rule set to judge by into the table `what_if_decisions`. */
  readonly rulesVersion?: string;
  /** Changed rows above which a person has to approve; rebuild asks always. */
  readonly approveAbove?: number;
}

/** One element of a list of items: an object of the work folder describes it, so that payloads stay small. */
export interface BackfillItem {
  /** Index among the items of its kind, from 0. */
  readonly at: number;
}

/** What the state machine hands to the function: one step, and references. `estimate` is a person's: the plan, and nothing is begun. */
export type BackfillEvent =
  | { readonly step: 'estimate'; readonly id: string; readonly request: BackfillRequest }
  | { readonly step: 'plan'; readonly id: string; readonly request: BackfillRequest }
  | { readonly step: 'shuffle'; readonly id: string }
  | { readonly step: ItemStep; readonly id: string; readonly items: readonly BackfillItem[] }
  | { readonly step: 'summarise'; readonly id: string }
  | { readonly step: 'ask'; readonly id: string; readonly token: string }
  | { readonly step: 'compensate'; readonly id: string; readonly failure: StepFailure }
  | { readonly step: 'report'; readonly id: string; readonly failure?: StepFailure };

/**
 * Steps that run once for each item of a list, many at a time: `check` recomputes watermarks of a shard, `fold` the accumulators and
 * events of a slice of keys, `merge` the windows and tiles of a stretch of time, `judge` the decisions of a slice, `compare` what is
 * different from the lake in a part of a table, `publish` one generation.
 */
export type ItemStep = 'check' | 'fold' | 'merge' | 'judge' | 'compare' | 'publish';

/** Why a state gave up, as a Catch of the state machine has it. */
export interface StepFailure {
  readonly Error: string;
  readonly Cause?: string;
}

/** Result of `plan`: what the state machine goes by; the plan itself is an object of the work folder. */
export interface PlanOutcome {
  readonly id: string;
  /** Keys of the item lists (JSON arrays of `BackfillItem`) in the bucket, by step. */
  readonly items: Readonly<Record<ItemStep, string>>;
  /** Whether decisions are recomputed. */
  readonly hasDecisions: boolean;
}

/** Result of `summarise`. */
export interface SummaryOutcome {
  /** `fail`: verify found differences. `ask`: a person has to approve. `publish`: go on. `done`: there is nothing to publish. */
  readonly next: 'fail' | 'ask' | 'publish' | 'done';
}

/** Result of `ask` once it was answered: an approval; a refusal fails the state with `ApprovalRefused`. */
export interface ApprovalOutcome {
  readonly approvedBy: string;
}

/**
 * Result of `report`. After a failure, what the execution fails with: where a step of many items gave up, the failure of its first item
 * (`itemFailure` finds it), for the service says of the map only that too many failed; else the failure as it came.
 */
export interface ReportOutcome {
  readonly failure?: Required<StepFailure>;
}

/** Result of `shuffle` while the engine is still at it is an error of this name, which is tried again with the same query. */
export const STILL_RUNNING = 'StillRunning';

/** Error names that fail a backfill at once, without another try. */
export const FINAL_ERRORS = [
  'UsageError',
  'LakeError',
  'BackfillError',
  'ApprovalRefused',
  'VerificationDiffers',
  'OutdatedBuildError',
] as const;
