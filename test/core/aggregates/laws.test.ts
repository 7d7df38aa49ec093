import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileAggregate } from '../../../core/aggregates/aggregate.ts';
import type { Accumulator } from '../../../core/aggregates/types.ts';
import { accumulate, anyInput, everyMeasure, fields, payment, stored } from './support.ts';

const fn = compileAggregate(everyMeasure, fields);
const anyInputs = fc.array(anyInput, { maxLength: 50 });

describe('an aggregate is an algebra', () => {
  test('the result does not depend on the order of events', () => {
    const shuffled = anyInputs.chain((inputs) => fc.tuple(fc.constant(inputs), fc.shuffledSubarray(inputs, { minLength: inputs.length })));
    fc.assert(
      fc.property(shuffled, ([inputs, other]) => {
        expect(fn.result(accumulate(fn, other))).toEqual(fn.result(accumulate(fn, inputs)));
      }),
      { numRuns: 150 },
    );
  });

  test('merge is associative', () => {
    fc.assert(
      fc.property(anyInputs, anyInputs, anyInputs, (a, b, c) => {
        const left = fn.merge(fn.merge(accumulate(fn, a), accumulate(fn, b)), accumulate(fn, c));
        const right = fn.merge(accumulate(fn, a), fn.merge(accumulate(fn, b), accumulate(fn, c)));
        expect(fn.result(left)).toEqual(fn.result(right));
        expect(fn.result(left)).toEqual(fn.result(accumulate(fn, [...a, ...b, ...c])));
      }),
      { numRuns: 100 },
    );
  });

  test('merge is commutative and empty is its unit', () => {
    fc.assert(
      fc.property(anyInputs, anyInputs, (a, b) => {
        const ab = fn.result(fn.merge(accumulate(fn, a), accumulate(fn, b)));
        expect(fn.result(fn.merge(accumulate(fn, b), accumulate(fn, a)))).toEqual(ab);
        expect(fn.result(fn.merge(fn.empty(), accumulate(fn, a)))).toEqual(fn.result(accumulate(fn, a)));
        expect(fn.result(fn.merge(accumulate(fn, a), fn.empty()))).toEqual(fn.result(accumulate(fn, a)));
      }),
      { numRuns: 100 },
    );
  });

  test('add is merge with a singleton', () => {
    fc.assert(
      fc.property(anyInputs, anyInput, (inputs, one) => {
        const added = fn.result(fn.add(accumulate(fn, inputs), one));
        expect(fn.result(fn.merge(accumulate(fn, inputs), accumulate(fn, [one])))).toEqual(added);
      }),
      { numRuns: 100 },
    );
  });

  test('a trip through JSON at any point changes nothing', () => {
    fc.assert(
      fc.property(anyInputs, anyInputs, (before, after) => {
        let acc = stored(accumulate(fn, before));
        for (const input of after) acc = fn.add(acc, input);
        const plain = fn.result(accumulate(fn, [...before, ...after]));
        expect(fn.result(stored(acc))).toEqual(plain);
        expect(fn.result(fn.merge(stored(accumulate(fn, before)), stored(accumulate(fn, after))))).toEqual(plain);
      }),
      { numRuns: 100 },
    );
  });

  test('merge leaves its second argument as it was, now and when the first goes on', () => {
    fc.assert(
      fc.property(anyInputs, anyInputs, anyInputs, (a, b, more) => {
        const other = accumulate(fn, b);
        const before = JSON.stringify(other);
        let into = fn.merge(accumulate(fn, a), other);
        for (const input of more) into = fn.add(into, input);
        expect(JSON.stringify(other)).toBe(before);
      }),
      { numRuns: 100 },
    );
  });
});

describe('large accumulators obey the same laws', () => {
  const measures = { customers: everyMeasure['customers'] ?? { kind: 'count' }, p50: everyMeasure['p50'] ?? { kind: 'count' } } as const;
  const large = compileAggregate(measures, fields);
  const chunkOf = (from: number, size: number): Accumulator =>
    accumulate(
      large,
      Array.from({ length: size }, (_, i) => payment((from + i) * 37, `customer-${from + i}`)),
    );

  test('any split into parts, stored or not, merged in any order, gives one result', () => {
    const whole = large.result(chunkOf(0, 2_400));
    const cuts = fc.array(fc.integer({ min: 0, max: 2_400 }), { maxLength: 6 });
    fc.assert(
      fc.property(cuts, fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }), fc.boolean(), (points, trips, isReversed) => {
        const edges = [0, ...points.sort((a, b) => a - b), 2_400];
        const parts = edges.slice(1).map((end, i) => {
          const part = chunkOf(edges[i] ?? 0, end - (edges[i] ?? 0));
          return trips[i] ? stored(part) : part;
        });
        const ordered = isReversed ? parts.reverse() : parts;
        const merged = ordered.reduce((into, part) => large.merge(into, part), large.empty());
        expect(large.result(merged)).toEqual(whole);
        expect(large.result(stored(merged))).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  test('merging into a new accumulator shares nothing with the large part it came from', () => {
    const part = chunkOf(0, 1_500);
    const before = JSON.stringify(part);
    let into = large.merge(large.empty(), part);
    for (let i = 0; i < 500; i += 1) into = large.add(into, payment(i, `other-${i}`));
    expect(JSON.stringify(part)).toBe(before);
    expect(large.result(into)).not.toEqual(large.result(part));
  });
});
