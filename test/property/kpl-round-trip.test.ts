import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KPL_KEY_BYTES_MAX, KPL_RECORDS_MAX } from '../../core/decode/kpl.ts';
import { KplPacker } from '../../core/decode/kpl-pack.ts';
import { type OracleRecord, oraclePack, oracleUnpack, readAll } from '../core/decode/oracle.ts';
import { bytesField, frame, numberField } from '../golden/malformed/frames.ts';

/** Keys that Amazon's aggregator takes apart from others: its tables are plain objects, which put these first in order of size. */
const isArrayIndex = (key: string): boolean => /^(0|[1-9]\d{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1;

// Names of members of every object, the longest key in characters of one to four bytes, blanks, controls, right-to-left marks.
const oddKeys = fc.constantFrom(
  ...['constructor', 'toString', 'valueOf', 'isPrototypeOf', '__defineGetter__', 'prototype', 'length', '-1', '1.5', '00', '4294967295'],
  ...['k'.repeat(256), 'é'.repeat(256), '€'.repeat(256), '😀'.repeat(256), ' ', '\0', '\n', '\u202e', '\ufeff', 'e\u0301', '{"a":1}'],
);
const key = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }), fc.string({ minLength: 1, maxLength: 4 }), oddKeys);
const namedKey = key.filter((text) => !isArrayIndex(text) && text !== '__proto__' && text !== 'hasOwnProperty');
const digits = fc.oneof(fc.nat({ max: 300 }).map(String), fc.nat({ max: 2 ** 32 - 1 }).map(String));
// A hash key is a decimal number below 2^128; those of fewer than eleven digits are digit-only keys again.
const hashKey = fc.bigInt({ min: 10n ** 10n, max: 2n ** 128n - 1n }).map(String);
// Lengths on both sides of where a length takes one more byte.
const data = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(0, 1, 122, 123, 124, 127, 128, 129, 16_378, 16_380, 16_383, 16_384).map((length) => Buffer.alloc(length, 0xf3)),
);
const anyRecord = fc.record({ partitionKey: fc.oneof(key, digits, fc.constantFrom('', '__proto__', 'hasOwnProperty')), data });

function textsOf(records: readonly OracleRecord[] | undefined): (string | undefined)[][] {
  return (records ?? []).map((one) => [one.partitionKey, one.explicitHashKey, one.data.toString('hex')]);
}

function ours(aggregate: Uint8Array): (string | undefined)[][] {
  const read = readAll(Buffer.from(aggregate));
  if (read === undefined || 'code' in read) throw new Error(`not read: ${JSON.stringify(read)}`);
  return textsOf(read);
}

function packed(records: readonly OracleRecord[]): Uint8Array {
  const packer = new KplPacker();
  for (const one of records) expect(packer.add(one.partitionKey, one.data)).toBe(true);
  return packer.finish();
}

describe("what Amazon's aggregator packs, our reader reads", () => {
  const record = fc.record({ partitionKey: namedKey, explicitHashKey: hashKey, data }, { requiredKeys: ['partitionKey', 'data'] });

  test('with odd keys, decimal hash keys, data of no bytes and of lengths at the edges', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
        expect(ours(oraclePack(records))).toEqual(textsOf(records));
      }),
      { numRuns: 500 },
    );
  });

  test('with digit-only keys, which it keeps right as long as they come in ascending order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(digits.filter(isArrayIndex), { minLength: 1, maxLength: 20 }), data, (keys, bytes) => {
        const records = keys.sort((a, b) => Number(a) - Number(b)).map((partitionKey) => ({ partitionKey, data: bytes }));
        expect(ours(oraclePack(records))).toEqual(textsOf(records));
      }),
    );
  });

  test('with digit-only keys in any order, which it mixes up: our reader reads what is written, as its own does', () => {
    const mixed = fc.record({ partitionKey: fc.oneof(digits, namedKey), explicitHashKey: fc.oneof(digits, hashKey), data });
    fc.assert(
      fc.property(fc.array(mixed, { minLength: 1, maxLength: 20 }), (records) => {
        const aggregate = oraclePack(records);
        expect(ours(aggregate)).toEqual(textsOf(oracleUnpack(aggregate)));
      }),
    );
  });

  test('as many records as we take', () => {
    const records = Array.from({ length: KPL_RECORDS_MAX }, (_, i) => ({ partitionKey: `k${i % 700}`, data: Buffer.from(`{"n":${i}}`) }));
    expect(ours(oraclePack(records))).toEqual(textsOf(records));
  });
});

describe("what we pack, Amazon's deaggregator reads", () => {
  test('with any key, those that its own packer loses among them, and any data', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 30 }), (records) => {
        const aggregate = packed(records);
        expect(textsOf(oracleUnpack(aggregate))).toEqual(textsOf(records));
        expect(ours(aggregate)).toEqual(textsOf(records));
      }),
      { numRuns: 500 },
    );
  });

  test('as many records as fit, each with a key of its own', () => {
    const records = Array.from({ length: KPL_RECORDS_MAX }, (_, i) => ({
      partitionKey: String(KPL_RECORDS_MAX - i),
      data: Buffer.from('{}'),
    }));
    expect(textsOf(oracleUnpack(packed(records)))).toEqual(textsOf(records));
  });

  test('both read hash keys, tags and tables in any place alike', () => {
    const tags = bytesField(4, Buffer.concat([bytesField(1, 'a'), bytesField(2, 'b')]));
    const part = fc.constantFrom(
      numberField(1, 1),
      numberField(1, 0),
      numberField(2, 0),
      numberField(2, 1),
      bytesField(3, 'x'),
      bytesField(3, ''),
      tags,
    );
    const inner = fc
      .array(part, { maxLength: 6 })
      .map((parts) => bytesField(3, Buffer.concat([numberField(1, 0), bytesField(3, 'd'), ...parts])));
    const outer = fc.constantFrom(
      bytesField(1, 'a'),
      bytesField(1, '7'),
      bytesField(2, '340282366920938463463374607431768211455'),
      bytesField(9, 'z'),
    );
    const tables = Buffer.concat([bytesField(1, 'k0'), bytesField(1, 'k1'), bytesField(2, '0'), bytesField(2, '1')]);
    fc.assert(
      fc.property(fc.array(fc.oneof(inner, outer), { minLength: 1, maxLength: 12 }), fc.boolean(), (fields, areLast) => {
        const aggregate = frame(...(areLast ? [...fields, tables] : [tables, ...fields]));
        const known = oracleUnpack(aggregate)?.map(({ partitionKey, data: bytes }) => [partitionKey, bytes.toString('hex')]);
        expect(ours(aggregate).map(([partitionKey, , bytes]) => [partitionKey, bytes])).toEqual(known);
      }),
      { numRuns: 500 },
    );
  });
});

describe('keys of an aggregate', () => {
  test('a key as long as Kinesis takes is read, one byte more is refused, for either table', () => {
    for (const table of [1, 2]) {
      const record = bytesField(3, Buffer.concat([numberField(1, 0), bytesField(3, '{}')]));
      const longest = '😀'.repeat(KPL_KEY_BYTES_MAX / 4);
      expect(readAll(frame(bytesField(1, 'k'), bytesField(table, longest), record))).toHaveLength(1);
      expect(readAll(frame(bytesField(1, 'k'), bytesField(table, `${longest}x`), record))).toMatchObject({ code: 'KPL_LIMIT' });
    }
  });
});
