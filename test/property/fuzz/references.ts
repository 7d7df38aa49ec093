import { isUtf8 } from 'node:buffer';
import { JSON_DEPTH_MAX, JSON_KEYS_MAX } from '../../../core/decode/json.ts';
import { beginsLikeKpl, KPL_DIGEST_BYTES, KPL_MAGIC } from '../../../core/decode/kpl.ts';
import type { FieldSpec } from '../../../core/definition/fields.ts';
import { currencyExponent } from '../../../core/events/currency.ts';
import type { Event, FieldValue, Rejection } from '../../../core/model.ts';
import { oracleUnpack } from '../../core/decode/oracle.ts';
import { type FuzzInput, PIPELINES, type PipelineName } from './pipelines.ts';
import type { Outcome, Processed } from './target.ts';

/** Longest aggregate shown to Amazon's library, which takes far longer than we do. */
const COMPARED_BYTES_MAX = 65_536;

const FORBIDDEN = ['__proto__', 'constructor', 'prototype'];

/** Whether the bytes were refused before any reader of events saw them. */
export function isOfUnpacking({ code }: Rejection): boolean {
  return code === 'EMPTY_RECORD' || code === 'CARD_NUMBER' || code.startsWith('KPL_');
}

/** Codes for what a JSON text may be, though it is right JSON. */
interface Excesses {
  readonly DUPLICATE_KEY: boolean;
  readonly FORBIDDEN_KEY: boolean;
  readonly JSON_TOO_DEEP: boolean;
  readonly JSON_TOO_WIDE: boolean;
}

/** Excesses of a text and the value that JSON.parse made of it. */
function excessesOf(text: string, value: unknown): Excesses {
  let keys = 0;
  let depthMax = 0;
  let isForbidden = false;
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    const { depth } = next;
    depthMax = Math.max(depthMax, depth);
    const names = Array.isArray(next.value) ? [] : Object.keys(next.value);
    keys += names.length;
    isForbidden ||= names.some((name) => FORBIDDEN.includes(name));
    for (const inner of Object.values(next.value)) open.push({ value: inner, depth: depth + 1 });
  }
  // What is left of right JSON without its texts has one colon for each member, those that JSON.parse overwrote among them.
  const members = text.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
  return {
    DUPLICATE_KEY: members > keys,
    FORBIDDEN_KEY: isForbidden,
    JSON_TOO_DEEP: depthMax > JSON_DEPTH_MAX,
    JSON_TOO_WIDE: members > JSON_KEYS_MAX,
  };
}

