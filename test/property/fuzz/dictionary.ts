const repeat = (text: string, times: number): string => text.repeat(times);

/** Numbers as JSON text, right and wrong, at the edges of safe integers, decimals and exponents. */
const NUMBERS = [
  ...['0', '-0', '-0.0', '1', '-1', '12.30', '0.1', '0.30000000000000004', '12.345', '1e2', '1E+2', '1e-2', '100e-2', '1.10e1', '0e999'],
  ...['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993', '90071992547409.91', '90071992547409.92'],
  ...['1e15', '1e16', '1e400', '-1e400', '1e-400', '1e99999999999999999999', '1e-99999999999999999999', '4.9e-324', '2e308'],
  ...['00', '01', '-', '+1', '.5', '1.', '1e', '1e+', '0x10', '1_000', '--1', '1.2.3', 'NaN', '-NaN', 'Infinity', '-Infinity'],
  ...[repeat('9', 400), `0.${repeat('0', 400)}1`, `${repeat('0', 40)}1`, `1${repeat('0', 40)}e-40`, `1e${repeat('9', 300)}`],
];

const TYPES = ['transaction', 'label', 'reading', 'Label', 'transaction '];
const CURRENCIES = ['EUR', 'JPY', 'KWD', 'CLF', 'XAU', 'eur', 'EU', 'EUX', 'SLL', 'E\\u0055R'];

/** Times, right and wrong: notations, offsets, calendar, fractions, ends of the range. */
const TIMES = [
  ...['2026-01-05T10:00:00Z', '2026-01-05t10:00:00.123456789z', '2026-01-05T10:00:00+00:00', '2026-01-05T10:00:00-00:00'],
  ...[
    '2026-01-05T10:00:00+02:00',
    '2026-01-05 10:00:00Z',
    '2026-02-30T00:00:00Z',
    '2024-02-29T23:59:59.999Z',
    '2024-03-01T00:00:00Z',
    '2000-12-31T23:59:59Z',
    '2016-12-31T23:59:60Z',
  ],
  ...['1999-12-31T23:59:59.999Z', '2000-01-01T00:00:00Z', '2099-12-31T23:59:59Z', '2100-01-01T00:00:00Z', '0000-01-01T00:00:00Z'],
  ...['9999-12-31T23:59:59Z', '+275760-09-13T00:00:00Z', '2026-01-05T10:00:00.Z', '2026-01-05T10:00:00.0123456789Z', '1767225600000'],
];

/** Texts between quotes as JSON writes them: escapes, surrogates, NUL, lengths at the edges of fields. */
const TEXTS = [
  ...['4111111111111111', '4111 1111 1111 1111', '378282246310005', '[card **1111]'],
  ...['', ' ', 'c1', 'x', '\\u0000', '\\u0001', '\\ud800', '\\udc00', '\\udc00\\ud800', '\\ud83d\\ude00', '\\ud83d', 'a\\ud800b'],
  ...[
    '\\n',
    '\\"',
    '\\\\',
    '\\/',
    '\\b\\f\\r\\t',
    '\\x41',
    '\\u00',
    '\\u00g0',
    '\\u12',
    '\\',
    '\\u005f_proto__',
    '__proto__',
    'constructor',
  ],
  ...['é', '€', '😀', '\u2028', '\u007f', '\u0000', '\n', '\t', '\ufeff', '\ufffd', '\u202e', 'İ', 'ﬃ', '١٢'],
  ...[
    repeat('x', 64),
    repeat('x', 65),
    repeat('x', 128),
    repeat('x', 129),
    repeat('é', 128),
    repeat('😀', 64),
    repeat('\\u0041', 128),
    repeat('y', 900),
  ],
  ...['toString', 'hasOwnProperty'],
];

const quoted = (text: string): string => `"${text}"`;
const NUMERIC = [...NUMBERS, ...NUMBERS.map(quoted)];

/** JSON values of the kind that a member should have, most of them wrong by a little. */
export const FITTING: Readonly<Record<string, readonly string[]>> = {
  type: TYPES.map(quoted),
  event_time: TIMES.map(quoted),
  transaction_time: TIMES.map(quoted),
  currency: CURRENCIES.map(quoted),
  amount: NUMERIC,
  lat: NUMERIC,
  lon: NUMERIC,
  celsius: NUMERIC,
};

/** JSON values for members, most of them unwelcome. */
export const VALUES: readonly string[] = [
  ...NUMERIC,
  ...[...TEXTS, ...TYPES, ...TIMES, ...CURRENCIES].map(quoted),
  ...['true', 'false', 'null', 'True', 'nul', 'undefined', '{}', '[]', '[{}]', '{"a":1}', '{"a":1,"a":2}', '[1,]', '{,}', '{"a"}', ''],
  ...['{"__proto__":{"polluted":1}}', '[{"constructor":{"prototype":{"polluted":1}}}]', '{"toJSON":1}', '{"then":1}', '{"length":1e9}'],
];

/** Keys between quotes as JSON writes them. */
export const KEYS: readonly string[] = [
  ...['__proto__', 'constructor', 'prototype', '\\u005f_proto__', '__proto\\u005f_', 'c\\u006fnstructor', 'proto\\u0074ype'],
  ...['toString', 'valueOf', 'hasOwnProperty', '__defineGetter__', '__lookupGetter__', 'toJSON', 'then', 'length', '0', '-1', '4294967295'],
  ...['', ' ', 'note', 'extra', 'é', '😀', '\\ud800', '\\u0000', 'type', '\\u0074ype', 'event_id', 'event_time', 'amount', '\\u0061mount'],
  ...['currency', 'customer_id', 'terminal_id', 'fraud', 'lat', 'lon', 'country', 'celsius', 'sensor_id', 'site', 'Type', 'amount '],
];

const fromText = (text: string): Buffer => Buffer.from(text);
const fromHex = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** Bytes that readers of JSON, UTF-8 and protobuf stumble over, put in anywhere. */
export const TOKENS: readonly Buffer[] = [
  ...['"', '{', '}', '[', ']', ',', ':', '\\', '\\u', '\\ud800', ' ', '\n', '/*', '//', '[[[[[[[[', '{"a":{"a":', ']]]]', '}}}}'].map(
    fromText,
  ),
  ...['"__proto__":{"polluted":1},', ',"constructor":{"prototype":{"polluted":1}}', '"a":1,"a":1,', '1e400', '-0', 'NaN', 'null'].map(
    fromText,
  ),
  // Byte order mark, NUL, never UTF-8, surrogate, overlong slash, past the last code point, cut sequence.
  ...['efbbbf', '00', 'ff', 'fe', 'eda080', 'c0af', 'f4908080', 'e282', 'f09f98', '80', '7f'].map(fromHex),
  // Magic of aggregates, overlong and endless varints, empty records and keys, lengths of 2^31 and 2^63, groups, field zero.
  ...['f3899ac2', '80808080808080808000', 'ffffffffffffffffff01', '8080808080808080808001', '1a00', '0a00', '1200'].map(fromHex),
  ...['1affffffff07', '1a80808080808080808001', '0b', '0c', '00', '1aff', '08ffffffffffffffffff01', '1000', '20', '21', '25'].map(fromHex),
];
