import { tests } from '@bufbuild/cel-spec/testdata/conformance.js';
import { compileCel, isFault } from '../../../core/cel/compile.ts';
import { CelError } from '../../../core/cel/errors.ts';
import { intOf } from '../../../core/cel/ints.ts';
import { durationOfText, timestampOfText } from '../../../core/cel/times.ts';
import { type CelType, type CelValue, type CelVariable, fits, unify } from '../../../core/cel/types.ts';
import { equal } from '../../../core/cel/values.ts';

/** How one public case ended: as CEL says it must, otherwise, or not at all since it is about a part that is left out. */
export interface Verdict {
  readonly name: string;
  readonly file: string;
  readonly expr: string;
  readonly kind: 'agrees' | 'differs' | 'left out';
  /** What was found, or why it is left out. */
  readonly note: string;
}

type Json = Readonly<Record<string, unknown>>;

interface Case extends Json {
  readonly name?: string;
  readonly expr: string;
  readonly value?: Json;
  readonly evalError?: Json;
  readonly bindings?: Readonly<Record<string, { readonly value?: Json }>>;
  readonly disableMacros?: boolean;
  readonly disableCheck?: boolean;
  readonly container?: string;
}

interface Suite {
  readonly name: string;
  readonly suites?: readonly Suite[];
  readonly tests?: readonly { readonly original: Case }[];
}

/** A value or a reason why it is none of ours. */
type Read = { readonly value: CelValue; readonly type: CelType } | { readonly leftOut: string };

/** Runs every public case. */
export function conformance(): Verdict[] {
  return ((tests as Suite).suites ?? []).flatMap((file) =>
    casesOf(file).map((one) => ({ name: one.name ?? one.expr, file: file.name, expr: one.expr, ...judge(one) })),
  );
}

function casesOf({ suites = [], tests: own = [] }: Suite): Case[] {
  return [...own.map(({ original }) => original), ...suites.flatMap(casesOf)];
}

function judge(one: Case): Pick<Verdict, 'kind' | 'note'> {
  const read = Object.entries(one.bindings ?? {}).map(([name, { value }]) => [name, readValue(value ?? {})] as const);
  for (const [, found] of read) if ('leftOut' in found) return { kind: 'left out', note: found.leftOut };
  const bindingNames = read.map(([name]) => name);
  if (one.disableMacros === true) return { kind: 'left out', note: 'macros switched off' };
  for (const [pattern, note] of LEFT_OUT_TEXTS) if (pattern.test(one.expr)) return { kind: 'left out', note };
  if (one.container !== undefined && bindingNames.some((name) => name.startsWith(`${one.container}.`)))
    return { kind: 'left out', note: 'names of a container' };
  const isError = one.evalError !== undefined || one['anyEvalErrors'] !== undefined;
  if (one['unknown'] !== undefined || one['anyUnknowns'] !== undefined) return { kind: 'left out', note: 'unknown values' };
  const typed = (one['typedResult'] as { readonly result?: Json } | undefined)?.result;
  if (one['typedResult'] !== undefined && typed === undefined) return { kind: 'left out', note: 'types as values' };
  // A case without a result asks for true.
  const wanted = isError ? undefined : readValue(one.value ?? typed ?? { boolValue: true });
  if (wanted !== undefined && 'leftOut' in wanted) return { kind: 'left out', note: wanted.leftOut };
  const bound = read.flatMap(([name, found]) => ('leftOut' in found ? [] : [{ name, ...found }]));
  const variables = new Map<string, CelVariable>(bound.map(({ name, type }, index) => [name, { path: name, type, index }]));
  return outcome(one, { variables, input: bound.map(({ value }) => value), wanted });
}

