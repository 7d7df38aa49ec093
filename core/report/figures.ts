/** What stands for a figure that has no value. */
export const NO_VALUE = '–';

/** A figure with three decimals; a dash where there is none. */
export function figureText(value: number | null, decimals = 3): string {
  return value === null ? NO_VALUE : value.toFixed(decimals);
}

/** A figure with its standard error, such as `0.884 ± 0.007`. */
export function errorText(value: number | null, error: number | null): string {
  return error === null || value === null ? figureText(value) : `${figureText(value)} ± ${figureText(error)}`;
}

/** A share in percent. */
export function percentText(value: number | null): string {
  return value === null ? NO_VALUE : `${(value * 100).toFixed(1)} %`;
}

/** A difference with its sign. */
export function signedText(value: number | null, decimals = 3): string {
  return value === null ? NO_VALUE : `${value > 0 ? '+' : ''}${value.toFixed(decimals)}`;
}

/** A count with thousands set apart; fractions keep one decimal. */
export function countText(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}

/** A decimal text with thousands set apart. */
export function moneyText(amount: string): string {
  return amount.replace(/\B(?=(?:\d{3})+(?!\d))(?<!\.\d*)/g, ',');
}
