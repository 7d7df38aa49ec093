import { countText } from './figures.ts';

/** A scale from values to a share of the length of its axis. */
export interface Axis {
  readonly label: string;
  /** 0 at the origin, 1 at the far end. */
  readonly place: (value: number) => number;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

/** An axis of shares from 0 to 1. */
export function shareAxis(label: string): Axis {
  return { label, place: (value) => value, ticks: [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, text: String(at) })) };
}

/** An axis from 0 to a round number at or above `max`. */
export function countAxis(label: string, max: number): Axis {
  const step = roundStep(Math.max(max, 1) / 4);
  const end = Math.max(1, Math.ceil(max / step)) * step;
  const count = Math.round(end / step);
  return { label, place: (value) => value / end, ticks: Array.from({ length: count + 1 }, (_, i) => tick(i * step)) };
}

/** A logarithmic axis of counts from below 1, so that one can be seen, to the power of ten at or above `max`. */
export function logAxis(label: string, max: number): Axis {
  const [from, powers] = [Math.log10(0.5), Math.max(1, Math.ceil(Math.log10(Math.max(max, 1))))];
  const ticks = Array.from({ length: powers + 1 }, (_, power) => tick(10 ** power));
  return { label, place: (value) => (value < 1 ? 0 : (Math.log10(value) - from) / (powers - from)), ticks };
}

/** An axis of names at even distances, of which some are written. */
export function namedAxis(label: string, names: readonly string[], shownMax: number): Axis {
  const every = Math.max(1, Math.ceil(names.length / shownMax));
  const ticks = names.map((text, at) => ({ at, text })).filter(({ at }) => at % every === 0);
  return { label, place: (at) => (at + 0.5) / Math.max(1, names.length), ticks };
}

function tick(at: number): { at: number; text: string } {
  return { at, text: countText(at) };
}

/** The least of 1, 2, 5 times a power of ten that is at or above a value; at least 1, as counts are whole. */
function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return Math.max(1, power * ([1, 2, 5, 10].find((times) => times * power >= value) ?? 10));
}
