import type { FieldValue } from '../model.ts';
import type { Component } from './component.ts';

/** Event time, event id and value of one event. */
export type Seen = readonly [timeMs: number, id: string, value: FieldValue];

/** Value of the earliest event that has `field`, by (event time, event id in code-unit order); null before the first. */
export function firstOf(field: string): Component<Seen | null> {
  return endOf(`first:${field}`, field, isBefore);
}

/** Value of the latest event that has `field`, by (event time, event id in code-unit order); null before the first. */
export function lastOf(field: string): Component<Seen | null> {
  return endOf(`last:${field}`, field, (a, b) => isBefore(b, a));
}

function endOf(id: string, field: string, wins: (a: Seen, b: Seen) => boolean): Component<Seen | null> {
  return {
    id,
    empty: () => null,
    add: (best, input) => {
      const value = input.values[field];
      if (value === undefined) return best;
      const seen: Seen = [input.timeMs, input.id, typeof value === 'number' ? value + 0 : value];
      return best === null || wins(seen, best) ? seen : best;
    },
    merge: (best, other) => (other !== null && (best === null || wins(other, best)) ? other : best),
  };
}

/** Two keys may use one event id at the same time; then the value decides, so that the order of arrival never does. */
function isBefore(a: Seen, b: Seen): boolean {
  if (a[0] !== b[0]) return a[0] < b[0];
  if (a[1] !== b[1]) return a[1] < b[1];
  return a[2] < b[2];
}