function outcome(
  one: Case,
  given: { readonly variables: ReadonlyMap<string, CelVariable>; readonly input: readonly CelValue[]; readonly wanted: Read | undefined },
): Pick<Verdict, 'kind' | 'note'> {
  const { wanted } = given;
  try {
    const compiled = compileCel(one.expr, given.variables);
    const result = compiled.evaluate(given.input);
    if (wanted === undefined || 'leftOut' in wanted) {
      return isFault(result) ? { kind: 'agrees', note: result.message } : { kind: 'differs', note: `gave ${shown(result)}, not an error` };
    }
    if (isFault(result)) return { kind: 'differs', note: `failed: ${result.message}` };
    const isRight = fits(compiled.type, wanted.type) && (equal(result, wanted.value) || bothNaN(result, wanted.value));
    return { kind: isRight ? 'agrees' : 'differs', note: shown(result) };
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    if (/^math\.\w+ of \(/.test(error.what)) return { kind: 'left out', note: 'ints and doubles in one operation' };
    if (error.isLeftOut) return { kind: 'left out', note: reasonOf(error.what) };
    if (one.disableCheck === true) return { kind: 'left out', note: 'types that are only known at run time' };
    return wanted === undefined ? { kind: 'agrees', note: error.what } : { kind: 'differs', note: `refused: ${error.what}` };
  }
}

const LEFT_OUT_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/TestAllTypes|GlobalEnum|\bmsg\.|\.foo$/, 'a message'],
  [/\btype\(/, 'types as values'],
  [/cel\.iterVar/, 'functions that are not there'],
  [/\.\d{4,9}Z|\d(?:ns|us)\b/, 'times finer than milliseconds'],
];

/** Reasons without the names within them. */
function reasonOf(what: string): string {
  return what
    .replace(/^the function .*/, 'functions that are not there')
    .replace(/^\S+ of \S+, \S+$/, 'ints and doubles in one operation')
    .replace(/^(?:list|map|set)\(.*|^(?:bool|int|double|string|timestamp|duration)$/, 'elements of different types')
    .replace(/^a key of type .*/, 'elements of different types')
    .replace(/^an optional .*/, 'optional values')
    .replace(/^\S+ of something else$/, 'macros of the second version');
}

function bothNaN(a: CelValue, b: CelValue): boolean {
  return Number.isNaN(a) && Number.isNaN(b);
}

function shown(value: CelValue): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner));
}

function readValue(json: Json): Read {
  const [[kind, value] = ['nothing', undefined]] = Object.entries(json);
  switch (kind) {
    case 'boolValue':
      return { value: value as boolean, type: 'bool' };
    case 'int64Value':
      return { value: intOf(BigInt(String(value))) ?? 0, type: 'int' };
    case 'doubleValue':
      return { value: Number(value), type: 'double' };
    case 'stringValue':
      return { value: String(value), type: 'string' };
    case 'listValue':
      return readList(((value as { values?: readonly Json[] }).values ?? []).map(readValue));
    case 'mapValue':
      return readMap((value as { entries?: readonly { key: Json; value: Json }[] }).entries ?? []);
    case 'objectValue':
      return readObject(value as Json);
    default:
      return { leftOut: LEFT_OUT[kind] ?? kind };
  }
}

const LEFT_OUT: Readonly<Record<string, string>> = {
  uint64Value: 'an unsigned number',
  bytesValue: 'bytes',
  nullValue: 'null',
  typeValue: 'types as values',
  enumValue: 'a message',
};

function readObject(value: Json): Read {
  const text = String(value['value']);
  const isTimestamp = String(value['@type']).endsWith('google.protobuf.Timestamp');
  if (!isTimestamp && !String(value['@type']).endsWith('google.protobuf.Duration')) return { leftOut: 'a message' };
  const ms = isTimestamp ? timestampOfText(text) : durationOfText(text);
  if (ms === undefined) return { leftOut: 'times finer than milliseconds' };
  return { value: ms, type: isTimestamp ? 'timestamp' : 'duration' };
}

function readList(items: readonly Read[]): Read {
  const values: CelValue[] = [];
  let type: CelType = 'nothing';
  for (const item of items) {
    if ('leftOut' in item) return item;
    const both = unify(type, item.type);
    if (both === undefined) return { leftOut: 'elements of different types' };
    type = both;
    values.push(item.value);
  }
  return { value: values, type: { list: type } };
}

function readMap(entries: readonly { readonly key: Json; readonly value: Json }[]): Read {
  const [keys, values] = [readList(entries.map(({ key }) => readValue(key))), readList(entries.map(({ value }) => readValue(value)))];
  if ('leftOut' in keys) return keys;
  if ('leftOut' in values) return values;
  const [k, v] = [keys.value as readonly CelValue[], values.value as readonly CelValue[]];
  const elementOf = (type: CelType): CelType => (typeof type === 'object' && 'list' in type ? type.list : 'nothing');
  return { value: new Map(k.map((key, i) => [key, v[i] ?? false])), type: { keys: elementOf(keys.type), map: elementOf(values.type) } };
}
