import { TIMER_MS } from './fold.ts';
import type { Family, Plan } from './plan.ts';
import { type ShardState, TIMERS } from './state/shard.ts';
import { floorTo } from './time/tiles.ts';
import { isFinal } from './time/watermark.ts';
import { windowStartsOfSlice } from './windows/assign.ts';

/** One window of one family that became final. */
export interface DueWindow {
  readonly family: Family;
  readonly startMs: number;
  readonly endMs: number;
}

/** A half-open range of watermarks: what was final at `fromMs` is done, what is final at `toMs` is due. */
export interface CloseRange {
  readonly fromMs: number | null;
  readonly toMs: number;
}

/** Slice starts (or timer minutes) that any shard lists under `name`, ascending. */
export function openStarts(shards: readonly ShardState[], name: string): number[] {
  return [...new Set(shards.flatMap(({ open }) => (open[name] ?? []).map(([startMs]) => startMs)))].sort((a, b) => a - b);
}

/** Windows that are final at `toMs` and were not at `fromMs`, by end, then family. */
export function dueWindows(plan: Plan, shards: readonly ShardState[], range: CloseRange): DueWindow[] {
  const lateness = plan.pipeline.time.allowedLatenessMs;
  const due = plan.families.flatMap((family) => {
    const slices = openStarts(shards, family.name);
    const window = family.aggregate?.window;
    const starts = new Set(slices.flatMap((slice) => (window?.kind === 'hopping' ? windowStartsOfSlice(window, slice) : [slice])));
    return [...starts].map((startMs) => ({ family, startMs, endMs: startMs + family.reachMs }));
  });
  const isDue = (endMs: number): boolean =>
    isFinal(endMs, range.toMs, lateness) && (range.fromMs === null || !isFinal(endMs, range.fromMs, lateness));
  return due.filter(({ endMs }) => isDue(endMs)).sort((a, b) => a.endMs - b.endMs || a.startMs - b.startMs);
}

/** Slices that no open window needs any more at `toMs` and some did at `fromMs`. */
export function clearableSlices(plan: Plan, shards: readonly ShardState[], range: CloseRange): { family: Family; startMs: number }[] {
  const lateness = plan.pipeline.time.allowedLatenessMs;
  return plan.families.flatMap((family) =>
    openStarts(shards, family.name)
      .filter((startMs) => isFinal(startMs + family.reachMs, range.toMs, lateness))
      .filter((startMs) => range.fromMs === null || !isFinal(startMs + family.reachMs, range.fromMs, lateness))
      .map((startMs) => ({ family, startMs })),
  );
}

/**
 * Timer minutes that hold sessions final in `[fromMs, toMs)`. Live rounds take whole minutes only (`toMs` on a minute), so that
 * a profile is not read again each second.
 */
export function dueTimers(shards: readonly ShardState[], range: CloseRange): number[] {
  return openStarts(shards, TIMERS).filter((minute) => minute < range.toMs && (range.fromMs === null || minute + TIMER_MS > range.fromMs));
}

/** Watermark up to which sessions are emitted: whole timer minutes, except at the end of input. */
export function sessionTarget(targetMs: number, isEndOfInput: boolean): number {
  return isEndOfInput ? targetMs : floorTo(targetMs, TIMER_MS);
}

/** Least watermark at which every window that holds an event is final; null without events. */
export function endOfInputWatermark(plan: Plan, shards: readonly ShardState[]): number | null {
  const ends = shards.flatMap(({ lastWindowEndMs }) => (lastWindowEndMs === null ? [] : [lastWindowEndMs]));
  return ends.length === 0 ? null : Math.max(...ends) + plan.pipeline.time.allowedLatenessMs + 1;
}
