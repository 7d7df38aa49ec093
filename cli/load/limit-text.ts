import { percentilesOf } from '../../load-test/measure/histogram.ts';
import type { LoadPoint } from '../../load-test/report/page.ts';
import { summaryOf } from '../../load-test/report/summary.ts';
import type { Limit, LimitStep } from '../../load-test/run/limit.ts';
import { columnsText, countText } from '../output.ts';
import { milliseconds } from './text.ts';

/** One load of the search in a line. */
export function stepText({ rate, failure }: LimitStep): string {
  return `${countText(rate)} events/s: ${failure === undefined ? 'sustained' : `not sustained: ${failure}`}\n`;
}

/** What a search came to, in words and columns. */
export function limitText(limit: Limit, shares: readonly LimitStep[]): string {
  const bound = limit.bound === undefined ? 'Nothing higher was tried.' : `Above it: ${limit.bound}.`;
  if (limit.rate === 0) return `No rate was sustained. ${bound}\n`;
  const rows = shares.map(({ rate, result, failure }) => {
    const latency = percentilesOf(result.decision ?? result.put);
    const cells = latency === null || failure !== undefined ? ['–', '–', '–', '–'] : Object.values(latency).map(milliseconds);
    return [`${Math.round((100 * rate) / limit.rate)} %`, countText(rate), ...cells, failure === undefined ? 'sustained' : 'not sustained'];
  });
  const table = rows.length === 0 ? '' : `\n${columnsText([['of the limit', 'events/s', 'p50', 'p90', 'p99', 'p99.9', ''], ...rows])}`;
  return `The highest rate that was sustained is ${countText(limit.rate)} events a second. ${bound}\n${table}`;
}

/** The same for machines. */
export function limitJson(limit: Limit, shares: readonly LimitStep[]): unknown {
  const plain = ({ rate, result, failure }: LimitStep) => ({
    rate,
    sustained: failure === undefined,
    failure: failure ?? null,
    ...summaryOf(result),
  });
  return { limit: limit.rate, bound: limit.bound ?? null, shares: shares.map(plain), steps: limit.steps.map(plain) };
}

/** All loads of a search for the report. */
export function pointsOf(limit: Limit, shares: readonly LimitStep[]): LoadPoint[] {
  return [
    ...limit.steps.map(({ rate, result }) => ({ label: `search, ${countText(rate)}`, result })),
    ...shares.map(({ rate, result }) => ({ label: `${Math.round((100 * rate) / limit.rate)} % of the limit`, result })),
  ];
}
