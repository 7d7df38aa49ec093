import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unpackRecord } from '../../../core/decode/unpack.ts';
import { currency, fixed, flag, integer, money, text } from '../../../core/definition/fields.ts';
import { definePipeline } from '../../../core/definition/pipeline.ts';
import { CODES } from '../../../core/events/codes.ts';
import { currencyCodes, currencyExponent } from '../../../core/events/currency.ts';
import { createParser } from '../../../core/events/parser.ts';
import type { Parsed, RawEvent } from '../../../core/model.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { bytesField, frame, recordField } from '../../golden/malformed/frames.ts';

const ARRIVAL_MS = Date.UTC(2026, 0, 1);
const PROTOTYPE_KEYS = Reflect.ownKeys(Object.prototype).length;
const parse = createParser(pipeline);

function rawOf(bytes: Uint8Array): RawEvent {
  return { position: '', sequence: '1', subSequence: 0, arrivalMs: ARRIVAL_MS, partitionKey: 'k', bytes };
}

const parseText = (json: string): Parsed => parse(rawOf(Buffer.from(json)));

const TRANSACTION = {
  type: 'transaction',
  event_id: 'tx-1',
  event_time: '2024-05-06T07:08:09.123Z',
  customer_id: 'c1',
  terminal_id: 't1',
  amount: '12.30',
  currency: 'EUR',
};

/** Exact text of minor units. */
function amountText(minor: number, exponent: number): string {
  const padded = String(Math.abs(minor)).padStart(exponent + 1, '0');
  const whole = padded.slice(0, padded.length - exponent);
  return `${minor < 0 ? '-' : ''}${whole}${exponent === 0 ? '' : `.${padded.slice(-exponent)}`}`;
}

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((one) => one.length <= 64 && !one.includes('\0'));
const wanted = fc.record({
  id: name,
  timeMs: fc.integer({ min: Date.UTC(2000, 0, 1), max: ARRIVAL_MS }),
  customer: name,
  terminal: name,
  minor: fc.maxSafeInteger().map((value) => value || 0),
  currency: fc.constantFrom(...currencyCodes()),
  isNumber: fc.boolean(),
  country: fc.option(name),
  latitude: fc.option(fc.integer({ min: -90_000_000, max: 90_000_000 }).map((value) => value || 0)),
  extra: fc.jsonValue({ maxDepth: 2 }).filter((one) => !/__proto__|constructor|prototype/.test(JSON.stringify(one))),
});

