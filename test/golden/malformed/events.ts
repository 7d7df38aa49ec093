import type { MalformedCase } from './case.ts';

const TRANSACTION = {
  type: 'transaction',
  event_id: 'tx-1',
  event_time: '2024-05-06T07:08:09.123Z',
  customer_id: 'c1',
  terminal_id: 't1',
  amount: '12.30',
  currency: 'EUR',
};

const LABEL = {
  type: 'label',
  event_id: 'lb-1',
  event_time: '2024-05-13T07:08:09.123Z',
  transaction_id: 'tx-1',
  transaction_time: '2024-05-06T07:08:09.123Z',
  customer_id: 'c1',
  terminal_id: 't1',
  fraud: true,
};

const GOOD = JSON.stringify(TRANSACTION);

function bytes(name: string, code: string, path: string, data: Buffer | string): MalformedCase {
  return { name, code, path, data: Buffer.from(data) };
}

/** A good transaction with other members; undefined leaves one out. */
function tx(name: string, code: string, path: string, change: Readonly<Record<string, unknown>>): MalformedCase {
  return bytes(name, code, path, JSON.stringify({ ...TRANSACTION, ...change }));
}

function label(name: string, code: string, path: string, change: Readonly<Record<string, unknown>>): MalformedCase {
  return bytes(name, code, path, JSON.stringify({ ...LABEL, ...change }));
}

/** A good transaction with JSON text that `JSON.stringify` would not write, put before its end. */
function raw(name: string, code: string, path: string, member: string): MalformedCase {
  return bytes(name, code, path, `${GOOD.slice(0, -1)},${member}}`);
}

/** A good transaction whose amount is this JSON text. */
function amount(name: string, code: string, json: string, currency = 'EUR'): MalformedCase {
  const text = JSON.stringify({ ...TRANSACTION, currency }).replace('"12.30"', json);
  return bytes(`amount ${name}`, code, 'amount', text);
}

function time(name: string, code: string, value: unknown): MalformedCase {
  return tx(`event time ${name}`, code, 'event_time', { event_time: value });
}

/** A good transaction with some bytes put into the text of `terminal_id`. */
function inserted(name: string, code: string, path: string, insert: readonly number[]): MalformedCase {
  const at = GOOD.indexOf('t1"');
  return bytes(name, code, path, Buffer.concat([Buffer.from(GOOD.slice(0, at)), Buffer.from(insert), Buffer.from(GOOD.slice(at))]));
}

const encoding: readonly MalformedCase[] = [
  bytes('no bytes at all', 'EMPTY_RECORD', '', ''),
  bytes('UTF-8 byte order mark', 'BAD_UTF8', '', `\uFEFF${GOOD}`),
  bytes('UTF-16', 'BAD_UTF8', '', Buffer.from(`\uFEFF${GOOD}`, 'utf16le')),
  inserted('byte FF', 'BAD_UTF8', '', [0xff]),
  inserted('Latin-1 letter', 'BAD_UTF8', '', [0xe9]),
  inserted('overlong slash', 'BAD_UTF8', '', [0xc0, 0xaf]),
  inserted('surrogate as bytes', 'BAD_UTF8', '', [0xed, 0xa0, 0x80]),
  inserted('code point past 10FFFF', 'BAD_UTF8', '', [0xf4, 0x90, 0x80, 0x80]),
  bytes('bad UTF-8 in a broken event', 'BAD_UTF8', '', Buffer.from([0x7b, 0x22, 0xff])),
  bytes('gzip', 'BAD_UTF8', '', Buffer.from('1f8b0800000000000003', 'hex')),
];

