import type { Axis } from './axis.ts';
import { html, type Markup, type Part } from './markup.ts';

/** One chart: its frame, and what is drawn into it. */
export interface Plot {
  /** Unique on the page; letters and dashes. */
  readonly id: string;
  readonly title: string;
  /** What the chart shows, for who cannot see it. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: readonly Mark[];
  /** Names of the series, with the class that colours each. */
  readonly legend: readonly { readonly series: string; readonly text: string }[];
}

/** A value pair in units of the axes. */
export type Point = readonly [x: number, y: number];

/** Something drawn: `series` is the class that colours it. */
export type Mark =
  | { readonly kind: 'line'; readonly series: string; readonly points: readonly Point[]; readonly hasDots?: boolean }
  | { readonly kind: 'dot'; readonly series: string; readonly at: Point; readonly text: string }
  | { readonly kind: 'bar'; readonly series: string; readonly at: Point; readonly offset: number; readonly width: number };

const WIDTH = 560;
const HEIGHT = 340;
/** Room for ticks of seven characters beside the label. */
const LEFT = 80;
const RIGHT = 16;
const TOP = 16;
const BOTTOM = 56;
/** Of places in the picture: a tenth of a pixel. */
const DECIMALS = 1;

/** A chart as inline SVG with title, description, axes and their labels, and its legend. */
export function plotMarkup(plot: Plot): Markup {
  const { id, title, description, x, y, marks, legend } = plot;
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-description">
<title id="${id}-title">${title}</title><desc id="${id}-description">${description}</desc>
${axes(x, y)}
${marks.map((mark) => markMarkup(mark, { x, y }))}
</svg>
${legend.length === 0 ? '' : html`<ul class="legend">${legend.map(({ series, text }) => html`<li><span class="swatch ${series}"></span>${text}</li>`)}</ul>`}`;
}

function axes(x: Axis, y: Axis): Part {
  const bottom = HEIGHT - BOTTOM;
  return [
    ...y.ticks.map(
      ({ at, text }) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${toY(y, at)}" y2="${toY(y, at)}" />
<text class="tick" x="${LEFT - 8}" y="${toY(y, at)}" dy="0.32em" text-anchor="end">${text}</text>`,
    ),
    html`<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}" />`,
    ...x.ticks.map(({ at, text }) => html`<text class="tick" x="${toX(x, at)}" y="${bottom + 18}" text-anchor="middle">${text}</text>`),
    html`<text class="label" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${x.label}</text>`,
    html`<text class="label" transform="translate(14 ${(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">${y.label}</text>`,
  ];
}

function markMarkup(mark: Mark, { x, y }: Pick<Plot, 'x' | 'y'>): Part {
  if (mark.kind === 'bar') return bar(mark, { x, y });
  if (mark.kind === 'line') {
    const path = mark.points.map(([px, py]) => `${toX(x, px)},${toY(y, py)}`).join(' ');
    const dots = mark.hasDots === true ? mark.points.map((at) => dot(mark.series, at, { x, y })) : [];
    return [html`<polyline class="line ${mark.series}" points="${path}" />`, dots];
  }
  const [px, py] = [toX(x, mark.at[0]), toY(y, mark.at[1])];
  // A name on the right half of the chart stands left of its dot.
  const isRight = px > WIDTH * 0.7;
  return [
    dot(mark.series, mark.at, { x, y }),
    html`<text class="name" x="${px + (isRight ? -9 : 9)}" y="${py - 8}" text-anchor="${isRight ? 'end' : 'start'}">${mark.text}</text>`,
  ];
}

function dot(series: string, at: Point, { x, y }: Pick<Plot, 'x' | 'y'>): Markup {
  return html`<circle class="dot ${series}" cx="${toX(x, at[0])}" cy="${toY(y, at[1])}" r="4" />`;
}

/** A bar of a share of a step of the axis, moved by a share of that step. */
function bar({ series, at, offset, width }: Mark & { kind: 'bar' }, { x, y }: Pick<Plot, 'x' | 'y'>): Part {
  const step = toX(x, 1) - toX(x, 0);
  const top = toY(y, at[1]);
  const height = rounded(HEIGHT - BOTTOM - top);
  return height <= 0
    ? ''
    : html`<rect class="bar ${series}" x="${rounded(toX(x, at[0]) + offset * step)}" y="${top}" width="${rounded(width * step)}" height="${height}" />`;
}

function toX(axis: Axis, value: number): number {
  return rounded(LEFT + axis.place(value) * (WIDTH - LEFT - RIGHT));
}

function toY(axis: Axis, value: number): number {
  return rounded(HEIGHT - BOTTOM - axis.place(value) * (HEIGHT - TOP - BOTTOM));
}

function rounded(value: number): number {
  return Number(value.toFixed(DECIMALS));
}
