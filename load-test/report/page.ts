import { type Axis, countAxis } from '../../core/report/axis.ts';
import { documentText, figureMarkup } from '../../core/report/document.ts';
import { countText } from '../../core/report/figures.ts';
import { html, type Markup } from '../../core/report/markup.ts';
import type { Plot, Point } from '../../core/report/plot.ts';
import { type Table, tableMarkup } from '../../core/report/table.ts';
import { KINDS } from '../generate/kinds.ts';
import { msAt } from '../measure/histogram.ts';
import { isValid, type LoadResult } from '../run/result.ts';
import { totalOf } from '../send/tally.ts';
import { latencyRows, measureNotes, verdict } from './sentences.ts';

/** A step of a search for the limit, or of a load at a share of it. */
export interface LoadPoint {
  readonly label: string;
  readonly result: LoadResult;
}

/** Shares at which the curve of percentiles is drawn: each has a tenth of what was left before above it. */
const CURVE = [1, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999];

/** A load test as one HTML file; further points of the same search in a table of their own. */
export function loadPage(result: LoadResult, points: readonly LoadPoint[] = []): string {
  const { profile, target, tally, sendS, startMs } = result;
  const body = html`<p>Profile <strong>${profile.name}</strong> on ${target}, from ${new Date(startMs).toISOString()}: ${countText(totalOf(tally.sent))} events sent
in ${sendS.toFixed(1)} s by ${result.producers} ${result.producers === 1 ? 'producer' : 'producers'}, seed ${result.seed}, run ${result.run}. The events are generated.</p>
<ul class="notes" aria-label="Notes"><li>${verdict(result)}</li>${isValid(result) ? measureNotes(result).map((note) => html`<li>${note}</li>`) : ''}</ul>
${isValid(result) ? tableMarkup(latencyTable(result)) : ''}
${points.length === 0 ? '' : tableMarkup(pointsTable(points))}
<h2>Over time</h2>
<div class="charts">${figureMarkup(ratePlot(result), 'Offered by the schedule, and taken by the stream.', momentsTable(result))}
${figureMarkup(backlogPlot(result), 'What waits for the stream, and what waits for its decision.')}
${isValid(result) ? figureMarkup(slicesPlot(result), 'By the time at which the events were meant to be sent.') : ''}
${figureMarkup(memoryPlot(result), 'Resident memory of the processes.')}</div>
${isValid(result) ? html`<h2>Percentiles</h2><div class="charts">${figureMarkup(curvePlot(result), 'Each step to the right leaves fewer events above it.')}</div>` : ''}
<h2>Where the events went</h2>
${tableMarkup(kindsTable(result))}
${checksMarkup(result)}`;
  return documentText(`Load test ${result.run}`, body);
}

function checksMarkup({ reconciliation }: LoadResult): Markup | string {
  if (reconciliation === undefined) return '';
  return tableMarkup({
    caption: `What the lake has beside what was sent; ${countText(reconciliation.lost)} events lost.`,
    head: ['what', 'expected', 'found'],
    rows: reconciliation.checks.map(({ what, expected, found }) => [what, countText(expected), countText(found)]),
  });
}

function latencyTable(result: LoadResult): Table {
  return {
    caption: 'Latency, ms, from the time at which the event was meant to be sent.',
    head: ['until', 'p50', 'p90', 'p99', 'p99.9'],
    rows: latencyRows(result).flatMap(({ what, percentiles }) =>
      percentiles === null ? [] : [[what, ...Object.values(percentiles).map((ms) => countText(ms))]],
    ),
  };
}

function pointsTable(points: readonly LoadPoint[]): Table {
  return {
    caption: 'Loads one after another; latency until the decision, ms.',
    head: ['load', 'events/s', 'p50', 'p90', 'p99', 'p99.9', 'throttled', 'verdict'],
    rows: points.map(({ label, result }) => {
      const latency = latencyRows(result).find(({ what }) => what.endsWith('decision'))?.percentiles;
      const cells = latency == null ? ['–', '–', '–', '–'] : Object.values(latency).map((ms) => countText(ms));
      const rate = result.sendS > 0 ? totalOf(result.tally.sent) / result.sendS : 0;
      return [label, countText(Math.round(rate)), ...cells, countText(result.tally.throttled), isValid(result) ? 'valid' : 'not valid'];
    }),
  };
}

function kindsTable({ tally }: LoadResult): Table {
  return {
    caption: 'Events by what they were meant to be.',
    head: ['kind', 'offered', 'sent'],
    rows: KINDS.map((kind, i) => [kind, countText(tally.offered[i] ?? 0), countText(tally.sent[i] ?? 0)]),
  };
}

