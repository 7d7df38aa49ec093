import { usageError } from '../errors.ts';
import type { FieldFilter } from './features.ts';
import type { FieldSpec } from './fields.ts';
import type { EventTypeSpec } from './pipeline.ts';

/** Fields of an event type, by name. */
export type Fields = EventTypeSpec['fields'];

/** Kinds of field that hold numbers. */
export const NUMERIC = ['money', 'integer', 'fixed'];
/** All kinds of field. */
export const FIELD_KINDS = ['string', 'time', 'money', 'currency', 'boolean', 'integer', 'fixed'];

/** Throws UsageError unless something is right. */
export function ensure(isRight: boolean, what: string, received: unknown, allowed: string): void {
  if (!isRight) throw usageError(what, received, allowed);
}

/** Whether a value is text. */
export function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** Names in a row. */
export function listOf(names: Iterable<string>): string {
  return [...names].join(', ');
}

/** The field's spec; a usage error unless it exists and is of one of the kinds. */
export function fieldOf(path: string, fields: Fields, name: unknown, kinds: readonly string[] = FIELD_KINDS): FieldSpec {
  const spec = isText(name) && Object.hasOwn(fields, String(name)) ? fields[String(name)] : undefined;
  const fitting = Object.keys(fields).filter((one) => kinds.includes(fields[one]?.kind ?? ''));
  const allowed = `a field of kind ${kinds.join(' or ')} (${listOf(fitting)})`;
  if (spec === undefined || !kinds.includes(spec.kind)) {
    throw usageError(path, spec === undefined ? name : `${String(name)} of kind ${spec.kind}`, allowed);
  }
  return spec;
}

/** Checks fields and the values that they must have. */
export function checkFilter(path: string, filter: FieldFilter, fields: Fields): void {
  for (const [field, value] of Object.entries(filter)) {
    const spec = fieldOf(`${path}.${field}`, fields, field);
    const type = spec.kind === 'boolean' ? 'boolean' : spec.kind === 'string' || spec.kind === 'currency' ? 'string' : 'number';
    const isRight = type === 'number' ? Number.isSafeInteger(value) : typeof value === type;
    ensure(isRight, `${path}.${field}`, value, type === 'number' ? 'a whole number (money in minor units, fixed scaled)' : `a ${type}`);
  }
}
