import { type CataloguedFault, cite, malformed } from './fault.ts';

const FUZZ = cite(
  'property/fuzz.slow.test.ts',
  'records of any bytes > mutated inputs end as events or rejections within their bounds, and no prototype changes',
);

/** Records that are not what they should be. */
export const DECODING: readonly CataloguedFault[] = [
  {
    number: 28,
    fault: 'User records of one aggregate share a sequence number.',
    outcome: 'The place of an event is sequence and sub-sequence; positions, verdicts and the archive go by both.',
    shown: {
      tests: [
        cite('core/decode/unpack.test.ts', 'unpackRecord > an aggregate is one unit per user record, in order, each with its own key'),
        cite(
          'core/decode/position.test.ts',
          'position > text order is order by (sequence, sub-sequence), far past what a float can tell apart',
        ),
      ],
      simulated: ['aggregated events'],
    },
  },
  {
    number: 29,
    fault: 'A record begins like an aggregate, and its checksum is wrong.',
    outcome: 'Quarantine, KPL_CHECKSUM, with the whole record. It cannot be a plain event: the first bytes are no UTF-8.',
    shown: {
      tests: [
        cite('core/decode/kpl.test.ts', 'KPL reader > every single changed byte is noticed'),
        malformed('KPL: checksum with one bit changed', 'KPL: magic before a plain event'),
        FUZZ,
      ],
      simulated: ['bad events'],
    },
  },
  {
    number: 30,
    fault: 'The inside of an aggregate is broken: cut, impossible lengths, keys that are not in its table.',
    outcome: 'Quarantine, KPL_MALFORMED, as one unit; no length is believed that leads past the record.',
    shown: {
      tests: [
        malformed(
          'KPL: record cut short under a right checksum',
          'KPL: varint without end',
          'KPL: key index out of the table',
          'KPL: negative length',
          'KPL: length of 2^63',
        ),
        cite(
          'core/decode/kpl.test.ts',
          "KPL reader > any protobuf under a right checksum is read as Amazon's library reads it, or refused, and never throws",
        ),
        FUZZ,
      ],
    },
  },
  {
    number: 31,
    fault: 'An aggregate claims a million empty user records.',
    outcome: 'Past 10,000 user records or keys it is quarantined as one unit, KPL_LIMIT.',
    shown: {
      tests: [
        malformed('KPL: a million claimed sub-records', 'KPL: 10,001 keys'),
        cite('property/fuzz.slow.test.ts', 'the fuzzer itself > the command ends with one line of figures, within its limits'),
      ],
    },
  },
  {
    number: 32,
    fault: 'A user record of an aggregate does not belong to its shard.',
    outcome: 'It is processed. Once its key was seen on another shard it is counted as misrouted too.',
    shown: {
      tests: [
        cite(
          'functions/process-stream/handler.test.ts',
          'events of a key on a shard that is not its own are processed, and counted as misrouted',
        ),
      ],
      simulated: ['misroute', 'aggregated events'],
      mutants: ['rows before profiles decide'],
    },
  },
  {
    number: 33,
    fault: 'A packer makes a record that is too large.',
    outcome: 'The packer knows the exact size before it takes a user record, and leaves room for the key.',
    shown: {
      tests: [
        cite(
          'core/decode/kpl-pack.test.ts',
          'KPL packer > byteLength and count are exact after each record, refused ones change nothing, and the limit is never passed',
        ),
        cite('core/decode/kpl-pack.test.ts', 'KPL packer > the default limit leaves room for the partition key below 1 MiB'),
      ],
    },
  },
  {
    number: 42,
    fault: 'A record, a batch or a key of length zero.',
    outcome: 'A record without bytes is quarantined, EMPTY_RECORD; an empty key field is FIELD_EMPTY; a batch without records is done.',
    shown: {
      tests: [
        malformed('no bytes at all', 'KPL: user record without bytes', 'event id empty'),
        cite('functions/process-stream/handler.test.ts', 'a batch without records is done, and writes nothing'),
        FUZZ,
      ],
      simulated: ['bad events'],
    },
  },
  {
    number: 43,
    fault: 'Bytes that are not UTF-8, a byte order mark, half of a surrogate pair, NUL.',
    outcome: 'Quarantine. For broken UTF-8 the message names the byte; half pairs and NUL in a field are FIELD_TEXT and name the field.',
    shown: {
      tests: [
        cite('core/decode/json.test.ts', 'UTF-8 > the message has the offset of the bad byte'),
        malformed('byte FF', 'UTF-8 byte order mark', 'lone surrogate', 'escaped NUL'),
        FUZZ,
      ],
    },
  },
  {
    number: 44,
    fault: 'JSON made to hurt: very deep, very wide, very long, the same key twice.',
    outcome: 'Limits of 32 levels, 512 keys and 256 KiB hold while it is scanned; a repeated key is refused. Each has its code.',
    shown: {
      tests: [
        cite('core/decode/json.test.ts', 'JSON scanner > limits hold to the one'),
        malformed('100,000 open brackets', '10,000 keys', 'number of 300,000 digits', 'same field twice'),
        FUZZ,
      ],
      simulated: ['bad events'],
    },
  },
  {
    number: 45,
    fault: 'Keys such as __proto__ and constructor.',
    outcome: 'Quarantine, FORBIDDEN_KEY, at any depth; no prototype changes. As text in a field they are text.',
    shown: {
      tests: [malformed('__proto__ key', '__proto__ key, escaped', 'constructor key', '__proto__ key in a member'), FUZZ],
    },
  },
  {
    number: 46,
    fault: 'Amounts that a float would change: 0.1 + 0.2, 2^53 + 1, 1e400, -0, NaN.',
    outcome:
      'An amount is read digit by digit into whole minor units, or quarantined as syntax, precision or range. Sums stay exact past 2^53.',
    shown: {
      tests: [
        cite('core/events/decimal.test.ts', 'decimal text > %s with two decimals is %s', '0.30000000000000004', '1e400', '-0', '12'),
        cite('core/events/decimal.test.ts', 'decimal text > has the value that exact arithmetic gives it'),
        malformed('amount NaN', 'amount 2^53 + 1 euros'),
      ],
      simulated: ['huge events', 'bad events'],
      mutants: ['money as float'],
    },
  },
  {
    number: 47,
    fault: 'An unknown currency, or one with another number of decimals.',
    outcome: 'Decimals come from a table of ISO 4217; what is not in it is quarantined, CURRENCY_UNKNOWN.',
    shown: {
      tests: [
        cite('core/events/currency.test.ts', 'currency > %s has %d decimals', 'JPY', 'KWD'),
        malformed('currency unknown', 'amount half a yen', 'amount four decimals of a dinar'),
      ],
    },
  },
  {
    number: 48,
    fault: 'Times in seconds or milliseconds, of 1970 or of 9999.',
    outcome:
      'A time is RFC 3339 text in UTC from 2000 to 2100, and at most a day (configurable) ahead of its arrival. All else is quarantined.',
    shown: {
      tests: [
        cite('core/events/timestamp.test.ts', 'parseTime > the range is half-open'),
        cite(
          'core/events/parser.test.ts',
          'parser > an event as far ahead of its arrival as allowed passes, one millisecond more does not',
        ),
        malformed('event time in epoch seconds', 'event time in epoch milliseconds', 'event time in 1970', 'event time in 9999'),
      ],
      simulated: ['bad events'],
    },
  },
];
