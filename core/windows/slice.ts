import type { Accumulator, AccumulatorInput, AggregateFunction } from '../aggregates/types.ts';

/** Accumulators of one slice by group key. */
export interface SliceState {
  /** Without a prototype, so that a group named `__proto__` is a group like any other. */
  readonly groups: Record<string, Accumulator>;
}

/** A slice that holds nothing yet. */
export function newSlice(): SliceState {
  return { groups: Object.create(null) as Record<string, Accumulator> };
}

/** Adds one event to its group; the slice is changed in place. */
export function addToSlice(slice: SliceState, groupKey: string, input: AccumulatorInput, fn: AggregateFunction): void {
  const before = slice.groups[groupKey];
  const after = fn.add(before ?? fn.empty(), input);
  if (after !== before) slice.groups[groupKey] = after;
}

/** Merges slices into one; they stay as they are, and the result shares nothing with them. */
export function mergeSlices(slices: readonly SliceState[], fn: AggregateFunction): SliceState {
  const merged = newSlice();
  for (const { groups } of slices) {
    for (const groupKey in groups) {
      const part = groups[groupKey];
      if (part !== undefined) merged.groups[groupKey] = fn.merge(merged.groups[groupKey] ?? fn.empty(), part);
    }
  }
  return merged;
}
