import { msAt } from '../measure/histogram.ts';
import { constantProfile } from '../profile/read.ts';
import { totalOf } from '../send/tally.ts';
import { isValid, type LoadResult } from './result.ts';

/** How a limit is looked for. */
export interface LimitOptions {
  /** Events a second to begin with. */
  readonly rate: number;
  /** Length of each load, s. */
  readonly durationS: number;
  readonly settings: readonly string[];
  /** Highest 99th percentile of put to decision that counts as sustained, ms. */
  readonly p99MaxMs: number;
  readonly rateMax: number;
  /** Runs one load. */
  readonly load: (profile: ReturnType<typeof constantProfile>) => Promise<LoadResult>;
  readonly onStep?: (step: LimitStep) => void;
  readonly signal: AbortSignal;
}

/** One load of the search. */
export interface LimitStep {
  readonly rate: number;
  readonly result: LoadResult;
  /** Why the rate was not sustained; undefined if it was. */
  readonly failure: string | undefined;
}

/** What the search came to. */
export interface Limit {
  /** Highest rate that was sustained; 0 if none was. */
  readonly rate: number;
  readonly steps: readonly LimitStep[];
  /** What the next higher rate failed at; undefined if nothing did. */
  readonly bound: string | undefined;
}

/** The search ends when the limit is known this well. */
const PRECISION = 0.1;
/** At the end of a sustained load no more waits than what comes in this time, s. */
const BACKLOG_S = 1;

/** Doubles the rate until it cannot be sustained, then halves the gap. A target is asked for what its users would notice, not for what it takes. */
export async function findLimit(options: LimitOptions): Promise<Limit> {
  const steps: LimitStep[] = [];
  let good = 0;
  let bad = Number.POSITIVE_INFINITY;
  let rate = options.rate;
  while (!options.signal.aborted && bad - good > Math.max(1, good * PRECISION) && rate <= options.rateMax) {
    const step = await tryRate(options, rate);
    if (options.signal.aborted) break;
    steps.push(step);
    options.onStep?.(step);
    if (step.failure === undefined) good = rate;
    else bad = rate;
    rate = bad === Number.POSITIVE_INFINITY ? rate * 2 : Math.max(1, Math.round((good + bad) / 2));
  }
  return { rate: good, steps, bound: steps.findLast((step) => step.rate === bad)?.failure };
}

/** Loads at shares of a limit, in percent. */
export async function atShares(options: LimitOptions, { rate }: Limit, shares: readonly number[]): Promise<LimitStep[]> {
  const steps: LimitStep[] = [];
  for (const share of shares) {
    if (options.signal.aborted || rate === 0) break;
    const step = await tryRate(options, Math.max(1, Math.round((rate * share) / 100)));
    steps.push(step);
    options.onStep?.(step);
  }
  return steps;
}

async function tryRate(options: LimitOptions, rate: number): Promise<LimitStep> {
  const result = await options.load(constantProfile(rate, options.durationS, options.settings));
  return { rate, result, failure: failureOf(result, { ...options, rate }) };
}

/** Why a load was not sustained. */
function failureOf(
  result: LoadResult,
  { rate, durationS, p99MaxMs }: Pick<LimitOptions, 'durationS' | 'p99MaxMs'> & { readonly rate: number },
): string | undefined {
  if (!isValid(result)) return result.reasons.join('; ');
  const last = result.moments.filter(({ atS }) => atS <= durationS).at(-1);
  const waiting = (last?.backlog ?? 0) + (last?.waiting ?? 0);
  if (waiting > rate * BACKLOG_S) return `${waiting} events and records waited at its end, more than come in ${BACKLOG_S} s`;
  if (result.tally.throttled > totalOf(result.tally.sent) / 100) return `${result.tally.throttled} records were throttled`;
  const p99Ms = msAt(result.decision ?? result.put, 99);
  return p99Ms > p99MaxMs ? `the 99th percentile of latency was ${Math.round(p99Ms)} ms, allowed ${p99MaxMs} ms` : undefined;
}