const syntax: readonly MalformedCase[] = [
  bytes('white space only', 'JSON_SYNTAX', '', ' \n'),
  bytes('plain text', 'JSON_SYNTAX', '', 'hello'),
  bytes('CSV line', 'JSON_SYNTAX', '', 'tx-1,2024-05-06,c1,t1,12.30'),
  bytes('event cut short', 'JSON_SYNTAX', '', GOOD.slice(0, -1)),
  bytes('event cut inside a text', 'JSON_SYNTAX', 'currency', GOOD.slice(0, -3)),
  bytes('two events in one record', 'JSON_SYNTAX', '', `${GOOD}\n${GOOD}`),
  bytes('comma at the end', 'JSON_SYNTAX', '', `${GOOD.slice(0, -1)},}`),
  bytes('single quotes', 'JSON_SYNTAX', '', "{'type':'transaction'}"),
  bytes('keys without quotes', 'JSON_SYNTAX', '', '{type:"transaction"}'),
  bytes('comment', 'JSON_SYNTAX', '', `/* event */${GOOD}`),
  bytes('no colon', 'JSON_SYNTAX', '', '{"type" "transaction"}'),
  inserted('NUL byte in a text', 'JSON_SYNTAX', 'terminal_id', [0x00]),
  inserted('line break in a text', 'JSON_SYNTAX', 'terminal_id', [0x0a]),
  raw('escape that is none', 'JSON_SYNTAX', 'note', '"note":"\\x41"'),
  raw('unicode escape cut short', 'JSON_SYNTAX', 'note', '"note":"\\u00"'),
  raw('value left out', 'JSON_SYNTAX', 'note', '"note":'),
  raw('True in capitals', 'JSON_SYNTAX', 'flag', '"flag":True'),
];

const structure: readonly MalformedCase[] = [
  bytes('array', 'NOT_AN_OBJECT', '', `[${GOOD}]`),
  bytes('string', 'NOT_AN_OBJECT', '', JSON.stringify(GOOD)),
  bytes('number', 'NOT_AN_OBJECT', '', '12'),
  bytes('null', 'NOT_AN_OBJECT', '', 'null'),
  bytes('100,000 open brackets', 'JSON_TOO_DEEP', '', '['.repeat(100_000)),
  raw('arrays 40 deep', 'JSON_TOO_DEEP', 'extra', `"extra":${'['.repeat(40)}${']'.repeat(40)}`),
  raw('objects 40 deep', 'JSON_TOO_DEEP', 'extra', `"extra":${'{"a":'.repeat(40)}1${'}'.repeat(40)}`),
  tx('10,000 keys', 'JSON_TOO_WIDE', '', Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, 1]))),
  tx('10,000 keys in a member', 'JSON_TOO_WIDE', 'extra', {
    extra: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, 1])),
  }),
  tx('card number in a text', 'CARD_NUMBER', 'merchant_id', { merchant_id: 'paid with 4111-1111-1111-1111' }),
  tx('card number in a member', 'CARD_NUMBER', 'extra', { extra: '378282246310005' }),
  raw('card number as a number, escaped key', 'CARD_NUMBER', '', '"\\u0061":5555555555554444'),
  tx('one text of 300 KB', 'EVENT_TOO_LARGE', '', { extra: 'x'.repeat(300_000) }),
  raw('number of 300,000 digits', 'EVENT_TOO_LARGE', '', `"extra":${'9'.repeat(300_000)}`),
  raw('same field twice', 'DUPLICATE_KEY', 'amount', '"amount":"99.00"'),
  raw('same field twice, once escaped', 'DUPLICATE_KEY', 'amount', '"\\u0061mount":"99.00"'),
  raw('same unknown key twice', 'DUPLICATE_KEY', 'note', '"note":1,"note":1'),
  raw('same key twice in a member', 'DUPLICATE_KEY', 'extra', '"extra":{"a":1,"a":2}'),
  raw('__proto__ key', 'FORBIDDEN_KEY', '__proto__', '"__proto__":{"polluted":true}'),
  raw('__proto__ key, escaped', 'FORBIDDEN_KEY', '__proto__', '"\\u005f_proto__":{"polluted":true}'),
  raw('constructor key', 'FORBIDDEN_KEY', 'constructor', '"constructor":{"prototype":{"polluted":true}}'),
  raw('prototype key', 'FORBIDDEN_KEY', 'prototype', '"prototype":1'),
  raw('__proto__ key in a member', 'FORBIDDEN_KEY', 'extra', '"extra":[{"__proto__":{"polluted":true}}]'),
];

