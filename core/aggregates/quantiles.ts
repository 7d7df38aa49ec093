import { bucketMiddleOf, bucketNumberOf } from './buckets.ts';
import { type Component, integerOf } from './component.ts';
import { rankOf, type Share } from './rank.ts';

/** Up to this many values are kept as they are, ascending: most groups never have more. */
export const QUANTILE_EXACT_MAX = 16;

/** Counts by bucket, buckets ascending, with the exact ends. */
interface Buckets {
  lo: number;
  hi: number;
  readonly buckets: number[];
  readonly counts: number[];
}

/** Values of a field for quantiles: the values up to QUANTILE_EXACT_MAX, counts in fixed buckets above. Buckets never collapse. */
export type QuantileState = number[] | Buckets;

/** Values of an integer field, for all its quantiles. */
export function quantilesOf(field: string): Component<QuantileState> {
  return {
    id: `quantiles:${field}`,
    empty: () => [],
    add: (state, input) => {
      const value = integerOf(input, field);
      return value === undefined ? state : addValue(state, value);
    },
    merge: mergeStates,
  };
}

/** Nearest-rank quantile: exact up to QUANTILE_EXACT_MAX values, above that within 1/128 of it; null for no values. */
export function quantileOf(state: QuantileState, share: Share): number | null {
  if (Array.isArray(state)) return state.length === 0 ? null : (state[rankOf(share, state.length) - 1] ?? null);
  const count = state.counts.reduce((sum, one) => sum + one, 0);
  const rank = rankOf(share, count);
  if (rank === 1) return state.lo;
  if (rank === count) return state.hi;
  let at = 0;
  for (let below = state.counts[0] ?? 0; below < rank; below += state.counts[at] ?? 0) at += 1;
  return Math.min(state.hi, Math.max(state.lo, bucketMiddleOf(state.buckets[at] ?? 0)));
}

function addValue(state: QuantileState, value: number): QuantileState {
  if (!Array.isArray(state)) {
    if (value < state.lo) state.lo = value;
    if (value > state.hi) state.hi = value;
    return count(state, bucketNumberOf(value), 1);
  }
  if (state.length === QUANTILE_EXACT_MAX) return addValue(bucketsOf(state), value);
  let at = state.length;
  while (at > 0 && (state[at - 1] ?? value) > value) at -= 1;
  if (at === state.length) state.push(value);
  else state.splice(at, 0, value);
  return state;
}

function bucketsOf(values: readonly number[]): Buckets {
  const state: Buckets = { lo: values[0] ?? 0, hi: values.at(-1) ?? 0, buckets: [], counts: [] };
  for (const value of values) count(state, bucketNumberOf(value), 1);
  return state;
}

function count(state: Buckets, bucket: number, by: number): Buckets {
  const { buckets, counts } = state;
  let [low, high] = [0, buckets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((buckets[middle] ?? bucket) < bucket) low = middle + 1;
    else high = middle;
  }
  if (buckets[low] === bucket) {
    counts[low] = (counts[low] ?? 0) + by;
  } else {
    buckets.splice(low, 0, bucket);
    counts.splice(low, 0, by);
  }
  return state;
}

function mergeStates(state: QuantileState, other: QuantileState): QuantileState {
  if (Array.isArray(other)) return other.reduce(addValue, state);
  if (Array.isArray(state)) {
    const copy: Buckets = { lo: other.lo, hi: other.hi, buckets: [...other.buckets], counts: [...other.counts] };
    return state.reduce<QuantileState>(addValue, copy);
  }
  state.lo = Math.min(state.lo, other.lo);
  state.hi = Math.max(state.hi, other.hi);
  for (const [i, bucket] of other.buckets.entries()) count(state, bucket, other.counts[i] ?? 0);
  return state;
}
