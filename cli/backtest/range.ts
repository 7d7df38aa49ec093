import { usageError } from '../../core/errors.ts';

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z)?$/;
const DAYS = /^(\d{1,4})d$/;

/** A moment of a flag, epoch ms: a UTC date or an RFC 3339 time in UTC. Throws UsageError. */
export function timeOf(flag: string, text: string | undefined): number {
  const ms = text !== undefined && TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw usageError(flag, text ?? 'nothing', 'a date or time in UTC, such as 2018-08-08 or 2018-08-08T12:00:00Z');
  return ms;
}

/** Days of a flag, such as 7d. Throws UsageError. */
export function daysOf(flag: string, text: string): number {
  const days = DAYS.exec(text)?.[1];
  if (days === undefined) throw usageError(flag, text, 'whole days, such as 7d or 0d');
  return Number(days);
}
