import type { FieldSpec } from '../../definition/fields.ts';
import type { EventTypeSpec } from '../../definition/pipeline.ts';
import { ANSWER, FOUND } from '../../scan/layout.ts';
import type { FieldReader } from '../fields.ts';

/** Makes event values of what a scan found: code, and where the answer of a member stands. */
export interface Emitted {
  readonly type: string;
  readonly spec: EventTypeSpec;
  /** Fields in the order in which an event has its values. */
  readonly fields: readonly FieldReader[];
  /** Where the answers begin, in words. */
  readonly answers: number;
}

const WORD_BYTES = 4;

/**
 * Code of a function `() => Event | undefined` over the answers of a scan; `m` is the memory, `texts` the remembered ones, `h` functions that
 * make texts and exact integers. A field is undefined where the event has none.
 */
export function emitEvent(emitted: Emitted): string {
  const { type, spec, fields } = emitted;
  const variable = (name: string): string => variableOf(fields.find((field) => field.name === name));
  return [
    'const { words, doubles } = m;',
    ...fields.flatMap((field) => linesOf(field, emitted)),
    `if (${fields.flatMap(faultsOf).join(' || ')}) return undefined;`,
    `return { type: ${JSON.stringify(type)}, id: ${variable('event_id')}, timeMs: ${variable('event_time')}, key: ${variable(spec.key)},`,
    `values: ${valuesOf(fields)} };`,
  ].join('\n');
}

const variableOf = (field: FieldReader | undefined): string => `v${field?.member}`;

/** Lines that give the variable of a field its value. None returns: a text that is new to the scanner must be made, whatever else is wrong. */
function linesOf(field: FieldReader, emitted: Emitted): string[] {
  const { spec, member } = field;
  const v = variableOf(field);
  const at = emitted.answers + (member * ANSWER.bytes) / WORD_BYTES;
  const lines = [`const k${member} = words[${at}];`, `const ${v} = ${valueCode(spec, { at, member, fields: emitted.fields })};`];
  if (spec.kind === 'currency') lines.push(`const x${member} = ${v} === undefined ? -1 : h.exponent(${v});`);
  return lines;
}

/** What keeps an event from being plain: a required field that it lacks, a currency nobody knows, a number without an exact integer. */
function faultsOf(field: FieldReader): string[] {
  const { spec, member } = field;
  const v = variableOf(field);
  const faults = spec.optional ? [] : [`${v} === undefined`];
  if (spec.kind === 'currency') faults.push(`(${v} !== undefined && x${member} < 0)`);
  if (isExact(spec)) faults.push(`${v} !== ${v}`);
  return faults;
}

function isExact({ kind }: FieldSpec): boolean {
  return kind === 'money' || kind === 'fixed' || kind === 'integer';
}

interface Place {
  /** Where the answer stands, in words. */
  readonly at: number;
  readonly member: number;
  readonly fields: readonly FieldReader[];
}

function valueCode(spec: FieldSpec, place: Place): string {
  const { at, member } = place;
  const k = `k${member}`;
  const double = `doubles[${(at * WORD_BYTES + ANSWER.value) / 8}]`;
  switch (spec.kind) {
    case 'string':
    case 'currency':
      return `${k} < ${FOUND.spelt} ? undefined : ${k} >= ${FOUND.remembered} && (${k} & 1) === 0 ? texts[(${k} - ${FOUND.remembered}) >> 1] : h.text(${at})`;
    case 'time':
      return `${k} === ${FOUND.time} ? ${double} : undefined`;
    case 'boolean':
      return `${k} === ${FOUND.true} ? true : ${k} === ${FOUND.false} ? false : undefined`;
    case 'integer':
    case 'fixed':
    case 'money':
      return `${k} === ${FOUND.number} ? h.scaled(${double}, words[${at + ANSWER.decimals / WORD_BYTES}], ${scaleOf(spec, place.fields)}) : undefined`;
  }
}

/** Decimals that the integer of a number has; money has those of its currency, which is read before it. */
function scaleOf(spec: FieldSpec, fields: readonly FieldReader[]): string {
  if (spec.kind === 'money') return `x${fields.find(({ name }) => name === spec.currencyField)?.member}`;
  return spec.kind === 'fixed' ? String(spec.scale) : '0';
}

/** The values: an object of one form for events that have all fields, and of one form for each set of fields that are there. */
function valuesOf(fields: readonly FieldReader[]): string {
  const all = `{ ${fields.map((field) => `${JSON.stringify(field.name)}: ${variableOf(field)}`).join(', ')} }`;
  const optional = fields.filter(({ spec }) => spec.optional).map((field) => `${variableOf(field)} !== undefined`);
  return optional.length === 0 ? all : `${optional.join(' && ')} ? ${all} : h.sparse([${fields.map(variableOf).join(', ')}])`;
}
