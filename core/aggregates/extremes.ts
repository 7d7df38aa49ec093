import { type Component, integerOf } from './component.ts';

/** Least value of an integer field; null before the first. */
export function minOf(field: string): Component<number | null> {
  return extremeOf(`min:${field}`, field, (a, b) => a < b);
}

/** Greatest value of an integer field; null before the first. */
export function maxOf(field: string): Component<number | null> {
  return extremeOf(`max:${field}`, field, (a, b) => a > b);
}

function extremeOf(id: string, field: string, wins: (a: number, b: number) => boolean): Component<number | null> {
  return {
    id,
    empty: () => null,
    add: (best, input) => {
      const value = integerOf(input, field);
      return value !== undefined && (best === null || wins(value, best)) ? value : best;
    },
    merge: (best, other) => (other !== null && (best === null || wins(other, best)) ? other : best),
  };
}
