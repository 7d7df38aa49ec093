import type { FigureReport, MeasureReport, WayReport } from './report.ts';
import { type Spread, shown } from './stats.ts';

/** What was measured, as Markdown: the ratios with their targets, then each way with what it costs. */
export function tableOf(reports: readonly MeasureReport[], machine: string): string {
  return `${ratioTable(reports.flatMap(({ figures }) => figures))}\n${wayTable(reports)}\n${machine}\n`;
}

function ratioTable(figures: readonly FigureReport[]): string {
  const rows = figures.map(({ name, spread, reason, target, isAbsolute }) => {
    const goal = target === undefined ? '' : `${isAbsolute ? `${target} us` : `${target}x`}`;
    if (spread === undefined) return [name, reason ?? '', '', goal, ''];
    const unit = isAbsolute ? ' us' : 'x';
    return [
      name,
      `${shown(spread.median)}${unit}`,
      rangeOf(spread),
      goal,
      target === undefined ? '' : standing(spread.median, target, isAbsolute),
    ];
  });
  return markdown(['ratio', 'median', 'least to most', 'target', 'standing'], rows);
}

/** Met, or by how much missed. */
export function standing(median: number, target: number, isAbsolute: boolean): string {
  if (isAbsolute) return median <= target ? 'met' : `${shown(median / target)} times the target`;
  return median >= target ? 'met' : `${shown(target / median)} times short`;
}

function wayTable(reports: readonly MeasureReport[]): string {
  const rows = reports.flatMap(({ title, events, ways }) =>
    ways.map((way, i) => [i === 0 ? `${title} (${events} events)` : '', way.name, costText(way), otherText(way)]),
  );
  return markdown(['measure', 'way', 'us of CPU an event', 'other figures'], rows);
}

function costText({ usPerEvent, missing }: WayReport): string {
  return usPerEvent === undefined ? `left out: ${missing ?? ''}` : `${shown(usPerEvent.median)} (${rangeOf(usPerEvent)})`;
}

function otherText({ figures = {} }: WayReport): string {
  return Object.entries(figures)
    .map(([name, spread]) => `${name} ${shown(spread.median)}`)
    .join(', ');
}

function rangeOf({ least, most, reps }: Spread): string {
  return reps === 1 ? 'one run' : `${shown(least)} to ${shown(most)}`;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}
