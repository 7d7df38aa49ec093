import type { JsonScanner } from '../decode/json.ts';
import { KIND } from '../decode/tokens.ts';
import type { FieldSpec } from '../definition/fields.ts';
import type { FieldValue, Rejection } from '../model.ts';
import type { Code } from './codes.ts';
import { currencyExponent } from './currency.ts';
import { parseMinor, parseScaled } from './money.ts';
import { reject } from './rejection.ts';
import { parseTime, type TimeFault } from './timestamp.ts';

/** One declared field, with its place among the scanner's members. */
export interface FieldReader {
  readonly name: string;
  readonly spec: FieldSpec;
  readonly member: number;
}

/** Readers for the fields of one event type; money comes last, because it is read by the exponent of its currency. */
export function compileFields(fields: Readonly<Record<string, FieldSpec>>, names: readonly string[]): FieldReader[] {
  const readers = Object.entries(fields).map(([name, spec]) => ({ name, spec, member: names.indexOf(name) }));
  return [...readers.filter(({ spec }) => spec.kind !== 'money'), ...readers.filter(({ spec }) => spec.kind === 'money')];
}

/** Value of a field in the event scanned last, undefined if an optional one is absent or null, or what is wrong with it. */
export function readField(
  scanner: JsonScanner,
  field: FieldReader,
  values: Readonly<Record<string, FieldValue>>,
): FieldValue | undefined | Rejection {
  const kind = scanner.kindOf(field.member);
  if (kind === KIND.absent || kind === KIND.null) return field.spec.optional ? undefined : missing(field);
  const isString = kind === KIND.string || kind === KIND.escaped;
  const { spec } = field;
  switch (spec.kind) {
    case 'string':
      return isString ? readText(scanner, field, spec.maxLength, kind === KIND.escaped) : wrongType(scanner, field);
    case 'time':
      return isString ? readTime(scanner, field) : wrongType(scanner, field);
    case 'currency':
      return isString ? readCurrency(scanner, field) : wrongType(scanner, field);
    case 'boolean':
      return kind === KIND.true || kind === KIND.false ? kind === KIND.true : wrongType(scanner, field);
    case 'integer':
      return kind === KIND.number ? readScaled(scanner, field, 0) : wrongType(scanner, field);
    case 'fixed':
      return isString || kind === KIND.number ? readScaled(scanner, field, spec.scale) : wrongType(scanner, field);
    case 'money':
      return isString || kind === KIND.number ? readMoney(scanner, field, values[spec.currencyField]) : wrongType(scanner, field);
  }
}

/** What each kind of field takes, for messages. */
const ALLOWED: Readonly<Record<FieldSpec['kind'], string>> = {
  string: 'a JSON string',
  time: 'a JSON string with an RFC 3339 time in UTC, such as 2026-01-31T23:59:59.999Z',
  currency: 'a JSON string with an ISO 4217 code, such as EUR',
  boolean: 'true or false',
  integer: 'a JSON number without decimals',
  fixed: 'a JSON number or string, such as -12.5',
  money: 'a JSON string or number, such as "12.30"',
};

const TIME_ALLOWED: Readonly<Record<TimeFault, string>> = {
  TIME_SYNTAX: 'RFC 3339 in UTC with up to nine fraction digits and seconds 00..59, such as 2026-01-31T23:59:59.999Z',
  TIME_NOT_UTC: 'UTC: the suffix Z or +00:00',
  TIME_OUT_OF_RANGE: 'from 2000-01-01T00:00:00Z up to, not including, 2100-01-01T00:00:00Z',
};

function fault(code: Code, field: FieldReader, what: string, received: string, allowed: string): Rejection {
  return reject(code, field.name, { what: `${field.name}: ${what}`, received, allowed });
}

function missing(field: FieldReader): Rejection {
  return fault('FIELD_MISSING', field, 'required field is absent or null', '', ALLOWED[field.spec.kind]);
}

function wrongType(scanner: JsonScanner, field: FieldReader): Rejection {
  return fault('FIELD_TYPE', field, 'wrong JSON type', scanner.textOf(field.member), ALLOWED[field.spec.kind]);
}

function readText(scanner: JsonScanner, field: FieldReader, maxLength: number, isEscaped: boolean): string | Rejection {
  const text = scanner.textOf(field.member);
  if (text.length === 0) return fault('FIELD_EMPTY', field, 'empty text', text, lengthAllowed(maxLength));
  if (text.length > maxLength) return fault('FIELD_TOO_LONG', field, `text of ${text.length} UTF-16 units`, text, lengthAllowed(maxLength));
  // Only an escape can bring in a NUL or half a pair: as bytes the one breaks JSON and the other UTF-8.
  return isEscaped && isBroken(text)
    ? fault(
        'FIELD_TEXT',
        field,
        `NUL or lone surrogate in the text from byte ${scanner.offsetOf(field.member)}`,
        text,
        'Unicode text without NUL',
      )
    : text;
}

function lengthAllowed(maxLength: number): string {
  return `1..${maxLength} UTF-16 units`;
}

function isBroken(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed();
}

function readTime(scanner: JsonScanner, field: FieldReader): number | Rejection {
  const text = scanner.textOf(field.member);
  const time = parseTime(text);
  return typeof time === 'number' ? time : fault(time, field, 'no time to use', text, TIME_ALLOWED[time]);
}

function readCurrency(scanner: JsonScanner, field: FieldReader): string | Rejection {
  const text = scanner.textOf(field.member);
  return currencyExponent(text) === undefined
    ? fault('CURRENCY_UNKNOWN', field, 'unknown currency', text, 'an ISO 4217 code in capitals, with minor units')
    : text;
}

function readScaled(scanner: JsonScanner, field: FieldReader, scale: number): number | Rejection {
  const text = scanner.textOf(field.member);
  const value = parseScaled(text, scale);
  return typeof value === 'number' ? value : fault(value, field, 'no exact value', text, decimalAllowed(scale, 'times'));
}

function readMoney(scanner: JsonScanner, field: FieldReader, currency: FieldValue | undefined): number | Rejection {
  const text = scanner.textOf(field.member);
  const exponent = typeof currency === 'string' ? currencyExponent(currency) : undefined;
  if (exponent === undefined) return missingCurrency(field, text);
  const value = parseMinor(text, exponent);
  return typeof value === 'number'
    ? value
    : fault(value, field, `no exact amount of ${String(currency)}`, text, decimalAllowed(exponent, 'in minor units'));
}

function missingCurrency(field: FieldReader, amount: string): Rejection {
  const name = field.spec.kind === 'money' ? field.spec.currencyField : '';
  return reject('FIELD_MISSING', name, {
    what: `${field.name} without its currency in ${name}`,
    received: amount,
    allowed: ALLOWED.currency,
  });
}

function decimalAllowed(decimals: number, unit: string): string {
  return `digits with at most ${decimals} decimals, ${unit === 'times' ? `times 10^${decimals}` : unit} within ±(2^53 - 1)`;
}
