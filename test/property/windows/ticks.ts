import { integer, text } from '../../../core/definition/fields.ts';
import { count, max, min, sum } from '../../../core/definition/measures.ts';
import { definePipeline } from '../../../core/definition/pipeline.ts';
import { hopping, session, tumbling } from '../../../core/definition/windows.ts';

/** One event as the model sees it. */
export interface Tick {
  readonly timeMs: number;
  readonly owner: string;
  readonly size: number;
  /** Arrival less event time, ms. */
  readonly delayMs: number;
}

/** Times of the pipeline, ms: small and multiples of half a minute, so that edges meet; either kind of window may reach furthest. */
export const TIMES = { minute: 60_000, hop: 120_000, gap: 90_000, disorder: 30_000, lateness: 60_000 } as const;

const measures = { count: count(), sum: sum('size'), min: min('size'), max: max('size') };

/** A tiny pipeline with a window of each kind; the hopping one has a single group, which every shard adds to. */
export const ticks = definePipeline({
  name: 'ticks',
  version: 1,
  eventTypes: {
    tick: { description: 'A tick.', table: 'ticks', key: 'owner', fields: { owner: text({ maxLength: 8 }), size: integer() } },
  },
  aggregates: {
    minutes: { description: 'Ticks of a minute.', over: 'tick', window: tumbling(TIMES.minute), groupBy: ['owner'], measures },
    hops: { description: 'Ticks of two minutes.', over: 'tick', window: hopping(TIMES.hop, TIMES.minute), groupBy: [], measures },
    runs: { description: 'Runs of ticks.', over: 'tick', window: session(TIMES.gap), groupBy: ['owner'], measures },
  },
  time: { outOfOrdernessMs: TIMES.disorder, allowedLatenessMs: TIMES.lateness },
});
