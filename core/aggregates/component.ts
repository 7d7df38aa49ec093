import type { AccumulatorInput } from './types.ts';

/**
 * One building block of an accumulator, shared by all measures that need it. States are JSON-safe, and every function takes
 * states fresh from JSON.parse. `add` and `merge` may change `state`; they never change `other` nor keep a part of it that changes.
 */
export interface Component<State = unknown> {
  /** Equal ids mean the same block. */
  readonly id: string;
  empty(): State;
  add(state: State, input: AccumulatorInput): State;
  merge(state: State, other: State): State;
  /** What is needed of a state to which nothing is added any more, but others of other times are merged; the state itself if absent. */
  seal?(state: State): State;
  /** All states merged at once, of which the first `entries` entries are looked at: faster than one by one. */
  mergeAll?(states: readonly State[], entries: number): State;
  /** Whether no state of earlier times can change what is read of this one. */
  isSettled?(state: State): boolean;
}

/** Integer value of a field; undefined where the event lacks it. Throws when it holds anything else: parsers do not let that pass. */
export function integerOf(input: AccumulatorInput, field: string): number | undefined {
  const value = input.values[field];
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value)) throw new Error(`field ${field} must hold a safe integer to be aggregated, got ${String(value)}`);
  // Adding 0 turns -0 into 0: JSON would, and a round trip must not show.
  return (value as number) + 0;
}
