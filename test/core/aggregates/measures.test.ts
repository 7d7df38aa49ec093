import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileAggregate } from '../../../core/aggregates/aggregate.ts';
import { first, last, mean, stddev, sum } from '../../../core/definition/measures.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { accumulate, anyInput, everyMeasure, fields, payment } from './support.ts';

const fn = compileAggregate(everyMeasure, fields);

describe('measures against the plain definition', () => {
  test('up to 16 events every measure equals a naive computation', () => {
    fc.assert(
      fc.property(fc.array(anyInput, { minLength: 1, maxLength: 16 }), (inputs) => {
        const result = fn.result(accumulate(fn, inputs));
        const amounts = inputs.map(({ values }) => Number(values['amount'])).sort((a, b) => a - b);
        const total = amounts.reduce((all, one) => all + BigInt(one), 0n);
        expect(result['count']).toBe(inputs.length);
        expect(BigInt(result['sum'] as number | string)).toBe(total);
        expect([result['min'], result['max'], result['all']]).toEqual([amounts[0], amounts.at(-1), amounts.at(-1)]);
        expect(result['mean']).toBeCloseTo(Number(total) / inputs.length, -3);
        expect(result['customers']).toBe(new Set(inputs.map(({ values }) => values['customer'])).size);
        expect(result['p50']).toBe(amounts[Math.ceil(inputs.length / 2) - 1]);
        const steps = inputs.flatMap(({ values }) => (values['steps'] === undefined ? [] : [Number(values['steps'])]));
        expect(result['steps_sum']).toBe(steps.length === 0 ? null : steps.reduce((all, one) => all + one, 0));
        expect(result['steps_mean']).toBe(steps.length === 0 ? null : steps.reduce((all, one) => all + one, 0) / steps.length);
      }),
      { numRuns: 150 },
    );
  });

  test('an event without an optional field is not counted in its mean', () => {
    const inputs = [4, undefined, 2].map((steps) => ({
      id: 'e',
      timeMs: 0,
      values: { amount: 1, customer: 'c', ...(steps === undefined ? {} : { steps }) },
    }));
    const result = fn.result(accumulate(fn, inputs));
    expect(result['count']).toBe(3);
    expect(result['steps_mean']).toBe(3);
  });

  test('an aggregate of nothing has count 0 and no values', () => {
    const result = fn.result(fn.empty());
    expect(result['count']).toBe(0);
    expect(result['customers']).toBe(0);
    for (const name of ['sum', 'min', 'mean', 'spread', 'p50', 'celsius_mean', 'first_online']) expect(result[name]).toBeNull();
  });

  test('columns come in declared order', () => {
    expect(Object.keys(fn.result(fn.empty()))).toEqual(Object.keys(everyMeasure));
  });

  test('the nine measures of payments share six components', () => {
    const payments = compileAggregate(pipeline.aggregates['payments_1h']?.measures ?? {}, pipeline.eventTypes['transaction']?.fields ?? {});
    expect(payments.empty()).toHaveLength(6);
  });

  test('-0 is 0, as it would be after a trip through JSON', () => {
    const result = fn.result(accumulate(fn, [payment(-0)]));
    for (const name of ['sum', 'min', 'max', 'mean', 'p50']) expect(result[name]).toBe(0);
  });

  test('a value that is no safe integer is a bug, not data', () => {
    expect(() => fn.add(fn.empty(), payment(0.5))).toThrow('safe integer');
    expect(() => fn.add(fn.empty(), payment(2 ** 53))).toThrow('safe integer');
  });
});

describe('sums', () => {
  const sums = compileAggregate({ sum: sum('amount'), mean: mean('amount'), spread: stddev('amount') }, fields);
  const big = Number.MAX_SAFE_INTEGER;

  test('a sum past 2^53 is exact decimal text and comes back to a number below it', () => {
    const acc = accumulate(sums, [payment(big), payment(big), payment(3)]);
    expect(sums.result(acc)['sum']).toBe(String(2n * BigInt(big) + 3n));
    expect(sums.result(accumulate(sums, [payment(big), payment(1)]))['sum']).toBe('9007199254740992');
    const back = [payment(-big), payment(-3)].reduce((into, input) => sums.add(into, input), acc);
    expect(sums.result(back)['sum']).toBe(big);
  });

  test('a mean of big sums is rounded once', () => {
    const acc = accumulate(sums, [payment(big), payment(big), payment(big - 1)]);
    expect(sums.result(acc)['mean']).toBe(big);
    expect(sums.result(sums.add(acc, payment(big - 2)))['mean']).toBe(big - 1);
    const third = accumulate(sums, [payment(1), payment(0), payment(0)]);
    expect(sums.result(third)['mean']).toBe(1 / 3);
  });

  test('standard deviation of close big values loses nothing', () => {
    const acc = accumulate(sums, [payment(big - 2), payment(big)]);
    expect(sums.result(acc)['spread']).toBe(1);
    expect(
      sums.result(
        accumulate(
          sums,
          [2, 4, 4, 4, 5, 5, 7, 9].map((amount) => payment(amount)),
        ),
      )['spread'],
    ).toBe(2);
  });

  test('mean and standard deviation of a fixed field are in real units, its sum stays scaled', () => {
    const celsius = compileAggregate({ sum: sum('celsius'), mean: mean('celsius'), spread: stddev('celsius') }, fields);
    const inputs = [-250, 150].map((value, i) => ({ id: `e${i}`, timeMs: i, values: { celsius: value } }));
    expect(celsius.result(accumulate(celsius, inputs))).toEqual({ sum: -100, mean: -0.5, spread: 2 });
  });
});

describe('first and last', () => {
  const ends = compileAggregate({ first: first('customer'), last: last('customer') }, fields);
  const seen = (timeMs: number, id: string, customer: string) => ({ id, timeMs, values: { customer } });

  test('event time decides, then the event id in code-unit order', () => {
    const inputs = [seen(5, 'b', '1'), seen(5, 'Z', '2'), seen(1, 'b', '3'), seen(1, 'a', '4')];
    expect(ends.result(accumulate(ends, inputs))).toEqual({ first: '4', last: '1' });
  });

  test('two keys with one event id at one time still give one answer', () => {
    const inputs = [seen(1, 'a', 'x'), seen(1, 'a', 'y')];
    const either = [ends.result(accumulate(ends, inputs)), ends.result(accumulate(ends, inputs.reverse()))];
    expect(either[0]).toEqual(either[1]);
  });
});
