import type { BackfillMode, BackfillRequest } from './events.ts';

/** A half-open span of time, epoch ms. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Up to where everything has landed: what came after is not looked at. */
export interface Fence {
  /** Windows whose end plus the allowed lateness lies behind this watermark are final, and have landed. */
  readonly closedMs: number;
  /** Last place of each shard that is looked at, by shard. */
  readonly through: Readonly<Record<string, FencePlace>>;
  /** When the ledger snapshot was taken that says so, epoch ms. */
  readonly recordedMs: number;
}

/** Place of the last record before a fence, and how many records the shard had up to it. */
export interface FencePlace {
  readonly sequence: string;
  readonly subSequence: number;
  readonly seen: number;
}

/** Late events that were folded into the aggregates after all: those of a span of event time, up to a place in each shard. */
export interface Correction extends Span {
  /** The backfill that did it. */
  readonly id: string;
  /** Aggregates that include them. */
  readonly tables: readonly string[];
  readonly through: Readonly<Record<string, Pick<FencePlace, 'sequence' | 'subSequence'>>>;
}

/** A part of a table that is compared in one go. */
export interface ComparedPart extends Span {
  readonly table: string;
}

/** Everything that a backfill is going to do; made once, before anything else. */
export interface BackfillPlan {
  readonly id: string;
  readonly mode: BackfillMode;
  readonly request: BackfillRequest;
  readonly createdMs: number;
  /** What was asked for: whole hours of event time. */
  readonly range: Span;
  /** Hours that are compared; wider than the range where a late event of it changes windows that begin before. */
  readonly scope: Span;
  /** Event time of the records that are read: with the history that features need, and up to the end of the last window. */
  readonly read: Span;
  readonly tables: readonly string[];
  readonly fence: Fence;
  /** Records to be read. */
  readonly events: number;
  readonly slices: number;
  readonly shards: readonly string[];
  /** Stretches of what is read, of one length but for the last, whose windows and tiles are merged in one go. */
  readonly merges: readonly Span[];
  /** Stretches of the scope, of one length but for the last, by which recomputed rows lie apart. */
  readonly bands: readonly Span[];
  readonly parts: readonly ComparedPart[];
  /** Late events that aggregates include, those of this backfill among them. */
  readonly corrections: readonly Correction[];
  readonly hasDecisions: boolean;
  /** What it will take. */
  readonly estimate: Estimate;
}

/** What a backfill will take. */
export interface Estimate {
  /** CPU of all steps. */
  readonly cpuSeconds: number;
  /** Earlier backfills of this place whose speed it rests on; 0: none, but a benchmark. */
  readonly backfills: number;
}
