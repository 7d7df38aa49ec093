import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDecimal } from '../../../core/events/decimal.ts';
import { parseMinor, parseScaled } from '../../../core/events/money.ts';

const scale = fc.nat({ max: 9 });

/** The definition, in big integers: whole and fraction over 10^decimals, times 10^(exponent + scale), without remainder. */
function reference(parts: { sign: string; whole: string; fraction: string; exponent: number }, places: number): number | string {
  const mantissa = BigInt(parts.whole + parts.fraction);
  const power = parts.exponent - parts.fraction.length + places;
  const divisor = power < 0 ? 10n ** BigInt(-power) : 1n;
  if (mantissa % divisor !== 0n) return 'PRECISION';
  const value = power < 0 ? mantissa / divisor : mantissa * 10n ** BigInt(power);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return 'RANGE';
  return value === 0n ? 0 : Number(parts.sign === '-' ? -value : value);
}

const digits = (maxLength: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...'0001234567899'), maxLength });

describe('decimal text', () => {
  test('has the value that exact arithmetic gives it', () => {
    const parts = fc.record({
      sign: fc.constantFrom('', '-'),
      whole: digits(20).map((text) => text.replace(/^0+/, '') || '0'),
      fraction: digits(20),
      exponent: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -30, max: 30 })),
    });
    fc.assert(
      fc.property(parts, scale, (one, places) => {
        const fraction = one.fraction === '' ? '' : `.${one.fraction}`;
        const text = `${one.sign}${one.whole}${fraction}${one.exponent === 0 ? '' : `e${one.exponent}`}`;
        expect([text, parseDecimal(text, places)]).toEqual([text, reference(one, places)]);
      }),
      { numRuns: 1_500 },
    );
  });

  test('every safe integer of minor units comes back from its text', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 9 }), (value, places) => {
        const padded = String(Math.abs(value)).padStart(places + 1, '0');
        const text = `${value < 0 ? '-' : ''}${padded.slice(0, -places)}.${padded.slice(-places)}`;
        expect(parseDecimal(text, places)).toBe(value === 0 ? 0 : value);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    '',
    '-',
    '.',
    '5.',
    '.5',
    '-.5',
    '+5',
    '00',
    '-01',
    '1.2.3',
    '1e',
    '1e+',
    'e5',
    ' 1',
    '1 ',
    '1,5',
    '1_0',
    '0x1',
    'NaN',
    'Infinity',
    '١',
    '1\n',
  ])('%j is no decimal number', (text) => {
    expect(parseDecimal(text, 2)).toBe('SYNTAX');
  });

  test.each([
    ['0', 0],
    ['-0', 0],
    ['-0.00', 0],
    ['0e999999999999', 0],
    ['12', 1_200],
    ['12.3', 1_230],
    ['12.30', 1_230],
    ['12.3000000000000000000000', 1_230],
    ['-12.30', -1_230],
    ['1e2', 10_000],
    ['1E+2', 10_000],
    ['1230e-2', 1_230],
    ['90071992547409.91', Number.MAX_SAFE_INTEGER],
    ['90071992547409.92', 'RANGE'],
    ['-90071992547409.91', -Number.MAX_SAFE_INTEGER],
    ['12.345', 'PRECISION'],
    ['0.30000000000000004', 'PRECISION'],
    ['1e-400', 'PRECISION'],
    ['1e400', 'RANGE'],
    ['1e99999999999999999999999', 'RANGE'],
  ])('%s with two decimals is %s', (text, value) => {
    expect(Object.is(parseDecimal(text, 2), value)).toBe(true);
  });

  test('time grows with the length of the text, not its square', () => {
    const zeros = '0'.repeat(200_000);
    const startMs = performance.now();
    expect(parseDecimal(`1${zeros}1.${zeros}1`, 2)).toBe('PRECISION');
    expect(parseDecimal(`0.${zeros}`, 2)).toBe(0);
    expect(parseDecimal(`${zeros}x`, 2)).toBe('SYNTAX');
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });

  test('amounts and numbers name their faults apart', () => {
    expect([parseMinor('x', 2), parseMinor('0.001', 2), parseMinor('1e400', 2)]).toEqual([
      'AMOUNT_SYNTAX',
      'AMOUNT_PRECISION',
      'AMOUNT_RANGE',
    ]);
    expect([parseScaled('x', 6), parseScaled('1e-7', 6), parseScaled('1e400', 6)]).toEqual([
      'NUMBER_SYNTAX',
      'NUMBER_PRECISION',
      'NUMBER_RANGE',
    ]);
  });
});
