import type { FieldValue } from '../model.ts';
import type { Component } from './component.ts';
import { HyperLogLog } from './hyperloglog.ts';

/** Up to this many different values are counted exactly. */
export const DISTINCT_EXACT_MAX = 1_000;
/** Up to this many are searched one by one: no dearer than hashing, and most groups never have more. */
const LIST_MAX = 16;

/** Values kept as they are, with a fast look-up; stored as their list. */
class ValueSet {
  readonly values: Set<FieldValue>;

  constructor(values: readonly FieldValue[]) {
    this.values = new Set(values);
  }

  toJSON(): FieldValue[] {
    return [...this.values];
  }
}

/** Different values: a list or set of them up to DISTINCT_EXACT_MAX, a HyperLogLog (or its text) above. Which one depends on the values only. */
export type DistinctState = FieldValue[] | string | ValueSet | HyperLogLog;

/** Different values of a field. */
export function distinctOf(field: string): Component<DistinctState> {
  return {
    id: `distinct:${field}`,
    empty: () => [],
    add: (state, input) => {
      const value = input.values[field];
      return value === undefined ? state : addValue(state, value);
    },
    merge: mergeStates,
  };
}

/** Number of different values: exact up to DISTINCT_EXACT_MAX, an estimate above (never below the least that it can be). */
export function distinctCountOf(state: DistinctState): number {
  if (Array.isArray(state)) return state.length;
  if (state instanceof ValueSet) return state.values.size;
  const sketch = parsed(state);
  return Math.max(DISTINCT_EXACT_MAX + 1, Math.round(sketch.estimate()));
}

function addValue(state: DistinctState, value: FieldValue): DistinctState {
  if (Array.isArray(state)) {
    if (state.length > LIST_MAX) return addValue(new ValueSet(state), value);
    if (!state.includes(value)) state.push(value);
    return state;
  }
  if (state instanceof ValueSet) {
    state.values.add(value);
    return state.values.size > DISTINCT_EXACT_MAX ? sketchOf(state.values) : state;
  }
  const sketch = parsed(state);
  sketch.add(String(value));
  return sketch;
}

function mergeStates(state: DistinctState, other: DistinctState): DistinctState {
  if (Array.isArray(other) || other instanceof ValueSet) {
    let merged = state;
    for (const value of Array.isArray(other) ? other : other.values) merged = addValue(merged, value);
    return merged;
  }
  const sketch = Array.isArray(state) ? sketchOf(state) : state instanceof ValueSet ? sketchOf(state.values) : parsed(state);
  sketch.merge(parsed(other));
  return sketch;
}

function parsed(state: string | HyperLogLog): HyperLogLog {
  return typeof state === 'string' ? HyperLogLog.parse(state) : state;
}

function sketchOf(values: Iterable<FieldValue>): HyperLogLog {
  const sketch = HyperLogLog.empty();
  for (const value of values) sketch.add(String(value));
  return sketch;
}
