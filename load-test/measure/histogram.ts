import { createHistogram, type Histogram, type RecordableHistogram } from 'node:perf_hooks';

/** An hour in µs: no latency of a load test is longer, and what is counts as an hour. */
const HIGHEST_US = 3_600_000_000;
/** Shares shown by name. */
const NAMED = { p50: 50, p90: 90, p99: 99, p999: 99.9 } as const;

/** Percentiles of a latency, ms. */
export type Percentiles = Readonly<Record<keyof typeof NAMED, number>>;

/** A histogram of latencies: HdrHistogram as Node has it, µs with three figures, so that any percentile is within a thousandth; with two, it takes a tenth of the memory. */
export function latencyHistogram(figures: 2 | 3 = 3): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: HIGHEST_US, figures });
}

/** Takes in one latency, ms; clocks of two processes may differ by less than a millisecond, and nothing arrives before it was sent. */
export function recordMs(histogram: RecordableHistogram, latencyMs: number): void {
  histogram.record(Math.min(HIGHEST_US, Math.max(1, Math.round(latencyMs * 1000))));
}

/** Percentiles of a histogram, ms; null if it is empty. */
export function percentilesOf(histogram: Histogram): Percentiles | null {
  if (histogram.count === 0) return null;
  return Object.fromEntries(Object.entries(NAMED).map(([name, share]) => [name, msAt(histogram, share)])) as Record<
    keyof typeof NAMED,
    number
  >;
}

/** Latency below which so many percent lie, ms. */
export function msAt(histogram: Histogram, percent: number): number {
  return Math.round(histogram.percentile(percent)) / 1000;
}

/** One histogram with all that several hold. */
export function merged(histograms: readonly Histogram[]): RecordableHistogram {
  const all = latencyHistogram();
  // Node declares the argument as one that can record; those of other threads cannot, and need not.
  for (const one of histograms) if (one.count > 0) all.add(one as RecordableHistogram);
  return all;
}
