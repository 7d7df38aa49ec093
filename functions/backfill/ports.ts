import type { Plan } from '../../core/plan.ts';
import type { ObjectFiles, ObjectStore, SqlEngine } from '../../core/ports.ts';
import type { RuleSet } from '../../core/rules/compile.ts';
import type { CompactionPorts } from '../../lake/compaction/ports.ts';
import type { RowBuilder } from '../../lake/rows.ts';
import type { TableSchema } from '../../lake/schema.ts';
import type { Answer } from './approval.ts';
import type { Span } from './plan-record.ts';
import type { StepSizes } from './sizes.ts';

/** Which records of the archive a backfill is about. */
export interface ArchiveSelection {
  readonly id: string;
  /** Condition on the columns of the archive that picks records with their bytes; in SQL of both engines. */
  readonly records: string;
  /** Condition that picks what the watermarks of shards go by. */
  readonly steps: string;
  /** Span of arrival hours outside of which there is nothing to be found. */
  readonly arrival: Span;
  /** Slices of keys to cut into. */
  readonly slices: number;
}

/** The SQL engine that reads the archive: what one process could not hold. */
export interface ArchiveReader {
  /** Records that a condition picks, repeats among them, in hours of arrival. */
  count(condition: string, arrival: Span): Promise<number>;
  /** First and last event time of the records that a condition picks; undefined if there is none. */
  span(condition: string): Promise<{ readonly firstMs: number; readonly lastMs: number } | undefined>;
  /**
   * Writes the chosen records into `shuffle/records-…/slice=N/` by key, their control rows into `shuffle/contexts/`, and what watermarks go
   * by into `shuffle/steps/` of the backfill's work. Throws StillRunning once `signal` has fired, if called again later will find it done.
   */
  split(selection: ArchiveSelection, signal?: AbortSignal): Promise<void>;
}

/** What the steps of a backfill need from outside. */
export interface BackfillPorts {
  readonly plan: Plan;
  readonly rows: RowBuilder;
  /** Tables of the lake as their rows are stored. */
  readonly tables: readonly TableSchema[];
  readonly lake: CompactionPorts;
  /** Work of all backfills, apart from the lake. */
  readonly work: { readonly objects: ObjectStore; readonly files: ObjectFiles };
  /** What the keys of the work begin with in the bucket that the state machine reads lists of items from. */
  readonly workPrefix: string;
  /** Answers questions about the ledger. */
  readonly sql: SqlEngine;
  readonly archive: ArchiveReader;
  /** A rule set of a recorded version; undefined if nobody knows it. */
  readonly rulesOf: (version: string) => Promise<RuleSet | undefined>;
  /** Time after which whatever was delivered has landed, ms. */
  readonly landingMs: number;
  /** How much one call takes on, where it is not what is usual. */
  readonly sizes?: Partial<StepSizes>;
  /** Memory of the engine of a step, MiB. */
  readonly engineMb: number;
  /** Tells people that a backfill waits for their word. */
  readonly askPeople: (question: ApprovalQuestion) => Promise<void>;
  /** Lets the workflow go on with an answer that was given to an earlier question of the same backfill. */
  readonly goOn: (id: string, token: string, answer: Answer) => Promise<void>;
}

/** What people are asked. */
export interface ApprovalQuestion {
  readonly id: string;
  readonly text: string;
}
