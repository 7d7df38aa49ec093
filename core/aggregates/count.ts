import type { Component } from './component.ts';

/** Counts events: all of them, or only those that have `field`. State: the count. */
export function countOf(field?: string): Component<number> {
  return {
    id: field === undefined ? 'count' : `count:${field}`,
    empty: () => 0,
    add: (count, input) => (field === undefined || input.values[field] !== undefined ? count + 1 : count),
    merge: (count, other) => count + other,
  };
}
