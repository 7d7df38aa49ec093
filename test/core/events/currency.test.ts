import { describe, expect, test } from 'vitest';
import { currencyCodes, currencyExponent } from '../../../core/events/currency.ts';

describe('currency', () => {
  test.each([
    ['EUR', 2],
    ['USD', 2],
    ['JPY', 0],
    ['ISK', 0],
    ['KWD', 3],
    ['CLF', 4],
    ['HRK', 2],
  ])('%s has %d decimals', (code, exponent) => {
    expect(currencyExponent(code)).toBe(exponent);
  });

  test.each(['', 'eur', 'EU', 'EURO', 'XAU', 'XTS', 'BTC', 'constructor', '__proto__'])('%j is no currency with minor units', (code) => {
    expect(currencyExponent(code)).toBeUndefined();
  });

  test('codes are three capitals, each once', () => {
    const codes = currencyCodes();
    expect(codes.every((code) => /^[A-Z]{3}$/.test(code))).toBe(true);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.length).toBe(165 + 6);
  });

  test('every currency that the runtime knows by name is known here, those withdrawn and those without minor units apart', () => {
    const missing = Intl.supportedValuesOf('currency').filter((code) => currencyExponent(code) === undefined);
    expect(missing).toEqual(['XDR', 'XSU']);
  });
});
