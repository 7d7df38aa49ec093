import { type Percentiles, percentilesOf } from '../measure/histogram.ts';
import { isValid, type LoadResult } from '../run/result.ts';
import { totalOf } from '../send/tally.ts';

/** A load test for machines. `sent` = `accepted` + `late` + `duplicate` + `quarantined` + `lost`; null where the target has no lake to ask. */
export interface LoadSummary {
  readonly offered: number;
  readonly sent: number;
  readonly throttled: number;
  readonly accepted: number | null;
  readonly late: number | null;
  readonly duplicate: number | null;
  readonly quarantined: number | null;
  readonly lost: number | null;
  /** From the intended time to the decision, ms; null for an invalid run, whose latencies say nothing. */
  readonly latency_ms: Percentiles | null;
  readonly valid: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Sums a load test up. */
export function summaryOf(result: LoadResult): LoadSummary {
  const { tally, reconciliation, reasons } = result;
  const lanes = reconciliation?.lanes;
  const latency = result.decision ?? result.put;
  return {
    offered: totalOf(tally.offered),
    sent: totalOf(tally.sent),
    throttled: tally.throttled,
    ...{ accepted: lanes?.accepted ?? null, late: lanes?.late ?? null, duplicate: lanes?.duplicate ?? null },
    ...{ quarantined: lanes?.quarantined ?? null, lost: reconciliation?.lost ?? null },
    latency_ms: isValid(result) ? percentilesOf(latency) : null,
    valid: isValid(result),
    details: {
      ...{ run: result.run, target: result.target, profile: result.profile.name, seed: result.seed, producers: result.producers },
      ...{ send_s: round(result.sendS), events_per_s: result.sendS > 0 ? round(totalOf(tally.sent) / result.sendS) : 0 },
      latency_until: result.decision === null ? 'put' : 'decision',
      generator_lag_ms: percentilesOf(result.lag),
      put_ms: isValid(result) ? percentilesOf(result.put) : null,
      queryable_ms: result.queryable === null || !isValid(result) ? null : percentilesOf(result.queryable),
      ...{ undecided: result.waiting, uncertain: totalOf(tally.uncertain), failed: tally.failed, calls: tally.calls },
      rss_mb: rssOf(result.moments.map(({ rssMb }) => rssMb)),
      generator_rss_mb: rssOf(result.moments.map(({ ownRssMb }) => ownRssMb)),
      reasons,
    },
  };
}

/** Memory over a run, MiB; null where nobody told. */
export function rssOf(samples: readonly (number | null)[]): { readonly first: number; readonly max: number; readonly last: number } | null {
  const known = samples.filter((sample) => sample !== null);
  const [first, last] = [known[0], known.at(-1)];
  return first === undefined || last === undefined ? null : { first, max: Math.max(...known), last };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
