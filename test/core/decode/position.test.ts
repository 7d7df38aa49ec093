import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { positionOf, sequenceOf, subSequenceOf } from '../../../core/decode/position.ts';

const sequences = fc.bigInt({ min: 0n, max: 10n ** 56n - 1n });
const subSequences = fc.nat({ max: 999_999 });

describe('position', () => {
  test('is the padded sequence number, a dot and six digits', () => {
    expect(positionOf('123', 7)).toBe(`${'0'.repeat(53)}123.000007`);
    expect(positionOf('9'.repeat(56), 999_999)).toBe(`${'9'.repeat(56)}.999999`);
  });

  test('gives back its parts', () => {
    fc.assert(
      fc.property(sequences, subSequences, (sequence, sub) => {
        const position = positionOf(String(sequence), sub);
        expect(sequenceOf(position)).toBe(String(sequence));
        expect(subSequenceOf(position)).toBe(sub);
      }),
    );
  });

  test('text order is order by (sequence, sub-sequence), far past what a float can tell apart', () => {
    const place = fc.record({ sequence: fc.oneof(sequences, fc.bigInt({ min: 10n ** 55n, max: 10n ** 55n + 3n })), sub: subSequences });
    fc.assert(
      fc.property(place, place, (a, b) => {
        const isBefore = a.sequence < b.sequence || (a.sequence === b.sequence && a.sub < b.sub);
        expect(positionOf(String(a.sequence), a.sub) < positionOf(String(b.sequence), b.sub)).toBe(isBefore);
      }),
    );
  });

  test.each(['', '12a', '-1', '1'.repeat(57), ' 1', '1e5'])('%j is no sequence number', (sequence) => {
    expect(() => positionOf(sequence, 0)).toThrow('1..56 decimal digits');
  });

  test.each([-1, 1_000_000, Number.NaN])('%d is no sub-sequence', (sub) => {
    expect(() => positionOf('1', sub)).toThrow('0..999999');
  });
});
