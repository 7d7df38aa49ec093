import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { RetriableError, usageError } from '../../core/errors.ts';
import { KIND } from '../generate/kinds.ts';
import type { OfferedEvent } from '../send/shard-queue.ts';

/** What a producer needs of a replay. */
export interface ReplayOptions {
  /** File of events, one JSON object a line, in the order of their arrival. */
  readonly input: string;
  /** So many times as fast as they happened. */
  readonly speed: number;
  readonly run: string;
  readonly startMs: number;
  readonly producer: number;
  readonly producers: number;
}

/** Events of a file, due when their times say. */
export interface ReplaySource {
  readonly dueMs: number;
  next(): OfferedEvent;
}

/** Events of a file are held in memory: a longer history is cut, or loaded with `headrace backfill --input`. */
const EVENTS_MAX = 2_000_000;

interface Fields {
  readonly [name: string]: unknown;
}

/**
 * Opens a replay: an event arrives when the newest time up to it says, so that what came late then comes late again. Times are moved
 * to now and drawn together by the speed; ids and customers get the run's name, so that a second replay repeats nothing.
 */
export async function openReplay(options: ReplayOptions): Promise<ReplaySource> {
  const events: OfferedEvent[] = [];
  const seen = new Set<string>();
  const clock = { firstMs: Number.NaN, newestMs: Number.NEGATIVE_INFINITY };
  let number = 0;
  for await (const line of linesOf(options.input)) {
    if (line.trim() === '') continue;
    const fields = fieldsOf(line);
    const timeMs = Date.parse(String(fields?.['event_time']));
    if (Number.isNaN(clock.firstMs) && !Number.isNaN(timeMs)) clock.firstMs = timeMs;
    if (timeMs > clock.newestMs) clock.newestMs = timeMs;
    const event = Number.isNaN(clock.firstMs) ? undefined : moved(line, fields, { options, clock, seen, timeMs });
    // What has no customer goes by its place in the file.
    const owner = event === undefined ? 0 : hashOf(event.partitionKey) % options.producers;
    if (event !== undefined && owner === options.producer) events.push(event);
    if (++number > EVENTS_MAX) throw usageError('replay.input', options.input, `a file of at most ${EVENTS_MAX} events`);
  }
  if (Number.isNaN(clock.firstMs))
    throw usageError('replay.input', options.input, 'a file of events with event_time, one JSON object a line');
  let at = 0;
  return {
    get dueMs() {
      return events[at]?.intendedMs ?? Number.POSITIVE_INFINITY;
    },
    next: () => events[at++] as OfferedEvent,
  };
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES')
      throw usageError('replay.input', path, `a file that can be read (${code})`);
    throw new RetriableError(`${path} could not be read: ${message}`, { cause: error });
  }
}

interface Place {
  readonly options: ReplayOptions;
  readonly clock: { readonly firstMs: number; readonly newestMs: number };
  readonly seen: Set<string>;
  readonly timeMs: number;
}

function moved(line: string, fields: Fields | undefined, { options, clock, seen, timeMs }: Place): OfferedEvent {
  const { run, startMs, speed } = options;
  const shifted = (ms: number): number => startMs + (ms - clock.firstMs) / speed;
  const base = { intendedMs: shifted(clock.newestMs), ordinal: -1, euroMinor: 0 };
  const key = fields?.['customer_id'];
  const id = fields?.['event_id'];
  if (fields === undefined || typeof key !== 'string' || typeof id !== 'string' || Number.isNaN(timeMs)) {
    return { ...base, kind: KIND.malformed, partitionKey: `${run}-broken`, data: Buffer.from(line) };
  }
  const name = `${String(fields['type'])} ${key} ${id}`;
  const isLabel = fields['type'] === 'label';
  const kind = seen.has(name) ? KIND.duplicate : isLabel ? KIND.label : KIND.transaction;
  seen.add(name);
  const times = Object.entries(fields).filter(([field, value]) => /_time$/.test(field) && !Number.isNaN(Date.parse(String(value))));
  const ids = Object.entries(fields).filter(
    ([field, value]) => /^(event_id|transaction_id|customer_id)$/.test(field) && typeof value === 'string',
  );
  const changed = {
    ...fields,
    ...Object.fromEntries(times.map(([field, value]) => [field, new Date(Math.floor(shifted(Date.parse(String(value))))).toISOString()])),
    ...Object.fromEntries(ids.map(([field, value]) => [field, `${run}-${String(value)}`])),
  };
  return { ...base, kind, partitionKey: `${run}-${key}`, data: Buffer.from(JSON.stringify(changed)) };
}

function fieldsOf(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) >>> 0;
  return hash;
}