/** What JSON.parse makes of a text; undefined if it throws. */
function reference(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** Our reader agrees with the platform's own on what is UTF-8 and JSON, on its depth, width and keys, and on the values of events. */
export function jsonFault({ raw, parsed }: Outcome, pipeline: PipelineName): string | undefined {
  const code = 'event' in parsed ? '' : parsed.rejection.code;
  if (('rejection' in parsed && isOfUnpacking(parsed.rejection)) || code === 'EVENT_TOO_LARGE') return undefined;
  const bytes = Buffer.from(raw.bytes);
  const isText = isUtf8(bytes) && !(bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf);
  if (isText === (code === 'BAD_UTF8')) return isText ? 'it is UTF-8' : 'it is not UTF-8, or has a byte order mark';
  if (!isText) return undefined;
  const text = bytes.toString('utf8');
  const known = reference(text);
  if (code === 'JSON_SYNTAX') return known === undefined ? undefined : 'JSON.parse reads it, we do not';
  const excesses = known === undefined ? undefined : excessesOf(text, known.value);
  // A key that comes again hides what it held before from JSON.parse.
  const isFound = excesses?.[code as keyof Excesses] === true || excesses?.DUPLICATE_KEY === true;
  if (Object.hasOwn(excesses ?? {}, code)) return isFound ? undefined : `it is not ${code}`;
  // Broken JSON may well be refused for what came before the break.
  if (known === undefined) return EXCESS_CODES.includes(code) ? undefined : 'we read it, JSON.parse does not';
  const missed = EXCESS_CODES.find((one) => excesses?.[one as keyof Excesses]);
  if (missed !== undefined) return `it is ${missed}`;
  return 'event' in parsed ? valueFault(parsed.event, known.value, pipeline) : undefined;
}

const EXCESS_CODES: readonly string[] = Object.keys(excessesOf('', undefined));

function valueFault({ type, values }: Event, known: unknown, pipeline: PipelineName): string | undefined {
  const fields = PIPELINES[pipeline].eventTypes[type]?.fields ?? {};
  const theirs = known as Record<string, unknown>;
  const different = Object.entries(fields).find(([field, spec]) => !isSameValue(spec, values, values[field], theirs[field] ?? undefined));
  return different === undefined ? undefined : `${different[0]} is not what JSON.parse reads`;
}

/** Decimals of a field's integer. */
function scaleOf(spec: FieldSpec, values: Event['values']): number {
  if (spec.kind === 'money') return currencyExponent(String(values[spec.currencyField])) ?? Number.NaN;
  return spec.kind === 'fixed' ? spec.scale : 0;
}

/** Whether a field means what the platform's own readers make of its JSON value: numbers as near as a float can tell. */
function isSameValue(spec: FieldSpec, values: Event['values'], ours: FieldValue | undefined, theirs: unknown): boolean {
  if (ours === undefined || spec.kind === 'string' || spec.kind === 'currency' || spec.kind === 'boolean') return ours === theirs;
  if (spec.kind === 'time') return ours === Date.parse(String(theirs).toUpperCase());
  const scaled = Number(theirs) * 10 ** scaleOf(spec, values);
  return Math.abs(Number(ours) - scaled) <= Math.max(1, Math.abs(scaled)) * 1e-9;
}

/** Fields of a protobuf message with the bytes of those that hold bytes; stops where the message breaks. */
function fieldsOf(message: Buffer): { readonly field: number; readonly bytes: Buffer }[] {
  const fields: { readonly field: number; readonly bytes: Buffer }[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = message[at] ?? 0;
      at += 1;
      value += (byte % 128) * place;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const length = tag % 8 === 0 ? 0 : tag % 8 === 1 ? 8 : tag % 8 === 5 ? 4 : varint();
    if (tag % 8 === 0) varint();
    fields.push({ field: Math.floor(tag / 8), bytes: message.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

/** Whether an aggregate has fields that user records do not need: tags, and fields of no known number. */
function hasOthers(aggregate: Buffer): boolean {
  const isOther = ({ field }: { readonly field: number }): boolean => field < 1 || field > 3;
  const fields = fieldsOf(aggregate.subarray(KPL_MAGIC.length, -KPL_DIGEST_BYTES));
  return fields.some((one) => isOther(one) || (one.field === 3 && fieldsOf(one.bytes).some(isOther)));
}

/** What we read out of an aggregate, Amazon's library reads too; where we find a wrong checksum, so does it. */
export function aggregateFault({ outcomes }: Processed, { data }: FuzzInput): string | undefined {
  if (!beginsLikeKpl(data) || data.length > COMPARED_BYTES_MAX) return undefined;
  const [first] = outcomes;
  const code = first !== undefined && 'rejection' in first.parsed ? first.parsed.rejection.code : '';
  if (code === 'KPL_MALFORMED' || code === 'KPL_LIMIT') return undefined;
  // With a card number in it an aggregate is refused whole if it is broken, whatever else is wrong with it.
  if (code === 'CARD_NUMBER' && outcomes.length === 1) return undefined;
  const known = oracleUnpack(data);
  if (code === 'KPL_CHECKSUM') return known === undefined ? undefined : 'it reads what has a wrong checksum for us';
  // It reads tags too, and refuses broken ones, and numbers of unknown fields close to the end; we pass over both.
  if (known === undefined) return hasOthers(data) ? undefined : 'it refuses what we read';
  if (known.length === 0) return code === 'EMPTY_RECORD' && outcomes.length === 1 ? undefined : 'it finds no user record';
  if (known.length !== outcomes.length) return `it finds ${known.length} user records, we ${outcomes.length}`;
  const different = known.findIndex(({ partitionKey, data: bytes }, i) => {
    const ours = outcomes[i];
    if (ours === undefined) return true;
    if ('rejection' in ours.parsed && ours.parsed.rejection.code === 'CARD_NUMBER') return false;
    return ours.raw.partitionKey !== partitionKey || bytes.compare(ours.raw.bytes) !== 0;
  });
  return different < 0 ? undefined : `user record ${different} has another key or other bytes`;
}
