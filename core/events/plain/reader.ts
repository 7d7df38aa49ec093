import { couldHoldCard } from '../../cards/find.ts';
import { CARD_DIGITS_MIN } from '../../cards/issuers.ts';
import { FORBIDDEN } from '../../decode/json.ts';
import type { FieldSpec } from '../../definition/fields.ts';
import type { EventTypeSpec, Pipeline } from '../../definition/pipeline.ts';
import type { Event, RawEvent } from '../../model.ts';
import { OUTCOME, type READ_AS } from '../../scan/layout.ts';
import { memory } from '../../scan/machine.ts';
import { ScanReader, textAt, texts } from '../../scan/reader.ts';
import { currencyExponent } from '../currency.ts';
import { compileFields } from '../fields.ts';
import { emitEvent } from './emit.ts';
import { scaled } from './scaled.ts';
import { createSparse } from './sparse.ts';

/** How fields of each kind are scanned. */
const SCANNED_AS: Readonly<Record<FieldSpec['kind'], keyof typeof READ_AS>> = {
  ...{ string: 'text', currency: 'text', time: 'time', boolean: 'flag', integer: 'integer', fixed: 'decimal', money: 'decimal' },
};
/** Longest text that could be a currency. */
const CURRENCY_LENGTH = 3;

/** Reads events of one type. */
interface TypeReader {
  readonly scanner: ScanReader;
  /** The event that was scanned; undefined if a value is not what its field takes. */
  readonly eventOf: () => Event | undefined;
}

/**
 * Makes the quick reader of a pipeline's events, for those that are plainly good: the parser takes them, and there is no card
 * number in their bytes or their partition key. Any other gives undefined, and it is for the parser and the search for card numbers to
 * say what it is.
 */
export function createPlainReader(pipeline: Pipeline): (raw: RawEvent) => Event | undefined {
  const types = Object.entries(pipeline.eventTypes);
  const readers = new Map(types.filter(isPlainType).map(([name, spec]) => [name, compileType(name, spec)]));
  const { futureMs } = pipeline.time;
  let [expected] = readers.values();
  return (raw) => {
    if (expected === undefined) return undefined;
    let outcome = scanned(expected, raw.bytes);
    if (outcome === OUTCOME.otherType) {
      const other = readers.get(expected.scanner.otherText());
      if (other === undefined) return undefined;
      expected = other;
      outcome = scanned(expected, raw.bytes);
    }
    const event = outcome === OUTCOME.plain ? expected.eventOf() : undefined;
    if (event === undefined || event.timeMs > raw.arrivalMs + futureMs) return undefined;
    return isPlainKey(raw.partitionKey, event.key) ? event : undefined;
  };
}

/** Outcome of a scan; members that are not declared are got to know on the way. */
function scanned({ scanner }: TypeReader, bytes: Uint8Array): number {
  for (;;) {
    const outcome = scanner.scan(bytes);
    if (outcome !== OUTCOME.otherKey) return outcome;
    const key = scanner.otherText();
    if (FORBIDDEN.includes(key) || !isPlainText(key) || !scanner.ignore(key)) return OUTCOME.other;
  }
}

function compileType(name: string, spec: EventTypeSpec): TypeReader {
  const names = ['type', ...Object.keys(spec.fields)];
  const fields = compileFields(spec.fields, names);
  const members = Object.entries(spec.fields).map(([member, field]) => ({
    name: member,
    kind: SCANNED_AS[field.kind],
    lengthMax: field.kind === 'string' ? field.maxLength : CURRENCY_LENGTH,
  }));
  const scanner = new ScanReader(name, [{ name: 'type', kind: 'type', lengthMax: 0 }, ...members]);
  const helpers = {
    text: textAt,
    scaled,
    exponent: (currency: string) => currencyExponent(currency) ?? -1,
    sparse: createSparse(fields.map((field) => field.name)),
  };
  const body = emitEvent({ type: name, spec, fields, answers: scanner.answers });
  // Of names that the definition's check has passed, and of numbers: no text from elsewhere becomes code.
  const make = new Function('m', 'texts', 'h', `'use strict'; return () => {\n${body}\n};`);
  return { scanner, eventOf: make(memory, texts, helpers) as TypeReader['eventOf'] };
}

/** A name that looks like a card number makes every event with it one that is refused. */
function isPlainType([name, { fields }]: readonly [string, EventTypeSpec]): boolean {
  return [name, ...Object.keys(fields)].every(isPlainText);
}

/** Whether a partition key, which mostly is the event's own key, holds no card number. */
function isPlainKey(partitionKey: string, key: string): boolean {
  return partitionKey.length < CARD_DIGITS_MIN || partitionKey === key || isPlainText(partitionKey);
}

/** Whether a text holds neither a card number nor anything that could hide one. */
function isPlainText(text: string): boolean {
  const bytes = Buffer.from(text);
  return PLAIN.test(text) && !couldHoldCard(bytes, 0, bytes.length);
}

/** Printable ASCII without backslashes and without the bracket that marks of card numbers begin with. */
const PLAIN = /^[ -Z\]-~]+$/;