const fields: readonly MalformedCase[] = [
  bytes('empty object', 'TYPE_MISSING', 'type', '{}'),
  tx('type null', 'TYPE_MISSING', 'type', { type: null }),
  tx('type of another pipeline', 'TYPE_UNKNOWN', 'type', { type: 'reading' }),
  tx('type named like an object method', 'TYPE_UNKNOWN', 'type', { type: 'toString' }),
  tx('type a number', 'FIELD_TYPE', 'type', { type: 1 }),
  tx('no event id', 'FIELD_MISSING', 'event_id', { event_id: undefined }),
  tx('event id null', 'FIELD_MISSING', 'event_id', { event_id: null }),
  tx('event id a number', 'FIELD_TYPE', 'event_id', { event_id: 17 }),
  tx('event id empty', 'FIELD_EMPTY', 'event_id', { event_id: '' }),
  tx('event id of 129 characters', 'FIELD_TOO_LONG', 'event_id', { event_id: 'x'.repeat(129) }),
  tx('lone surrogate', 'FIELD_TEXT', 'customer_id', { customer_id: 'c\ud800' }),
  tx('surrogates in the wrong order', 'FIELD_TEXT', 'customer_id', { customer_id: '\udc00\ud800' }),
  tx('escaped NUL', 'FIELD_TEXT', 'terminal_id', { terminal_id: 't\0' }),
  tx('customer an object', 'FIELD_TYPE', 'customer_id', { customer_id: { id: 'c1' } }),
  tx('no customer', 'FIELD_MISSING', 'customer_id', { customer_id: undefined }),
  tx('optional text empty', 'FIELD_EMPTY', 'country', { country: '' }),
  tx('optional text an array', 'FIELD_TYPE', 'channel', { channel: ['pos'] }),
  tx('latitude with seven decimals', 'NUMBER_PRECISION', 'lat', { lat: 52.5200081 }),
  tx('latitude not a number', 'NUMBER_SYNTAX', 'lat', { lat: '52,5' }),
  raw('longitude without bound', 'NUMBER_RANGE', 'lon', '"lon":1e300'),
  label('fraud as text', 'FIELD_TYPE', 'fraud', { fraud: 'true' }),
  label('fraud as number', 'FIELD_TYPE', 'fraud', { fraud: 1 }),
  label('no transaction id', 'FIELD_MISSING', 'transaction_id', { transaction_id: undefined }),
  label('transaction time as text', 'TIME_SYNTAX', 'transaction_time', { transaction_time: 'yesterday' }),
];

