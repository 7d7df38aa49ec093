import type { FieldValue } from '../model.ts';

/** Accumulator of one group: one JSON-safe part per component of its aggregate, in component order. */
export type Accumulator = unknown[];

/** What an accumulator reads from an event. */
export interface AccumulatorInput {
  readonly id: string;
  readonly timeMs: number;
  readonly values: Readonly<Record<string, FieldValue>>;
}

/** A result column: integers are numbers while safe and decimal strings beyond 2^53; null when there was no value. */
export type ResultValue = number | string | boolean | null;

/**
 * An aggregate as an algebra. The result depends on the multiset of inputs only. `add` and `merge` may reuse and change
 * their first argument and never change the second.
 */
export interface AggregateFunction {
  empty(): Accumulator;
  add(into: Accumulator, input: AccumulatorInput): Accumulator;
  merge(into: Accumulator, other: Accumulator): Accumulator;
  /** Result columns by measure name, in declared order. */
  result(of: Accumulator): Record<string, ResultValue>;
}
