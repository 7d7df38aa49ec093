import { createHmac } from 'node:crypto';
import { PSEUDONYM_LENGTH_MIN } from '../../core/definition/personal.ts';
import type { EventTypeSpec, Pipeline } from '../../core/definition/pipeline.ts';
import { usageError } from '../../core/errors.ts';

/** Who is to be forgotten: a value of a key field, and what takes its place. */
export interface Subject {
  readonly field: string;
  readonly value: string;
  readonly pseudonym: string;
  /** What takes the place of a value of a personal field of the subject's events: the same for the same value, and another for each subject. */
  readonly pseudonymOf: (field: string, value: string) => string;
  /** Names of the event types whose key field it is. */
  readonly types: ReadonlySet<string>;
}

/** Marks a pseudonym for whoever reads one. */
const PREFIX = 'erased-';
/** 128 bits: nobody finds a second key with the same pseudonym. */
const LETTERS_MAX = 32;
const PSEUDONYM = /^erased-[a-p]{16,32}$/;
const SECRET_BYTES_MIN = 32;
const A = 'a'.charCodeAt(0);

/**
 * The subject of an erasure. Its pseudonym is a keyed hash: the same key always gets the same one, and nobody without the secret can tell
 * the key from it, or try keys. Letters a..p only, so that it is never taken for a card number. Throws UsageError for a field that is no
 * key, a value that the field cannot hold, and one that is erased already.
 */
export function subjectOf(pipeline: Pipeline, field: string, value: string, secret: Uint8Array): Subject {
  const types = typesKeyedBy(pipeline, field);
  const lengthMax = lengthMaxOf(types, field);
  if (value === '' || !value.isWellFormed() || value.includes('\0'))
    throw usageError(`--${field}`, value, 'a text that a key can be: one character or more, Unicode without NUL');
  if (PSEUDONYM.test(value)) throw usageError(`--${field}`, value, 'a key; this is what the key was replaced by when it was erased');
  if (lengthMax < PSEUDONYM_LENGTH_MIN)
    throw usageError(`maxLength of ${field}`, lengthMax, `at least ${PSEUDONYM_LENGTH_MIN}: a pseudonym must fit`);
  if (secret.length < SECRET_BYTES_MIN) throw new TypeError(`erasure secret: got ${secret.length} bytes; allowed: at least 32`);
  const parts = [pipeline.name, field, value];
  return {
    ...{ field, value, types: new Set(types.map(([name]) => name)) },
    pseudonym: pseudonymFor(parts, secret, lengthMax),
    pseudonymOf: (name, text) => pseudonymFor([...parts, name, text], secret, lengthMaxOf(types, name)),
  };
}

function pseudonymFor(parts: readonly string[], secret: Uint8Array, lengthMax: number): string {
  const hash = createHmac('sha256', secret).update(JSON.stringify(parts)).digest();
  const letters = [...hash].map((byte) => String.fromCharCode(A + (byte >> 4), A + (byte & 15))).join('');
  return PREFIX + letters.slice(0, Math.min(LETTERS_MAX, lengthMax - PREFIX.length));
}

/** Key fields of a pipeline, as flags of `forget` name them. */
export function keyFieldsOf(pipeline: Pipeline): string[] {
  return [...new Set(Object.values(pipeline.eventTypes).map(({ key }) => key))];
}

function typesKeyedBy(pipeline: Pipeline, field: string): [string, EventTypeSpec][] {
  const types = Object.entries(pipeline.eventTypes);
  const keyed = types.filter(([, { key }]) => key === field);
  if (keyed.length === 0) throw usageError('key field', field, keyFieldsOf(pipeline).join(', '));
  const other = types.find(([, type]) => type.key !== field && Object.hasOwn(type.fields, field));
  if (other !== undefined)
    throw usageError(
      'erasure by',
      `${field}, which event type ${other[0]} has beside its own key ${other[1].key}`,
      `a key that no event type has as a plain field: rows of ${other[0]} are not kept by it`,
    );
  return keyed;
}

/** Longest text that the field takes in all of the types that have it. */
function lengthMaxOf(types: readonly (readonly [string, EventTypeSpec])[], field: string): number {
  const specs = types.flatMap(([, { fields }]) => fields[field] ?? []);
  return Math.min(...specs.map((spec) => (spec.kind === 'string' ? spec.maxLength : 0)));
}
