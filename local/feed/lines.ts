import { createReadStream } from 'node:fs';
import { type EventChunk, type FeedShape, partitionKeyOf, UNPARSED_KEY } from './events.ts';

/** Bytes read at a time. */
const READ_BYTES = 1024 * 1024;

/** Longest line kept whole: a stream record cannot hold more than 1 MiB anyway; the rest of a longer line is dropped. */
export const LINE_BYTES_MAX = 8 * 1024 * 1024;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

function isBlank(line: Uint8Array): boolean {
  for (const byte of line) if (byte !== 0x20 && byte !== 0x09 && byte !== RETURN) return false;
  return true;
}

/** Lines of a file, without their ends (LF or CRLF), blank ones left out, in groups of one read. */
async function* linesOf(path: string): AsyncGenerator<Buffer[]> {
  let carry: Buffer[] = [];
  let carried = 0;
  let first = true;
  const keep = (piece: Buffer): void => {
    if (carried < LINE_BYTES_MAX) carry.push(piece.subarray(0, LINE_BYTES_MAX - carried));
    carried += piece.length;
  };
  const takeLine = (lines: Buffer[]): void => {
    let line = carry.length === 1 ? (carry[0] as Buffer) : Buffer.concat(carry);
    carry = [];
    carried = 0;
    // A byte order mark marks the file, it is no part of the first event.
    if (first && line.subarray(0, 3).equals(BYTE_ORDER_MARK)) line = line.subarray(3);
    first = false;
    if (line[line.length - 1] === RETURN) line = line.subarray(0, line.length - 1);
    if (!isBlank(line)) lines.push(line);
  };
  for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES })) {
    const buffer = piece as Buffer;
    const lines: Buffer[] = [];
    let from = 0;
    for (let at = buffer.indexOf(NEWLINE); at >= 0; at = buffer.indexOf(NEWLINE, from)) {
      keep(buffer.subarray(from, at));
      takeLine(lines);
      from = at + 1;
    }
    if (from < buffer.length) keep(buffer.subarray(from));
    if (lines.length > 0) yield lines;
  }
  const last: Buffer[] = [];
  takeLine(last);
  if (last.length > 0) yield last;
}

/** Key and time as far as they can be read; whatever is wrong with the line, the processor will say. */
function peekLine(line: Buffer, shape: FeedShape): { key: string; timeMs: number } {
  try {
    const value: unknown = JSON.parse(line.toString());
    if (value === null || typeof value !== 'object') return { key: UNPARSED_KEY, timeMs: Number.NaN };
    const fields = value as Record<string, unknown>;
    const type = fields['type'];
    const keyField =
      typeof type === 'string' && Object.hasOwn(shape.keyFields, type) ? shape.keyFields[type] : shape.keyFields[shape.defaultType];
    const time = fields['event_time'];
    return {
      key: partitionKeyOf(keyField === undefined ? undefined : fields[keyField]),
      timeMs: typeof time === 'string' ? Date.parse(time) : Number.NaN,
    };
  } catch {
    return { key: UNPARSED_KEY, timeMs: Number.NaN };
  }
}

function eventsOf(lines: readonly Buffer[], shape: FeedShape): EventChunk {
  const count = lines.length;
  const ends = new Uint32Array(count);
  const timesMs = new Float64Array(count);
  const keys = new Array<string>(count);
  let end = 0;
  for (let index = 0; index < count; index++) {
    const line = lines[index] as Buffer;
    const { key, timeMs } = peekLine(line, shape);
    keys[index] = key;
    timesMs[index] = timeMs;
    end += line.length;
    ends[index] = end;
  }
  return { count, bytes: count === 1 ? (lines[0] as Buffer) : Buffer.concat(lines, end), ends, keys, timesMs };
}

/** Events from the lines of files, byte for byte, whatever they hold; blank lines are skipped. */
export async function* lineEvents(files: readonly string[], shape: FeedShape): AsyncGenerator<EventChunk> {
  for (const file of files) for await (const lines of linesOf(file)) yield eventsOf(lines, shape);
}
