import fc from 'fast-check';
import type { Accumulator, AccumulatorInput, AggregateFunction } from '../../../core/aggregates/types.ts';
import type { FieldSpec } from '../../../core/definition/fields.ts';
import { currency, fixed, flag, integer, money, text } from '../../../core/definition/fields.ts';
import type { MeasureSpec } from '../../../core/definition/measures.ts';
import { count, distinct, first, last, max, mean, min, quantile, stddev, sum } from '../../../core/definition/measures.ts';

/** Fields of the events that the tests aggregate. */
export const fields: Readonly<Record<string, FieldSpec>> = {
  customer: text(),
  amount: money({ currencyField: 'currency' }),
  currency: currency(),
  steps: integer({ optional: true }),
  celsius: fixed({ scale: 2, optional: true }),
  online: flag({ optional: true }),
};

/** Every kind of measure, over required and optional fields. */
export const everyMeasure: Readonly<Record<string, MeasureSpec>> = {
  count: count(),
  sum: sum('amount'),
  min: min('amount'),
  max: max('amount'),
  mean: mean('amount'),
  spread: stddev('amount'),
  customers: distinct('customer'),
  p50: quantile('amount', 0.5),
  p95: quantile('amount', 0.95),
  all: quantile('amount', 1),
  steps_sum: sum('steps'),
  steps_mean: mean('steps'),
  steps_p10: quantile('steps', 0.1),
  celsius_mean: mean('celsius'),
  celsius_spread: stddev('celsius'),
  celsius_min: min('celsius'),
  first_online: first('online'),
  last_customer: last('customer'),
};

/** An event with any values, small enough that ids, times and values often meet. */
export const anyInput: fc.Arbitrary<AccumulatorInput> = fc
  .record({
    id: fc.string({ maxLength: 2 }),
    timeMs: fc.integer({ min: -3, max: 3 }),
    customer: fc.oneof(fc.string({ maxLength: 1 }), fc.constantFrom('__proto__', 'constructor')),
    amount: fc.oneof(fc.integer({ min: -400, max: 400 }), fc.maxSafeInteger()),
    steps: fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined }),
    celsius: fc.option(fc.integer(), { nil: undefined }),
    online: fc.option(fc.boolean(), { nil: undefined }),
  })
  .map(({ id, timeMs, ...values }) => ({
    id,
    timeMs,
    values: Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
  }));

/** An event that only has an amount and a customer. */
export function payment(amount: number, customer = 'c', timeMs = 0): AccumulatorInput {
  return { id: `e${timeMs}`, timeMs, values: { amount, customer, currency: 'EUR' } };
}

/** Accumulator of events, added one by one. */
export function accumulate(fn: AggregateFunction, inputs: readonly AccumulatorInput[]): Accumulator {
  return inputs.reduce((acc, input) => fn.add(acc, input), fn.empty());
}

/** The accumulator as it comes back from storage. */
export function stored(acc: Accumulator): Accumulator {
  return JSON.parse(JSON.stringify(acc)) as Accumulator;
}
