import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupKeyOf, groupValuesOf } from '../../../core/windows/groups.ts';

const byPlace = { groupBy: [{ field: 'currency' }, { field: 'country', missing: 'unknown' }] };

describe('group keys', () => {
  test('a missing value is replaced', () => {
    expect(groupKeyOf(byPlace, { values: { currency: 'EUR' } })).toBe('["EUR","unknown"]');
    expect(groupKeyOf(byPlace, { values: { currency: 'EUR', country: 'FR' } })).toBe('["EUR","FR"]');
  });

  test('a group field absent without a replacement is a bug', () => {
    expect(() => groupKeyOf(byPlace, { values: { country: 'FR' } })).toThrow('group field currency is absent');
  });

  test('no group fields make one group', () => {
    expect(groupValuesOf(groupKeyOf({ groupBy: [] }, { values: {} }))).toEqual([]);
  });

  test('the key is the JSON of the values, for any text, and reads back', () => {
    const anyValue = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\ud800', 'é', 'a', ',') }),
      fc.boolean(),
      fc.maxSafeInteger(),
    );
    fc.assert(
      fc.property(anyValue, anyValue, (currency, country) => {
        const key = groupKeyOf(byPlace, { values: { currency, country } });
        expect(key).toBe(JSON.stringify([currency, country]));
        expect(groupValuesOf(key)).toEqual([currency, country]);
      }),
      { numRuns: 200 },
    );
  });
});