function momentsTable({ moments }: LoadResult): Table {
  const every = Math.max(1, Math.ceil(moments.length / 60));
  return {
    caption: 'Counts so far, at some moments.',
    head: ['second', 'offered', 'sent', 'throttled', 'wait for the stream', 'undecided'],
    rows: moments
      .filter((_, i) => i % every === 0)
      .map(({ atS, offered, sent, throttled, backlog, waiting }) => [
        atS.toFixed(0),
        ...[offered, sent, throttled, backlog, waiting].map((n) => countText(n)),
      ]),
  };
}

type Counted = 'offered' | 'sent' | 'backlog' | 'waiting';

/** Points of lines are thinned to so many. */
const POINTS_MAX = 300;

function ratePlot({ moments, sendS }: LoadResult): Plot | null {
  const during = thinned(moments.filter(({ atS }) => atS <= sendS + 1));
  if (during.length < 2) return null;
  const rates = (name: 'offered' | 'sent'): Point[] =>
    during.slice(1).map((moment, i): Point => {
      const before = during[i] as (typeof during)[number];
      return [moment.atS, (moment[name] - before[name]) / Math.max(0.001, moment.atS - before.atS)];
    });
  return linesPlot({ id: 'rate', title: 'Events a second', y: 'events a second' }, [
    { series: 'series-2', text: 'offered', points: rates('offered') },
    { series: 'series-1', text: 'sent', points: rates('sent') },
  ]);
}

function backlogPlot({ moments, decision }: LoadResult): Plot | null {
  const of = (name: Counted): Point[] => thinned(moments).map((moment): Point => [moment.atS, moment[name]]);
  return linesPlot({ id: 'backlog', title: 'What waits', y: 'events, records' }, [
    { series: 'series-2', text: 'events for the stream', points: of('backlog') },
    ...(decision === null ? [] : [{ series: 'series-1', text: 'records for a decision', points: of('waiting') }]),
  ]);
}

function memoryPlot({ moments }: LoadResult): Plot | null {
  const points = thinned(moments).flatMap(({ atS, rssMb }): Point[] => (rssMb === null ? [] : [[atS, rssMb]]));
  const own = thinned(moments).map(({ atS, ownRssMb }): Point => [atS, ownRssMb]);
  return linesPlot({ id: 'memory', title: 'Memory', y: 'MiB' }, [
    { series: 'series-1', text: 'pipeline', points },
    { series: 'series-2', text: 'generator', points: own },
  ]);
}

function slicesPlot({ slices, sliceS }: LoadResult): Plot | null {
  const at = (percent: number): Point[] =>
    slices.flatMap((slice, i): Point[] => (slice === undefined || slice.count === 0 ? [] : [[i * sliceS, msAt(slice, percent)]]));
  return linesPlot({ id: 'latency', title: 'Put to decision over time', y: 'ms' }, [
    { series: 'series-1', text: 'p50', points: at(50) },
    { series: 'series-2', text: 'p99', points: at(99) },
    { series: 'series-3', text: 'greatest', points: at(100) },
  ]);
}

function curvePlot({ decision, put, queryable }: LoadResult): Plot | null {
  const place = (percent: number): number => Math.log10(100 / Math.max(100 - percent, 0.001)) / 5;
  const lines = [
    { series: 'series-2', text: 'put to stream', histogram: put },
    { series: 'series-1', text: 'put to decision', histogram: decision },
    { series: 'series-3', text: 'put to queryable', histogram: queryable },
  ].flatMap(({ histogram, ...line }) =>
    histogram === null || histogram.count === 0
      ? []
      : [{ ...line, points: CURVE.map((percent): Point => [percent, msAt(histogram, percent)]) }],
  );
  const ticks = [1, 90, 99, 99.9, 99.99, 99.999].map((at) => ({ at, text: `${at} %` }));
  return linesPlot({ id: 'percentiles', title: 'Latency by percentile', y: 'ms' }, lines, { label: 'share of events below', place, ticks });
}

interface Line {
  readonly series: string;
  readonly text: string;
  readonly points: readonly Point[];
}

function linesPlot(
  { id, title, y }: { readonly id: string; readonly title: string; readonly y: string },
  lines: readonly Line[],
  x?: Axis,
): Plot | null {
  const all = lines.flatMap(({ points }) => points);
  if (all.length === 0) return null;
  const [lastX, most] = [Math.max(...all.map(([at]) => at)), Math.max(...all.map(([, value]) => value))];
  return {
    ...{ id, title, x: x ?? countAxis('seconds from the start', lastX), y: countAxis(y, most) },
    description: `${lines.map(({ text }) => text).join('; ')}. The greatest value is ${countText(most)}.`,
    marks: lines.map(({ series, points }) => ({ kind: 'line', series, points })),
    legend: lines.map(({ series, text }) => ({ series, text })),
  };
}

function thinned<T>(list: readonly T[]): readonly T[] {
  const every = Math.ceil(list.length / POINTS_MAX);
  return every <= 1 ? list : list.filter((_, i) => i % every === 0);
}
