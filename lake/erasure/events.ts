import { JsonScanner } from '../../core/decode/json.ts';
import { KIND } from '../../core/decode/tokens.ts';
import { personalFieldsOf } from '../../core/definition/personal.ts';
import type { Pipeline } from '../../core/definition/pipeline.ts';
import { createParser } from '../../core/events/parser.ts';
import type { Event, FieldValue, Parsed, RawEvent } from '../../core/model.ts';
import type { Subject } from './subject.ts';

/** A record as a table keeps it. */
export interface KeptRecord {
  readonly bytes: Uint8Array;
  readonly partitionKey: string;
  /** When it arrived, epoch ms. */
  readonly arrivalMs: number;
}

/** A record of the subject with the subject masked, and how the pipeline's parser reads the old and the new bytes. */
export interface MaskedRecord {
  readonly bytes: Uint8Array;
  readonly before: Parsed;
  readonly after: Parsed;
}

/** Masks records. */
export interface RecordMask {
  /** For a record that is an event; undefined if it is not the subject's. */
  event(record: KeptRecord): MaskedRecord | undefined;
  /** For a record in quarantine; undefined if nothing in it names the subject. The parser refuses the new bytes too. */
  refused(record: KeptRecord): MaskedRecord | undefined;
}

/** What takes the place of bytes that cannot be masked in part. */
const ERASED = Buffer.from('erased');
/** Shorter keys are not looked for in text that is no JSON: they would be found everywhere. */
const TEXT_KEY_LENGTH_MIN = 4;
const TYPE = 'type';

/**
 * Makes the mask of original bytes. An event keeps its declared fields, byte for byte, but for the key, which becomes the pseudonym, and
 * personal fields, which go or become pseudonyms; members that the definition does not know go too, since nobody can say what is in them.
 */
export function createRecordMask(pipeline: Pipeline, subject: Subject): RecordMask {
  const parse = createParser(pipeline);
  const rebuild = rebuilderOf(pipeline, subject);
  const parsed = (record: KeptRecord, bytes: Uint8Array): Parsed => parse(rawOf(record, bytes));
  return {
    event: (record) => {
      const before = parsed(record, record.bytes);
      if (!('event' in before) || !isOwn(subject, before.event)) return undefined;
      const bytes = rebuild(record.bytes, before.event.type);
      const after: Parsed | undefined = bytes === undefined ? undefined : parsed(record, bytes);
      if (bytes === undefined || after === undefined || !isSame(pipeline, subject, before.event, after))
        throw new Error(`an event of type ${before.event.type} cannot be masked so that it reads the same`);
      return { bytes, before, after };
    },
    refused: (record) => {
      if (!names(record, subject)) return undefined;
      const before = parsed(record, record.bytes);
      const bytes = rebuild(record.bytes, undefined);
      if (bytes !== undefined) {
        const after = parsed(record, bytes);
        if (isSameRefusal(before, after)) return { bytes, before, after };
      }
      return { bytes: ERASED, before, after: parsed(record, ERASED) };
    },
  };
}

function rawOf({ partitionKey, arrivalMs }: KeptRecord, bytes: Uint8Array): RawEvent {
  return { position: '', sequence: '0', subSequence: 0, arrivalMs, partitionKey, bytes };
}

/** Whether an event is one of the subject's. */
function isOwn({ types, value }: Subject, event: Event): boolean {
  return types.has(event.type) && event.key === value;
}

function isSame(pipeline: Pipeline, { field, pseudonym, pseudonymOf }: Subject, before: Event, after: Parsed): boolean {
  if (!('event' in after)) return false;
  const { gone, veiled } = personalOf(pipeline, before.type);
  const expected = Object.entries(before.values).filter(([name]) => !gone.has(name));
  const shown = (name: string, value: FieldValue): FieldValue => (veiled.has(name) ? pseudonymOf(name, String(value)) : value);
  const wanted = Object.fromEntries(expected.map(([name, value]) => [name, name === field ? pseudonym : shown(name, value)]));
  return after.event.type === before.type && JSON.stringify(after.event.values) === JSON.stringify(wanted);
}

/** Personal fields of an event type, or of all of them: those that go and those that become pseudonyms. */
function personalOf({ eventTypes }: Pipeline, typeName: string | undefined): Record<'gone' | 'veiled', ReadonlySet<string>> {
  const types = Object.entries(eventTypes).flatMap(([name, type]) => (typeName === undefined || name === typeName ? [type] : []));
  return {
    gone: new Set(types.flatMap((type) => personalFieldsOf(type, 'drop'))),
    veiled: new Set(types.flatMap((type) => personalFieldsOf(type, 'pseudonym'))),
  };
}

/** A record refused for its card number may read as an event now: only the number in it was wrong. */
function isSameRefusal(before: Parsed, after: Parsed): boolean {
  if ('event' in before) return 'event' in after;
  return 'rejection' in after && after.rejection.code === before.rejection.code && after.rejection.path === before.rejection.path;
}

/** Whether anything in a refused record is the key: its partition key, any text of its JSON, or a word of what is no JSON. */
function names({ bytes, partitionKey }: KeptRecord, { value }: Subject): boolean {
  if (partitionKey === value) return true;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (text.includes(JSON.stringify(value))) return true;
  try {
    return holds(JSON.parse(text), value);
  } catch {
    return value.length >= TEXT_KEY_LENGTH_MIN && isWord(text, value);
  }
}

function holds(json: unknown, value: string): boolean {
  if (json === value) return true;
  return typeof json === 'object' && json !== null && Object.values(json).some((one) => holds(one, value));
}

function isWord(text: string, value: string): boolean {
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    const around = (text[at - 1] ?? ' ') + (text[at + value.length] ?? ' ');
    if (!/[\p{L}\p{N}_]/u.test(around)) return true;
  }
  return false;
}

/** Makes the function that writes an event anew out of its declared members; undefined for bytes that are no JSON object. */
function rebuilderOf(
  pipeline: Pipeline,
  { field, value, pseudonym, pseudonymOf }: Subject,
): (bytes: Uint8Array, type: string | undefined) => Buffer | undefined {
  const types = Object.values(pipeline.eventTypes);
  const members = [...new Set([TYPE, ...types.flatMap((type) => Object.keys(type.fields))])];
  const scanner = new JsonScanner(members);
  const textOf = (member: number, name: string, veiled: ReadonlySet<string>): string => {
    const kind = scanner.kindOf(member);
    if (kind === KIND.object) return '{}';
    if (kind === KIND.array) return '[]';
    const text = scanner.textOf(member);
    // Whatever it is that was refused there: a number may tell as much as a text.
    if (veiled.has(name) && kind !== KIND.null) return JSON.stringify(pseudonymOf(name, text));
    if (kind !== KIND.string && kind !== KIND.escaped) return text;
    return JSON.stringify(name === field && text.includes(value) ? pseudonym : text);
  };
  return (bytes, typeName) => {
    if (scanner.scan(bytes) !== undefined) return undefined;
    const type = typeName === undefined ? undefined : pipeline.eventTypes[typeName];
    const { gone, veiled } = personalOf(pipeline, typeName);
    const parts = members.flatMap((name, member) => {
      const isKept = name === TYPE || (!gone.has(name) && (type === undefined || Object.hasOwn(type.fields, name)));
      return isKept && scanner.kindOf(member) !== KIND.absent ? [`${JSON.stringify(name)}:${textOf(member, name, veiled)}`] : [];
    });
    return Buffer.from(`{${parts.join(',')}}`);
  };
}
