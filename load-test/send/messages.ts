import type { Histogram } from 'node:perf_hooks';
import type { Decided } from '../measure/decisions.ts';
import type { Profile } from '../profile/schema.ts';
import type { ShardLimits } from './shard-queue.ts';
import type { StreamTarget } from './stream.ts';
import type { Tally } from './tally.ts';

/** What a producer thread is started with. */
export interface ProducerPlan {
  readonly target: StreamTarget;
  readonly profile: Profile;
  readonly seed: number;
  readonly run: string;
  readonly producer: number;
  readonly producers: number;
  readonly aggregate: boolean;
  readonly limits: ShardLimits | undefined;
  readonly giveUpMs: number;
  /** Latencies are kept by slices of the schedule of this length, ms. */
  readonly sliceMs: number;
}

/** A payment whose way into the lake is watched. */
export interface Sample {
  readonly id: string;
  readonly intendedMs: number;
}

/** Latencies of one producer: each from the intended time on. */
export interface ProducerHistograms {
  /** Until the schedule was kept: how late the generator itself was. */
  readonly lag: Histogram;
  /** Until the stream had answered. */
  readonly put: Histogram;
  /** Until the decision was delivered. */
  readonly decision: Histogram;
  /** The latter by slices of the schedule. */
  readonly slices: readonly (Histogram | undefined)[];
}

/** What the main thread says. */
export type ToProducer =
  | { readonly kind: 'start'; readonly startMs: number }
  | { readonly kind: 'decided'; readonly batches: readonly Decided[] }
  /** Send nothing more. */
  | { readonly kind: 'stop' }
  /** Hand over the histograms and end. */
  | { readonly kind: 'finish' };

/** What a producer says. */
export type FromProducer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'tally'; readonly tally: Tally; readonly waiting: number; readonly samples: readonly Sample[]; readonly p99Ms: number }
  /** The schedule is over and the stream took all, or the producer was stopped. */
  | { readonly kind: 'done'; readonly tally: Tally; readonly waiting: number; readonly samples: readonly Sample[] }
  /** It cannot go on; `done` follows. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'end'; readonly histograms: ProducerHistograms };
