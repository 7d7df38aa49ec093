import { describe, expect, test } from 'vitest';
import { compileAggregate } from '../../../core/aggregates/aggregate.ts';
import { HyperLogLog, rankOfHash } from '../../../core/aggregates/hyperloglog.ts';
import { distinct } from '../../../core/definition/measures.ts';
import { accumulate, fields, payment, stored } from './support.ts';

const fn = compileAggregate({ customers: distinct('customer') }, fields);
const customers = (from: number, size: number) =>
  Array.from({ length: size }, (_, i) => payment(1, `C${String(from + i).padStart(7, '0')}`));
const countOf = (acc: unknown[]): number => Number(fn.result(acc)['customers']);

describe('distinct', () => {
  test('is exact up to 1,000 and a sketch from 1,001', () => {
    const thousand = accumulate(fn, [...customers(0, 1_000), ...customers(0, 1_000)]);
    expect(countOf(thousand)).toBe(1_000);
    expect(Array.isArray(stored(thousand)[0])).toBe(true);
    const more = fn.add(thousand, payment(1, 'one more'));
    expect(typeof stored(more)[0]).toBe('string');
    expect(Math.abs(countOf(more) - 1_001)).toBeLessThan(30);
  });

  test('two exact sets whose union passes 1,000 become the sketch of the union', () => {
    const merged = fn.merge(accumulate(fn, customers(0, 600)), accumulate(fn, customers(400, 601)));
    expect(stored(merged)).toEqual(stored(accumulate(fn, customers(0, 1_001))));
    const within = fn.merge(accumulate(fn, customers(0, 600)), accumulate(fn, customers(400, 600)));
    expect(countOf(within)).toBe(1_000);
  });

  test('a sketch never claims fewer than the 1,001 that it takes to become one', () => {
    for (let from = 0; from < 20_000; from += 1_001) expect(countOf(accumulate(fn, customers(from, 1_001)))).toBeGreaterThanOrEqual(1_001);
  });

  test('names of object members are values like any other', () => {
    const names = ['__proto__', 'constructor', 'toString', '__proto__', ''];
    const acc = accumulate(
      fn,
      names.map((name) => payment(1, name)),
    );
    expect(countOf(fn.add(stored(acc), payment(1, '__proto__')))).toBe(4);
  });

  test('integers are counted too, and -0 is 0', () => {
    const steps = compileAggregate({ steps: distinct('steps') }, fields);
    const inputs = [0, -0, 1, 1].map((value, i) => ({ id: `e${i}`, timeMs: 0, values: { steps: value } }));
    expect(steps.result(stored(accumulate(steps, inputs)))).toEqual({ steps: 2 });
  });
});

describe('HyperLogLog', () => {
  test('stays within four standard errors from 2,000 to 200,000 and has no bias', () => {
    const errors = [2_000, 5_000, 10_000, 40_000, 80_000, 200_000].flatMap((size, k) =>
      ['card', 'T', '00000000-0000-4000-8000-'].map((prefix) => {
        const sketch = HyperLogLog.empty();
        for (let i = 0; i < size; i += 1) sketch.add(`${prefix}${i * (k + 1)}`);
        return sketch.estimate() / size - 1;
      }),
    );
    for (const error of errors) expect(Math.abs(error)).toBeLessThan(0.0325);
    const rms = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    expect(rms).toBeLessThan(0.0125);
    expect(Math.abs(errors.reduce((sum, error) => sum + error, 0) / errors.length)).toBeLessThan(0.005);
  });

  test('counting a value again changes nothing', () => {
    const sketch = HyperLogLog.empty();
    for (let i = 0; i < 5_000; i += 1) sketch.add(`c${i}`);
    const before = sketch.toJSON();
    for (let i = 0; i < 5_000; i += 1) sketch.add(`c${i}`);
    expect(sketch.toJSON()).toBe(before);
  });

  test('its text is plain JSON of one byte for each register and is read back unchanged', () => {
    const sketch = HyperLogLog.empty();
    for (let i = 0; i < 100_000; i += 1) sketch.add(`c${i}`);
    const text = JSON.stringify(sketch);
    expect(text).toHaveLength(16_384 + 2);
    const copy = HyperLogLog.parse(JSON.parse(text) as string);
    expect(copy.estimate()).toBe(sketch.estimate());
    copy.add('new'.repeat(9));
    for (let i = 0; i < 1_000; i += 1) copy.add(`d${i}`);
    expect(sketch.toJSON()).toBe(JSON.parse(text));
    expect(copy.toJSON()).not.toBe(sketch.toJSON());
  });

  test('the rank is found in all 50 bits behind the register number', () => {
    const ALL = 0xffffffff;
    expect([rankOfHash(ALL, 0), rankOfHash(0x0002_0000, 0), rankOfHash(0x0001_0000, ALL), rankOfHash(1, 0)]).toEqual([1, 1, 2, 18]);
    expect([rankOfHash(0xfffc_0000, ALL), rankOfHash(0, 0x0004_0000), rankOfHash(0, 0x0002_0000), rankOfHash(0, 1)]).toEqual([
      19, 32, 33, 50,
    ]);
    expect(rankOfHash(0xfffc_0000, 0)).toBe(51);
  });

  test('a text of the wrong length is refused', () => {
    expect(() => HyperLogLog.parse('###')).toThrow('16384 registers, got 3');
  });
});
