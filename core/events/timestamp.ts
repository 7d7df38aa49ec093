/** Why a text is not an event time. */
export type TimeFault = 'TIME_SYNTAX' | 'TIME_NOT_UTC' | 'TIME_OUT_OF_RANGE';

/** Earliest time taken, 2000-01-01 UTC: older stamps are zeroed clocks (1970, 1980) or seconds read as milliseconds. */
export const TIME_MIN_MS = 946_684_800_000;

/** First time no longer taken, 2100-01-01 UTC: later stamps are "for ever" markers (9999) or microseconds read as milliseconds. */
export const TIME_END_MS = 4_102_444_800_000;

const DAY_MS = 86_400_000;
/** Length of `2026-01-01T00:00:00`. */
const SECONDS_LENGTH = 19;
const FRACTION_DIGITS_MAX = 9;
const CUMULATIVE_DAYS = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const ZERO = 0x30;
const LOWER = 0x20;

/**
 * Epoch ms of an RFC 3339 time in UTC: `T` and `Z` in either case, `+00:00` or `-00:00` for `Z`, up to nine fraction digits of which
 * those past the millisecond are cut off. A leap second (`:60`) is refused: epoch time has no place for it, and moving it would
 * reorder events.
 */
export function parseTime(text: string): number | TimeFault {
  const secondMs = parseSeconds(text);
  if (secondMs === undefined) return 'TIME_SYNTAX';
  let at = SECONDS_LENGTH;
  let ms = 0;
  if (text.charCodeAt(at) === 0x2e) {
    const from = at + 1;
    let digit = digitAt(text, from);
    for (at = from; digit >= 0; digit = digitAt(text, at)) {
      if (at - from < 3) ms = ms * 10 + digit;
      at += 1;
    }
    if (at === from || at - from > FRACTION_DIGITS_MAX) return 'TIME_SYNTAX';
    for (let digits = at - from; digits < 3; digits += 1) ms *= 10;
  }
  const fault = zoneFault(text, at);
  if (fault !== undefined) return fault;
  return secondMs >= TIME_MIN_MS && secondMs < TIME_END_MS ? secondMs + ms : 'TIME_OUT_OF_RANGE';
}

/** Epoch ms of the first 19 characters; undefined if they are no date and time of day. */
function parseSeconds(text: string): number | undefined {
  const year = pair(text, 0) * 100 + pair(text, 2);
  const month = pair(text, 5);
  const day = pair(text, 8);
  const hour = pair(text, 11);
  const minute = pair(text, 14);
  const second = pair(text, 17);
  const isPunctuated =
    text.charCodeAt(4) === 0x2d &&
    text.charCodeAt(7) === 0x2d &&
    (text.charCodeAt(10) | LOWER) === 0x74 &&
    text.charCodeAt(13) === 0x3a &&
    text.charCodeAt(16) === 0x3a;
  // A pair that is not two digits is NaN, which fails each comparison.
  if (!(isPunctuated && year >= 0 && month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const monthDays = (MONTH_DAYS[month - 1] as number) + (isLeap && month === 2 ? 1 : 0);
  if (day > monthDays) return undefined;
  const before = year - 1;
  const yearDays = before * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - EPOCH_DAYS;
  const days = yearDays + (CUMULATIVE_DAYS[month - 1] as number) + (isLeap && month > 2 ? 1 : 0) + day - 1;
  return days * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1_000;
}

/** Days from 0001-01-01 to 1970-01-01. */
const EPOCH_DAYS = 719_162;

function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - ZERO;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

function pair(text: string, at: number): number {
  const tens = digitAt(text, at);
  const ones = digitAt(text, at + 1);
  return tens < 0 || ones < 0 ? Number.NaN : tens * 10 + ones;
}

function zoneFault(text: string, at: number): TimeFault | undefined {
  if (at + 1 === text.length) return (text.charCodeAt(at) | LOWER) === 0x7a ? undefined : 'TIME_SYNTAX';
  const sign = text.charCodeAt(at);
  const isOffset = at + 6 === text.length && (sign === 0x2b || sign === 0x2d) && text.charCodeAt(at + 3) === 0x3a;
  const hours = pair(text, at + 1);
  const minutes = pair(text, at + 4);
  if (!(isOffset && hours <= 23 && minutes <= 59)) return 'TIME_SYNTAX';
  return hours === 0 && minutes === 0 ? undefined : 'TIME_NOT_UTC';
}

const PAIRS = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'));

// Rows of one batch mostly share their day, so its text is made once.
let dayShown = Number.NaN;
let dayText = '';

/** RFC 3339 text of an epoch time in ms, in UTC with three fraction digits (`2026-01-01T00:00:00.000Z`); years 0..9999. */
export function formatTime(timeMs: number): string {
  const day = Math.floor(timeMs / DAY_MS);
  if (day !== dayShown) {
    dayText = new Date(day * DAY_MS).toISOString().slice(0, 11);
    dayShown = day;
  }
  const ms = timeMs - day * DAY_MS;
  const seconds = Math.floor(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  const fraction = ms % 1_000;
  const hundreds = Math.floor(fraction / 100);
  return `${dayText}${PAIRS[Math.floor(minutes / 60)]}:${PAIRS[minutes % 60]}:${PAIRS[seconds % 60]}.${hundreds}${PAIRS[fraction % 100]}Z`;
}
