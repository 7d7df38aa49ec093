import type { Accumulator, AccumulatorInput, AggregateFunction } from '../aggregates/types.ts';
import type { Position } from '../model.ts';

/** One packed part of a slice: accumulators by group key, and the highest position folded in ('' before the first). */
export interface SliceState {
  hi: Position;
  /** Without a prototype, so that a group named `__proto__` is a group like any other. */
  readonly groups: Record<string, Accumulator>;
}

/** A part that holds nothing yet. */
export function newSlice(): SliceState {
  return { hi: '', groups: Object.create(null) as Record<string, Accumulator> };
}

/** Reads a stored part; whatever else the body holds (a tombstone's mark) is kept. */
export function parseSlice(body: string): SliceState {
  const stored = JSON.parse(body) as Partial<SliceState>;
  const groups = Object.setPrototypeOf(stored.groups ?? {}, null) as SliceState['groups'];
  return { ...stored, hi: stored.hi ?? '', groups };
}

/** Adds one event to its group; the slice is changed in place, its `hi` is the caller's to move. */
export function addToSlice(slice: SliceState, groupKey: string, input: AccumulatorInput, fn: AggregateFunction): void {
  const before = slice.groups[groupKey];
  const after = fn.add(before ?? fn.empty(), input);
  if (after !== before) slice.groups[groupKey] = after;
}

/** Merges parts into one accumulator for each group; the parts stay as they are, and the result shares nothing with them. */
export function mergeSlices(slices: readonly SliceState[], fn: AggregateFunction): Map<string, Accumulator> {
  const merged = new Map<string, Accumulator>();
  for (const { groups } of slices) {
    for (const groupKey in groups) {
      const part = groups[groupKey];
      if (part !== undefined) merged.set(groupKey, fn.merge(merged.get(groupKey) ?? fn.empty(), part));
    }
  }
  return merged;
}