describe('parser', () => {
  test('gives the values that were written, whatever they are', () => {
    fc.assert(
      fc.property(wanted, (one) => {
        const amount = amountText(one.minor, currencyExponent(one.currency) ?? 0);
        const written = JSON.stringify({
          extra: one.extra,
          type: 'transaction',
          event_id: one.id,
          event_time: new Date(one.timeMs).toISOString(),
          customer_id: one.customer,
          terminal_id: one.terminal,
          amount: '@amount',
          currency: one.currency,
          country: one.country,
          lat: one.latitude === null ? null : amountText(one.latitude, 6),
        });
        const json = written.replace('"@amount"', one.isNumber ? amount : JSON.stringify(amount));
        const values = {
          event_id: one.id,
          event_time: one.timeMs,
          customer_id: one.customer,
          terminal_id: one.terminal,
          amount: one.minor,
          currency: one.currency,
          ...(one.country === null ? {} : { country: one.country }),
          ...(one.latitude === null ? {} : { lat: one.latitude }),
        };
        expect(parseText(json)).toEqual({
          event: { type: 'transaction', id: one.id, timeMs: one.timeMs, key: one.customer, values },
        });
      }),
      { numRuns: 500 },
    );
  });

  test('the amount may come before or after its currency', () => {
    const { currency: code, amount, ...rest } = TRANSACTION;
    for (const json of [
      { currency: code, ...rest, amount },
      { amount, ...rest, currency: code },
    ]) {
      expect(parseText(JSON.stringify(json))).toMatchObject({ event: { values: { amount: 1_230, currency: 'EUR' } } });
    }
  });

  test('an event as far ahead of its arrival as allowed passes, one millisecond more does not', () => {
    const at = (ms: number): Parsed => parseText(JSON.stringify({ ...TRANSACTION, event_time: new Date(ARRIVAL_MS + ms).toISOString() }));
    expect(at(pipeline.time.futureMs)).toHaveProperty('event');
    expect(at(pipeline.time.futureMs + 1)).toMatchObject({ rejection: { code: 'TIME_IN_FUTURE', path: 'event_time' } });
  });

  test('a text of the longest length passes', () => {
    expect(parseText(JSON.stringify({ ...TRANSACTION, event_id: 'x'.repeat(128) }))).toHaveProperty('event');
  });

  test('a surrogate pair written as escapes is text', () => {
    expect(parseText(JSON.stringify(TRANSACTION).replace('"c1"', '"\\ud83d\\ude00"'))).toMatchObject({ event: { key: '😀' } });
  });

  test('a rejection says what was wrong, the value received and what is allowed, and cuts long values', () => {
    const long = parseText(JSON.stringify({ ...TRANSACTION, amount: `1${'0'.repeat(500)}` }));
    expect(long).toMatchObject({ rejection: { code: 'AMOUNT_RANGE', path: 'amount' } });
    const short = parseText(JSON.stringify({ ...TRANSACTION, amount: '12.345' }));
    expect('rejection' in short && short.rejection.message).toBe(
      'amount: no exact amount of EUR: got "12.345"; allowed: digits with at most 2 decimals, in minor units within ±(2^53 - 1)',
    );
    expect('rejection' in long && long.rejection.message.length).toBeLessThan(250);
  });

  test('every kind of field is read by its definition', () => {
    const other = definePipeline({
      name: 'readings',
      version: 1,
      aggregates: {},
      eventTypes: {
        reading: {
          description: 'A reading.',
          key: 'sensor',
          table: 'readings',
          fields: {
            sensor: text(),
            value: fixed({ scale: 3 }),
            steps: integer({ optional: true }),
            is_on: flag({ optional: true }),
            cost: money({ optional: true, currencyField: 'unit' }),
            unit: currency({ optional: true }),
          },
        },
      },
    });
    const read = createParser(other);
    const of = (members: string): Parsed =>
      read(rawOf(Buffer.from(`{"type":"reading","event_id":"1","event_time":"2024-01-01T00:00:00Z","sensor":"s",${members}}`)));
    expect(of('"value":-1.5,"steps":12,"is_on":false,"cost":3,"unit":"JPY"')).toMatchObject({
      event: { values: { value: -1_500, steps: 12, is_on: false, cost: 3, unit: 'JPY' } },
    });
    expect(of('"value":"0.001"')).toMatchObject({ event: { key: 's', values: { value: 1 } } });
    expect(of('"value":0.0001')).toMatchObject({ rejection: { code: 'NUMBER_PRECISION', path: 'value' } });
    expect(of('"value":1,"steps":1.5')).toMatchObject({ rejection: { code: 'NUMBER_PRECISION', path: 'steps' } });
    expect(of('"value":1,"steps":"1"')).toMatchObject({ rejection: { code: 'FIELD_TYPE', path: 'steps' } });
    expect(of('"value":1,"steps":9007199254740992')).toMatchObject({ rejection: { code: 'NUMBER_RANGE', path: 'steps' } });
    expect(of('"value":1,"cost":3')).toMatchObject({ rejection: { code: 'FIELD_MISSING', path: 'unit' } });
  });

  test('bytes may be a view into anything', () => {
    const bytes = new Uint8Array(Buffer.from(`...${JSON.stringify(TRANSACTION)}...`));
    expect(parse(rawOf(bytes.subarray(3, -3)))).toHaveProperty('event');
  });

  test('no bytes whatever make it throw or reach a prototype', () => {
    const good = Buffer.from(JSON.stringify({ ...TRANSACTION, amount: 12.3, extra: { é: [1, null, 'x\n'] } }));
    const snippets = ['"__proto__":{"x":1},', '\\u0000', '{"a":[', ']}', '1e999', '\ufeff', '"amount":"7",', 'constructor'].map((one) =>
      Buffer.from(one),
    );
    let accepted = 0;
    let seed = 20_260_101;
    const draw = (below: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let round = 0; round < 20_000; round += 1) {
      let bytes = Buffer.from(good);
      for (let edit = draw(3); edit >= 0; edit -= 1) {
        const at = draw(bytes.length);
        if (draw(4) === 0) bytes = Buffer.concat([bytes.subarray(0, at), snippets[draw(snippets.length)] ?? good, bytes.subarray(at)]);
        else if (draw(8) === 0) bytes = bytes.subarray(0, at + 1);
        else bytes[at] = draw(256);
      }
      const data = round % 2 === 0 ? bytes : frame(bytesField(1, 'k'), recordField(0, bytes));
      for (const { raw, rejection } of unpackRecord({
        sequence: '1',
        arrivalMs: ARRIVAL_MS,
        partitionKey: 'k',
        data: data.toString('base64'),
      })) {
        const parsed = rejection === undefined ? parse(raw) : { rejection };
        if ('event' in parsed) accepted += 1;
        else expect(CODES).toHaveProperty(parsed.rejection.code);
      }
    }
    expect(accepted).toBeGreaterThan(100);
    expect(Reflect.ownKeys(Object.prototype)).toHaveLength(PROTOTYPE_KEYS);
    expect('x' in {}).toBe(false);
  });
});
