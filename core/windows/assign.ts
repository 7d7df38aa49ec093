import type { WindowSpec } from '../definition/windows.ts';
import { floorTo } from '../time/tiles.ts';

/** A window that is stored as slices: every kind but the session. */
export type SlicedWindow = Exclude<WindowSpec, { readonly kind: 'session' }>;

/** Width of one stored slice, ms: the whole of a tumbling window, the advance of a hopping one. */
export function sliceMsOf(window: SlicedWindow): number {
  return window.kind === 'tumbling' ? window.sizeMs : window.advanceMs;
}

/** Start of the slice that holds event time `timeMs`, epoch ms; slices are half-open and epoch-aligned. */
export function sliceStartOf(window: SlicedWindow, timeMs: number): number {
  return floorTo(timeMs, sliceMsOf(window));
}

/** Starts of all windows that contain the slice, ascending; there are size / advance of them. */
export function windowStartsOfSlice(window: SlicedWindow, sliceStartMs: number): number[] {
  const stepMs = sliceMsOf(window);
  return multiples(sliceStartMs - window.sizeMs + stepMs, sliceStartMs, stepMs);
}

/** Starts of all slices that one window is made of, ascending. */
export function sliceStartsOfWindow(window: SlicedWindow, windowStartMs: number): number[] {
  const stepMs = sliceMsOf(window);
  return multiples(windowStartMs, windowStartMs + window.sizeMs - stepMs, stepMs);
}

function multiples(firstMs: number, lastMs: number, stepMs: number): number[] {
  const starts: number[] = [];
  for (let startMs = firstMs; startMs <= lastMs; startMs += stepMs) starts.push(startMs);
  return starts;
}
