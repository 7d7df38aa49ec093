import { type DecimalFault, parseDecimal } from './decimal.ts';

/** Why an amount is refused. */
export type AmountFault = `AMOUNT_${DecimalFault}`;

/** Why a fixed-point or integer value is refused. */
export type NumberFault = `NUMBER_${DecimalFault}`;

/** Amount in minor units (a safe integer, negative for refunds) of a decimal text in a currency with `exponent` decimals; else why not. */
export function parseMinor(text: string, exponent: number): number | AmountFault {
  const value = parseDecimal(text, exponent);
  return typeof value === 'number' ? value : `AMOUNT_${value}`;
}

/** Value times 10^scale as a safe integer, for `fixed` (scale 0..9) and `integer` (scale 0) fields; else why not. */
export function parseScaled(text: string, scale: number): number | NumberFault {
  const value = parseDecimal(text, scale);
  return typeof value === 'number' ? value : `NUMBER_${value}`;
}
