import { type Component, integerOf } from './component.ts';

/** The largest values of an integer field, `max` of them at most, in falling order; how often each came does count. */
export function largestOf(field: string, max: number): Component<number[]> {
  return {
    id: `largest:${max}:${field}`,
    empty: () => [],
    add: (largest, input) => {
      const value = integerOf(input, field);
      return value === undefined ? largest : put(largest, value, max);
    },
    merge: (largest, other) => other.reduce((into, value) => put(into, value, max), largest),
    mergeAll: (states, entries) => largestOfAll(states, Math.min(entries, max)),
  };
}

function largestOfAll(states: readonly (readonly number[])[], entries: number): number[] {
  const largest: number[] = [];
  if (entries === 0) return largest;
  for (const state of states) {
    for (const value of state) {
      // A state falls: what comes behind is smaller still.
      if (largest.length === entries && value <= (largest[entries - 1] as number)) break;
      put(largest, value, entries);
    }
  }
  return largest;
}

function put(largest: number[], value: number, max: number): number[] {
  let at = largest.length;
  while (at > 0 && (largest[at - 1] as number) < value) at -= 1;
  if (at === max) return largest;
  largest.splice(at, 0, value);
  if (largest.length > max) largest.pop();
  return largest;
}