const money: readonly MalformedCase[] = [
  tx('no amount', 'FIELD_MISSING', 'amount', { amount: undefined }),
  tx('no currency', 'FIELD_MISSING', 'currency', { currency: null }),
  tx('currency unknown', 'CURRENCY_UNKNOWN', 'currency', { currency: 'EUX' }),
  tx('currency in small letters', 'CURRENCY_UNKNOWN', 'currency', { currency: 'eur' }),
  tx('currency as a numeric code', 'FIELD_TYPE', 'currency', { currency: 978 }),
  tx('gold, which has no minor units', 'CURRENCY_UNKNOWN', 'currency', { currency: 'XAU' }),
  amount('empty', 'AMOUNT_SYNTAX', '""'),
  amount('12,5', 'AMOUNT_SYNTAX', '"12,5"'),
  amount('NaN as text', 'AMOUNT_SYNTAX', '"NaN"'),
  amount('NaN', 'JSON_SYNTAX', 'NaN'),
  amount('Infinity', 'JSON_SYNTAX', '-Infinity'),
  amount('behind a blank', 'AMOUNT_SYNTAX', '" 12"'),
  amount('in hex', 'AMOUNT_SYNTAX', '"0x10"'),
  amount('with underscores', 'AMOUNT_SYNTAX', '"1_000"'),
  amount('with a plus sign', 'AMOUNT_SYNTAX', '"+5"'),
  amount('with its currency', 'AMOUNT_SYNTAX', '"12.30 EUR"'),
  amount('in other digits', 'AMOUNT_SYNTAX', '"١٢"'),
  amount('with leading zeros', 'JSON_SYNTAX', '007'),
  amount('true', 'FIELD_TYPE', 'true'),
  amount('an object', 'FIELD_TYPE', '{"value":"12.30"}'),
  amount('0.1 + 0.2 as a float', 'AMOUNT_PRECISION', '0.30000000000000004'),
  amount('finer than a cent', 'AMOUNT_PRECISION', '"12.305"'),
  amount('half a yen', 'AMOUNT_PRECISION', '0.5', 'JPY'),
  amount('four decimals of a dinar', 'AMOUNT_PRECISION', '"1.2345"', 'KWD'),
  amount('1e-400', 'AMOUNT_PRECISION', '1e-400'),
  amount('1e400', 'AMOUNT_RANGE', '1e400'),
  amount('2^53 + 1 yen', 'AMOUNT_RANGE', '9007199254740993', 'JPY'),
  amount('2^53 + 1 euros', 'AMOUNT_RANGE', '9007199254740993'),
  amount('of 50,000 digits', 'AMOUNT_RANGE', `"${'9'.repeat(50_000)}"`),
];

const times: readonly MalformedCase[] = [
  tx('no event time', 'FIELD_MISSING', 'event_time', { event_time: undefined }),
  time('in epoch seconds', 'FIELD_TYPE', 1_714_979_289),
  time('in epoch milliseconds', 'FIELD_TYPE', 1_714_979_289_123),
  time('in epoch seconds as text', 'TIME_SYNTAX', '1714979289'),
  time('empty', 'TIME_SYNTAX', ''),
  time('with a blank for T', 'TIME_SYNTAX', '2024-05-06 07:08:09Z'),
  time('without offset', 'TIME_SYNTAX', '2024-05-06T07:08:09'),
  time('a date only', 'TIME_SYNTAX', '2024-05-06'),
  time('on 30 February', 'TIME_SYNTAX', '2024-02-30T00:00:00Z'),
  time('on 29 February 2100', 'TIME_SYNTAX', '2100-02-29T00:00:00Z'),
  time('at 24:00', 'TIME_SYNTAX', '2024-05-06T24:00:00Z'),
  time('in a leap second', 'TIME_SYNTAX', '2016-12-31T23:59:60Z'),
  time('with ten fraction digits', 'TIME_SYNTAX', '2024-05-06T07:08:09.0123456789Z'),
  time('with an empty fraction', 'TIME_SYNTAX', '2024-05-06T07:08:09.Z'),
  time('at offset +02:00', 'TIME_NOT_UTC', '2024-05-06T09:08:09+02:00'),
  time('in 1970', 'TIME_OUT_OF_RANGE', '1970-01-01T00:00:00Z'),
  time('in year 0000', 'TIME_OUT_OF_RANGE', '0000-01-01T00:00:00Z'),
  time('in 9999', 'TIME_OUT_OF_RANGE', '9999-12-31T23:59:59Z'),
  time('years ahead of its arrival', 'TIME_IN_FUTURE', '2099-12-31T00:00:00Z'),
  label('transaction time in 1970', 'TIME_OUT_OF_RANGE', 'transaction_time', { transaction_time: '1970-01-20T20:22:59Z' }),
];

/** Records with one event each that is malformed in its bytes, its JSON or its fields. */
export const events: readonly MalformedCase[] = [...encoding, ...syntax, ...structure, ...fields, ...money, ...times];
