import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alertIdOf } from '../../../core/rules/alert-id.ts';

describe('alert ids', () => {
  const part = fc.string({ unit: fc.constantFrom('a', '/', '%', '2F', '%2F', '\ud800', 'é'), maxLength: 4 });

  test('are equal exactly when rule, key and event are', () => {
    fc.assert(
      fc.property(fc.tuple(part, part, part), fc.tuple(part, part, part), (a, b) => {
        expect(alertIdOf(...a) === alertIdOf(...b)).toBe(a.every((one, i) => one === b[i]));
      }),
      { numRuns: 500 },
    );
  });

  test('of plain ids stay readable', () => {
    expect(alertIdOf('amount-over-limit', 'c1', 'e 1')).toBe('amount-over-limit/c1/e 1');
  });
});
