import type { Decided } from '../measure/decisions.ts';
import type { StreamTarget } from '../send/stream.ts';

/** SQL on the lake's tables. */
export interface LakeQuery {
  query(text: string): Promise<{ readonly rows: readonly (readonly unknown[])[] }>;
}

/** How far the processor has come. */
export interface Progress {
  /** Batches decided since the last call. */
  readonly batches: readonly Decided[];
  /** Resident memory of the processor's process, MiB; null where nobody can tell. */
  readonly rssMb: number | null;
}

/** What is under load. Parts that a target lacks are not measured, and the report says so. */
export interface LoadTarget {
  /** For people. */
  readonly name: string;
  readonly stream: StreamTarget;
  readonly progress?: () => Promise<Progress>;
  /** How `progress` learns of decisions, for the report. */
  readonly decisionNote: string;
  readonly lake?: LakeQuery;
  /** Time between two looks into the lake, ms. */
  readonly lakePollMs: number;
  /** Longest time that rows wait before they land, ms; null if not known. */
  readonly bufferMs: number | null;
}
