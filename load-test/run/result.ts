import type { Histogram } from 'node:perf_hooks';
import type { Profile } from '../profile/schema.ts';
import type { Tally } from '../send/tally.ts';
import type { Reconciliation } from '../truth/reconcile.ts';

/** Where a load stands at one moment, seconds from its start; counts so far. */
export interface Moment {
  readonly atS: number;
  readonly offered: number;
  readonly sent: number;
  readonly throttled: number;
  readonly backlog: number;
  /** Records taken and not decided yet. */
  readonly waiting: number;
  /** Resident memory of the pipeline's process, MiB; null where nobody tells. */
  readonly rssMb: number | null;
  /** That of the load's own process, MiB. */
  readonly ownRssMb: number;
  readonly p99Ms: number;
}

/** How a load test ended. */
export interface LoadResult {
  readonly run: string;
  readonly target: string;
  readonly decisionNote: string;
  readonly profile: Profile;
  readonly seed: number;
  readonly producers: number;
  readonly startMs: number;
  /** From the start to the last answer of the stream, s. */
  readonly sendS: number;
  readonly tally: Tally;
  readonly waiting: number;
  readonly moments: readonly Moment[];
  readonly sliceS: number;
  readonly lag: Histogram;
  readonly put: Histogram;
  /** Null where the target does not tell what it has decided. */
  readonly decision: Histogram | null;
  readonly slices: readonly (Histogram | undefined)[];
  readonly queryable: Histogram | null;
  readonly bufferMs: number | null;
  /** Undefined where the target has no lake. */
  readonly reconciliation: Reconciliation | undefined;
  /** Why the figures say nothing of the target; empty for a valid run. */
  readonly reasons: readonly string[];
}

/** Whether its latencies may be believed. */
export function isValid({ reasons }: Pick<LoadResult, 'reasons'>): boolean {
  return reasons.length === 0;
}
