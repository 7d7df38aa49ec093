import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KPL_BYTES_MAX, KPL_KEY_BYTES_MAX, KPL_RECORDS_MAX } from '../../../core/decode/kpl.ts';
import { bytesField, frame, numberField, recordField } from '../../golden/malformed/frames.ts';
import { oraclePack, oracleUnpack, readAll } from './oracle.ts';

const data = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
// Digit-only keys would be reordered by the library's own key table, which is a plain object; a letter in front keeps its order.
const key = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `k${text}`);
const hashKey = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((value) => `h${value}`);
const record = fc.record({ partitionKey: key, explicitHashKey: hashKey, data }, { requiredKeys: ['partitionKey', 'data'] });

function codeOf(bytes: Buffer): string {
  const result = readAll(bytes);
  return result === undefined ? 'plain' : 'code' in result ? result.code : 'records';
}

describe('KPL reader', () => {
  test("reads what Amazon's aggregator writes", () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 30 }), (records) => {
        const read = readAll(oraclePack(records));
        expect(read).toEqual(records.map((one) => ({ explicitHashKey: undefined, ...one })));
      }),
    );
  });

  test('gives views into the aggregate, not copies', () => {
    const aggregate = frame(bytesField(1, 'k'), recordField(0, 'abc'));
    const read = readAll(aggregate);
    const first = Array.isArray(read) ? read[0] : undefined;
    expect(first?.data.buffer).toBe(aggregate.buffer);
  });

  test('reads key tables that come behind the records, and skips fields it does not know', () => {
    const tags = bytesField(4, bytesField(1, 'name'));
    const inner = bytesField(3, Buffer.concat([numberField(9, 5), numberField(1, 1), tags, bytesField(3, 'x')]));
    const aggregate = frame(inner, numberField(8, 2n ** 64n - 1n), bytesField(1, 'a'), bytesField(1, 'b'), bytesField(15, 'later'));
    expect(readAll(aggregate)).toEqual([{ partitionKey: 'b', explicitHashKey: undefined, data: Buffer.from('x') }]);
  });

  test('bytes without the magic are no aggregate', () => {
    for (const text of ['', 'f3', 'f3899a', '7b7d', 'f3899ac3']) expect(codeOf(Buffer.from(text, 'hex'))).toBe('plain');
  });

  test('as many user records as allowed are read, one more is not', () => {
    const one = recordField(0, '');
    expect(codeOf(frame(bytesField(1, 'k'), ...Array<Buffer>(KPL_RECORDS_MAX).fill(one)))).toBe('records');
    expect(codeOf(frame(bytesField(1, 'k'), ...Array<Buffer>(KPL_RECORDS_MAX + 1).fill(one)))).toBe('KPL_LIMIT');
  });

  test('a key as long as Kinesis takes is read, a longer one is not: many records may share it', () => {
    const one = recordField(0, '');
    expect(codeOf(frame(bytesField(1, 'k'.repeat(KPL_KEY_BYTES_MAX)), one))).toBe('records');
    expect(codeOf(frame(bytesField(1, 'k'.repeat(KPL_KEY_BYTES_MAX + 1)), one))).toBe('KPL_LIMIT');
  });

  test('an aggregate longer than any stream takes is not even hashed', () => {
    const aggregate = Buffer.alloc(KPL_BYTES_MAX + 1);
    Buffer.from('f3899ac2', 'hex').copy(aggregate);
    expect(codeOf(aggregate)).toBe('KPL_LIMIT');
  });

  test('every single changed byte is noticed', () => {
    const aggregate = frame(bytesField(1, 'key'), recordField(0, 'some data'));
    for (let at = 0; at < aggregate.length; at += 1) {
      const changed = Buffer.from(aggregate);
      changed[at] = (changed[at] ?? 0) ^ 0x20;
      expect(codeOf(changed)).toBe(at < 4 ? 'plain' : 'KPL_CHECKSUM');
    }
  });

  test("any protobuf under a right checksum is read as Amazon's library reads it, or refused, and never throws", () => {
    const good = Buffer.concat([bytesField(1, 'k0'), bytesField(1, 'k1'), recordField(0, 'first'), recordField(1, 'second')]);
    const edit = fc.record({ at: fc.nat({ max: good.length - 1 }), byte: fc.nat({ max: 255 }) });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.nat({ max: good.length }), (edits, length) => {
        const body = Buffer.from(good);
        for (const { at, byte } of edits) body[at] = byte;
        const aggregate = frame(body.subarray(0, length));
        const read = readAll(aggregate);
        if (read === undefined || 'code' in read) return;
        const known = oracleUnpack(aggregate);
        expect(read.map((one) => [one.partitionKey, one.data.toString('hex')])).toEqual(
          known?.map((one) => [one.partitionKey, one.data.toString('hex')]),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  test('random bytes behind the magic never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(['records', 'KPL_MALFORMED']).toContain(codeOf(frame(bytes)));
      }),
      { numRuns: 1_000 },
    );
  });
});
