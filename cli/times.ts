import { usageError } from '../core/errors.ts';

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/;

/** Reads a moment. Throws UsageError. */
export function timeOf(flag: string, text: string): number {
  const ms = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw usageError(flag, text, 'a day or a time in UTC, such as 2026-11-28 or 2026-11-28T08:00Z');
  return ms;
}

const DAYS = /^(\d{1,4})d$/;

/** Reads whole days, such as 7d. Throws UsageError. */
export function daysOf(flag: string, text: string): number {
  const days = DAYS.exec(text)?.[1];
  if (days === undefined) throw usageError(flag, text, 'whole days, such as 7d or 0d');
  return Number(days);
}
