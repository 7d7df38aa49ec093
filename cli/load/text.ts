import { KINDS } from '../../load-test/generate/kinds.ts';
import { latencyRows, measureNotes, verdict } from '../../load-test/report/sentences.ts';
import { rssOf } from '../../load-test/report/summary.ts';
import type { LoadResult, Moment } from '../../load-test/run/result.ts';
import { totalOf } from '../../load-test/send/tally.ts';
import { columnsText, countText, thingsText } from '../output.ts';

/** The live line of a load. */
export function momentText({ atS, offered, sent, throttled, backlog, waiting, p99Ms }: Moment): string {
  return [
    `${atS.toFixed(0)} s`,
    `${countText(offered)} offered`,
    `${countText(sent)} sent`,
    `${countText(backlog)} wait`,
    `${countText(waiting)} undecided`,
    ...(throttled > 0 ? [`${countText(throttled)} throttled`] : []),
    `p99 ${milliseconds(p99Ms)}`,
  ].join(' · ');
}

/** A load test in words and columns. */
export function resultText(result: LoadResult): string {
  const { tally, sendS, reconciliation, run, target } = result;
  const rate = sendS > 0 ? Math.round(totalOf(tally.sent) / sendS) : 0;
  const kinds = KINDS.map((kind, i) => [kind, tally.offered[i] ?? 0, tally.sent[i] ?? 0]);
  const latencies = latencyRows(result).map(({ what, percentiles }) => [
    what,
    ...(percentiles === null ? ['–', '–', '–', '–'] : Object.values(percentiles).map(milliseconds)),
  ]);
  const rss = rssOf(result.moments.map(({ rssMb }) => rssMb));
  return [
    `Load ${run} on ${target}: ${thingsText(totalOf(tally.sent), 'event')} sent in ${sendS.toFixed(1)} s, ${countText(rate)} a second.\n`,
    columnsText([['events meant as', 'offered', 'sent'], ...kinds, ['all', totalOf(tally.offered), totalOf(tally.sent)]]),
    troubleText(result),
    reconciliation === undefined
      ? ''
      : columnsText([
          ['what the lake has', 'expected', 'found'],
          ...reconciliation.checks.map(({ what, expected, found }) => [what, expected, found]),
        ]),
    ...(reconciliation === undefined ? [] : [`${thingsText(reconciliation.lost, 'event')} lost.\n`]),
    latencies.length === 0 ? '' : columnsText([['latency', 'p50', 'p90', 'p99', 'p99.9'], ...latencies]),
    latencies.length === 0 ? '' : `${measureNotes(result).join('\n')}\n`,
    rss === null ? '' : `Memory of the pipeline: ${rss.first} MiB at the start, ${rss.max} at most, ${rss.last} at the end.\n`,
    `${verdict(result)}\n`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function troubleText({ tally, waiting }: LoadResult): string {
  const uncertain = totalOf(tally.uncertain);
  return [
    ...(tally.throttled > 0 ? [`${thingsText(tally.throttled, 'record')} throttled, and sent again in order.`] : []),
    ...(tally.failed > 0 ? [`${thingsText(tally.failed, 'record')} in calls that failed, and sent again.`] : []),
    ...(uncertain > 0 ? [`${thingsText(uncertain, 'event')} in calls without answer: these may lie in the stream twice.`] : []),
    ...(tally.backlog > 0 ? [`${thingsText(tally.backlog, 'event')} offered and never taken by the stream.`] : []),
    ...(waiting > 0 ? [`${thingsText(waiting, 'record')} without a decision.`] : []),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** A latency in the unit that reads best. */
export function milliseconds(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
