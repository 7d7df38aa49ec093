import { type Int, intOf } from './ints.ts';

const TEXT = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/gy;
const UNIT_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const NS_PER_MS = 1_000_000n;
/** First and last millisecond of the years 1 to 9999. */
const TIMESTAMP_MS_MIN = Date.parse('0001-01-01T00:00:00Z');
const TIMESTAMP_MS_MAX = Date.parse('9999-12-31T23:59:59.999Z');
/** About 292 years: 64 bits of nanoseconds, as other engines have them. */
const DURATION_MS_MAX = 9_223_372_036_854;
const MS_PER_DAY = 86_400_000;

/** Epoch milliseconds within the years 1 to 9999; undefined outside. */
export function timestampOf(ms: number): number | undefined {
  return ms >= TIMESTAMP_MS_MIN && ms <= TIMESTAMP_MS_MAX ? ms : undefined;
}

/** Milliseconds of a duration that there is; undefined outside. */
export function durationOf(ms: number): number | undefined {
  return Math.abs(ms) <= DURATION_MS_MAX ? ms : undefined;
}

/** Epoch milliseconds of an RFC 3339 text; undefined if it is none, outside of the years 1 to 9999, or finer than milliseconds. */
export function timestampOfText(text: string): number | undefined {
  const found = TEXT.exec(text);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  const [, , , , , , , fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = found;
  if (hour > 23 || minute > 59 || second > 59 || Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const nanoseconds = Number(fraction.padEnd(9, '0'));
  if (nanoseconds % 1_000_000 !== 0) return undefined;
  const offsetMs = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000 * (sign === '-' ? -1 : 1);
  return timestampOf(date.getTime() + ((hour * 60 + minute) * 60 + second) * 1_000 + nanoseconds / 1_000_000 - offsetMs);
}

/** Milliseconds of a text such as `1h30m` or `-1.5s`; undefined if it is none, too long, or finer than milliseconds. */
export function durationOfText(text: string): number | undefined {
  const body = text.replace(/^[+-]/, '');
  if (body === '0') return 0;
  let [at, sum] = [0, 0n];
  for (const [whole, number = '', unit = ''] of body.matchAll(PART)) {
    const [units = '', fraction = ''] = number.split('.');
    const unitNs = UNIT_NS[unit] ?? 0n;
    sum += BigInt(units === '' ? '0' : units) * unitNs + (BigInt(`0${fraction}`) * unitNs) / 10n ** BigInt(fraction.length);
    at += whole.length;
  }
  if (at === 0 || at < body.length || sum % NS_PER_MS !== 0n) return undefined;
  return durationOf(Number(sum / NS_PER_MS) * (text.startsWith('-') ? -1 : 1) + 0);
}

/** RFC 3339 in UTC, without zeros behind the last digit of the seconds. */
export function timestampText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
}

/** Seconds, such as `3600s` or `0.25s`. */
export function durationText(ms: number): string {
  return `${ms / 1_000}s`;
}

/** Whole seconds since the epoch, down to the last one that has begun. */
export function epochSeconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

/** A point of time by its whole seconds since the epoch; undefined outside of the years 1 to 9999. */
export function timestampOfSeconds(seconds: Int): number | undefined {
  return timestampOf(Number(seconds) * 1_000);
}

/** Parts of a point of time, by the name that CEL asks for. */
export type TimePart =
  | 'getFullYear'
  | 'getMonth'
  | 'getDate'
  | 'getDayOfMonth'
  | 'getDayOfWeek'
  | 'getDayOfYear'
  | 'getHours'
  | 'getMinutes'
  | 'getSeconds'
  | 'getMilliseconds';

const PARTS: Readonly<Record<TimePart, (local: Date) => number>> = {
  getFullYear: (local) => local.getUTCFullYear(),
  getMonth: (local) => local.getUTCMonth(),
  getDate: (local) => local.getUTCDate(),
  getDayOfMonth: (local) => local.getUTCDate() - 1,
  getDayOfWeek: (local) => local.getUTCDay(),
  getDayOfYear: (local) => Math.floor((local.getTime() - yearStart(local)) / MS_PER_DAY),
  getHours: (local) => local.getUTCHours(),
  getMinutes: (local) => local.getUTCMinutes(),
  getSeconds: (local) => local.getUTCSeconds(),
  getMilliseconds: (local) => local.getUTCMilliseconds(),
};

/** Names of the parts of a point of time. */
export const TIME_PARTS = Object.keys(PARTS) as readonly TimePart[];

/** A part of a point of time, in UTC or a zone such as `Europe/Berlin` or `+02:00`; undefined for a zone that nobody knows. */
export function timePart(part: TimePart, ms: number, zone = 'UTC'): Int | undefined {
  const offsetMs = zoneOffsetMs(zone, ms);
  return offsetMs === undefined ? undefined : PARTS[part](new Date(ms + offsetMs));
}

/** Parts of a duration, whole ones, cut towards zero. */
export const DURATION_PARTS: Readonly<Record<string, (ms: number) => Int | undefined>> = {
  getHours: (ms) => intOf(BigInt(Math.trunc(ms / 3_600_000))),
  getMinutes: (ms) => intOf(BigInt(Math.trunc(ms / 60_000))),
  getSeconds: (ms) => intOf(BigInt(Math.trunc(ms / 1_000))),
  getMilliseconds: (ms) => (ms % 1_000) + 0,
};

function yearStart(local: Date): number {
  const start = new Date(0);
  start.setUTCFullYear(local.getUTCFullYear(), 0, 1);
  return start.getTime();
}

const formats = new Map<string, Intl.DateTimeFormat>();
const OFFSET = /^([+-]?)(\d\d):(\d\d)$/;

function zoneOffsetMs(zone: string, ms: number): number | undefined {
  if (zone === 'UTC') return 0;
  const found = OFFSET.exec(zone);
  if (found !== null) return (Number(found[2]) * 60 + Number(found[3])) * 60_000 * (found[1] === '-' ? -1 : 1);
  const format = formatOf(zone);
  if (format === undefined) return undefined;
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const local = new Date(0);
  local.setUTCFullYear(parts.get('year') ?? 0, (parts.get('month') ?? 1) - 1, parts.get('day') ?? 1);
  local.setUTCHours(parts.get('hour') ?? 0, parts.get('minute') ?? 0, parts.get('second') ?? 0);
  return local.getTime() - Math.floor(ms / 1_000) * 1_000;
}

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  let format = formats.get(zone);
  if (format !== undefined) return format;
  const field = 'numeric';
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: field,
      month: field,
      day: field,
      hour: field,
      minute: field,
      second: field,
    });
  } catch {
    return undefined;
  }
  formats.set(zone, format);
  return format;
}
