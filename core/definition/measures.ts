/** One column computed by an aggregate. `field` names a field of the event type. */
export type MeasureSpec =
  | { readonly kind: 'count' }
  | { readonly kind: 'sum' | 'min' | 'max' | 'mean' | 'stddev' | 'distinct' | 'first' | 'last'; readonly field: string }
  | { readonly kind: 'quantile'; readonly field: string; readonly share: number };

/** Number of events. */
export const count = (): MeasureSpec => ({ kind: 'count' });
/** Exact integer sum. */
export const sum = (field: string): MeasureSpec => ({ kind: 'sum', field });
/** Least value. */
export const min = (field: string): MeasureSpec => ({ kind: 'min', field });
/** Greatest value. */
export const max = (field: string): MeasureSpec => ({ kind: 'max', field });
/** Sum divided once by the count, a double. */
export const mean = (field: string): MeasureSpec => ({ kind: 'mean', field });
/** Population standard deviation from exact integer sums, a double. */
export const stddev = (field: string): MeasureSpec => ({ kind: 'stddev', field });
/** Number of different values: exact up to 1,000, above that HyperLogLog with a standard error of 0.8 %. */
export const distinct = (field: string): MeasureSpec => ({ kind: 'distinct', field });
/** Value of the earliest event by (event time, event id). */
export const first = (field: string): MeasureSpec => ({ kind: 'first', field });
/** Value of the latest event by (event time, event id). */
export const last = (field: string): MeasureSpec => ({ kind: 'last', field });
/** Nearest rank: the smallest value with at least `share` (0..1] of the values at or below it; exact up to 16 values, then within 1 %. */
export const quantile = (field: string, share: number): MeasureSpec => ({ kind: 'quantile', field, share });
