import { JsonScanner } from '../decode/json.ts';
import { KIND } from '../decode/tokens.ts';
import type { EventTypeSpec, Pipeline } from '../definition/pipeline.ts';
import type { Event, FieldValue, Parsed, RawEvent, Rejection } from '../model.ts';
import { emptyRecord } from './empty.ts';
import { compileFields, type FieldReader, readField } from './fields.ts';
import { reject } from './rejection.ts';
import { formatTime } from './timestamp.ts';

/** Member that tells event types apart. */
const TYPE = 'type';

interface CompiledType {
  readonly name: string;
  readonly key: string;
  readonly fields: readonly FieldReader[];
}

/**
 * Makes the parser of a pipeline's events: bytes to event, or the first fault found (JSON first, then fields in declared order, money
 * after its currency). Members that the event type does not declare are checked as JSON and otherwise ignored. Never throws on any bytes.
 */
export function createParser(pipeline: Pipeline): (raw: RawEvent) => Parsed {
  const names = [...new Set([TYPE, ...Object.values(pipeline.eventTypes).flatMap((type) => Object.keys(type.fields))])];
  const scanner = new JsonScanner(names);
  const types = new Map(Object.entries(pipeline.eventTypes).map(([name, spec]) => [name, compileType(name, spec, names)]));
  const { futureMs } = pipeline.time;
  return (raw) => {
    if (raw.bytes.length === 0) return { rejection: emptyRecord() };
    const fault = scanner.scan(raw.bytes);
    if (fault !== undefined) return { rejection: fault };
    const type = typeOf(scanner, types);
    if ('code' in type) return { rejection: type };
    const event = readEvent(scanner, type);
    if ('code' in event) return { rejection: event };
    return event.timeMs > raw.arrivalMs + futureMs ? { rejection: inFuture(event, raw, futureMs) } : { event };
  };
}

function compileType(name: string, spec: EventTypeSpec, names: readonly string[]): CompiledType {
  return { name, key: spec.key, fields: compileFields(spec.fields, names) };
}

function typeOf(scanner: JsonScanner, types: ReadonlyMap<string, CompiledType>): CompiledType | Rejection {
  const kind = scanner.kindOf(0);
  const isString = kind === KIND.string || kind === KIND.escaped;
  const type = isString ? types.get(scanner.textOf(0)) : undefined;
  if (type !== undefined) return type;
  const allowed = [...types.keys()].join(', ');
  if (kind === KIND.absent || kind === KIND.null) return reject('TYPE_MISSING', TYPE, { what: 'no event type', received: '', allowed });
  const received = scanner.textOf(0);
  return isString
    ? reject('TYPE_UNKNOWN', TYPE, { what: 'unknown event type', received, allowed })
    : reject('FIELD_TYPE', TYPE, { what: 'event type is no string', received, allowed });
}

function readEvent(scanner: JsonScanner, type: CompiledType): Event | Rejection {
  const values: Record<string, FieldValue> = {};
  for (const field of type.fields) {
    const value = readField(scanner, field, values);
    if (value === undefined) continue;
    if (typeof value === 'object') return value;
    values[field.name] = value;
  }
  return {
    type: type.name,
    id: values.event_id as string,
    timeMs: values.event_time as number,
    key: String(values[type.key]),
    values,
  };
}

function inFuture(event: Event, raw: RawEvent, futureMs: number): Rejection {
  const received = formatTime(event.timeMs);
  const allowed = `up to ${futureMs} ms after the arrival at ${formatTime(raw.arrivalMs)}`;
  return reject('TIME_IN_FUTURE', 'event_time', { what: 'event time too far ahead', received, allowed });
}
