import { parseTime } from '../events/timestamp.ts';

const NAME = Buffer.from('"event_time"');
const COLON = 0x3a;
const QUOTE = 0x22;
/** Longest time text looked at: `2026-01-31T23:59:59.123456789+00:00`. */
const TIME_BYTES_MAX = 35;

/**
 * Event times (epoch ms) of the first and the last user record in a stream record, plain or aggregated, found by their bytes: no
 * checksum, no JSON. A hint for pacing and alignment, not a judgement. Undefined if either is not found or no valid time.
 */
export function peekEventTimes(data: Uint8Array): { firstMs: number; lastMs: number } | undefined {
  const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const first = bytes.indexOf(NAME);
  if (first < 0) return undefined;
  const firstMs = timeBehind(bytes, first + NAME.length);
  if (firstMs === undefined) return undefined;
  const last = bytes.lastIndexOf(NAME);
  const lastMs = last === first ? firstMs : timeBehind(bytes, last + NAME.length);
  return lastMs === undefined ? undefined : { firstMs, lastMs };
}

function timeBehind(bytes: Buffer, nameEnd: number): number | undefined {
  const colon = skipBlanks(bytes, nameEnd);
  if (bytes[colon] !== COLON) return undefined;
  const quote = skipBlanks(bytes, colon + 1);
  if (bytes[quote] !== QUOTE) return undefined;
  const text = bytes.toString('latin1', quote + 1, quote + 1 + TIME_BYTES_MAX + 1);
  const end = text.indexOf('"');
  const time = parseTime(end < 0 ? text : text.slice(0, end));
  return typeof time === 'number' ? time : undefined;
}

/** Blanks as common writers put them around a colon; a longer run is not worth a look. */
const BLANKS_MAX = 8;

function skipBlanks(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 && at - from < BLANKS_MAX) at += 1;
  return at;
}
