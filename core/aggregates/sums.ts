import { type Component, integerOf } from './component.ts';
import { addExact, divideExact, type ExactInteger, ratioOf, squareExact } from './exact.ts';

/** Exact sum of an integer field. */
export function sumOf(field: string): Component<ExactInteger> {
  return {
    id: `sum:${field}`,
    empty: () => 0,
    add: (sum, input) => {
      const value = integerOf(input, field);
      return value === undefined ? sum : addExact(sum, value);
    },
    merge: addExact,
  };
}

/** Exact sum of the squares of an integer field. */
export function squaresOf(field: string): Component<ExactInteger> {
  return {
    id: `squares:${field}`,
    empty: () => 0,
    add: (sum, input) => {
      const value = integerOf(input, field);
      return value === undefined ? sum : addExact(sum, squareExact(value));
    },
    merge: addExact,
  };
}

/** Sum divided once by `count` times `unit` (the integer that stands for one whole); null for no values. */
export function meanOf(sum: ExactInteger, count: number, unit: number): number | null {
  if (count === 0) return null;
  const divisor = count * unit;
  return divideExact(sum, Number.isSafeInteger(divisor) ? divisor : BigInt(count) * BigInt(unit));
}

/** Population standard deviation in wholes of `unit`, from exact sums; null for no values. */
export function stddevOf(sum: ExactInteger, squares: ExactInteger, count: number, unit: number): number | null {
  if (count === 0) return null;
  const n = BigInt(count);
  const spread = n * BigInt(squares) - BigInt(sum) ** 2n;
  return Math.sqrt(ratioOf(spread, (n * BigInt(unit)) ** 2n));
}
