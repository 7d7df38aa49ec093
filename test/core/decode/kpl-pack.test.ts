import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KPL_RECORDS_MAX } from '../../../core/decode/kpl.ts';
import { KplPacker, PACKED_BYTES_MAX } from '../../../core/decode/kpl-pack.ts';
import { oraclePack, oracleUnpack, readAll } from './oracle.ts';

const data = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
const record = fc.record({ partitionKey: fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `k${text}`), data });
const records = fc.array(record, { minLength: 1, maxLength: 40 });

function packAll(all: readonly { partitionKey: string; data: Buffer }[], packer = new KplPacker()): Uint8Array {
  for (const one of all) expect(packer.add(one.partitionKey, one.data)).toBe(true);
  return packer.finish();
}

describe('KPL packer', () => {
  test("writes the same bytes as Amazon's aggregator, which reads them back", () => {
    fc.assert(
      fc.property(records, (all) => {
        const aggregate = packAll(all);
        expect(Buffer.from(aggregate).equals(oraclePack(all))).toBe(true);
        expect(oracleUnpack(aggregate)).toEqual(all);
      }),
    );
  });

  test('what goes in comes out of our reader', () => {
    fc.assert(
      fc.property(records, (all) => {
        expect(readAll(Buffer.from(packAll(all)))).toEqual(all.map((one) => ({ explicitHashKey: undefined, ...one })));
      }),
    );
  });

  test('byteLength and count are exact after each record, refused ones change nothing, and the limit is never passed', () => {
    const limit = fc.integer({ min: 20, max: 2_000 });
    fc.assert(
      fc.property(records, limit, (all, bytesMax) => {
        const packer = new KplPacker(bytesMax);
        const taken: typeof all = [];
        for (const one of all) {
          const before = packer.byteLength;
          if (packer.add(one.partitionKey, one.data)) taken.push(one);
          else expect(packer.byteLength).toBe(before);
          expect(packer.count).toBe(taken.length);
          if (taken.length > 0) expect(packer.byteLength).toBe(packAll(taken).length);
          expect(packer.byteLength).toBeLessThanOrEqual(bytesMax);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('a record that fits to the byte is taken, one byte more is not', () => {
    const exact = packAll([{ partitionKey: 'k', data: Buffer.alloc(300) }]).length;
    expect(new KplPacker(exact).add('k', Buffer.alloc(300))).toBe(true);
    expect(new KplPacker(exact).add('k', Buffer.alloc(301))).toBe(false);
  });

  test('the default limit leaves room for the partition key below 1 MiB', () => {
    const packer = new KplPacker();
    for (let index = 0; packer.add(`customer-${index % 5_000}`, Buffer.alloc(250, 0x61)); index += 1);
    const aggregate = packer.finish();
    expect(aggregate.length).toBeLessThanOrEqual(PACKED_BYTES_MAX);
    expect(aggregate.length).toBeGreaterThan(PACKED_BYTES_MAX - 300);
    expect(readAll(Buffer.from(aggregate))).toHaveProperty('length');
  });

  test('never packs more user records than the reader takes', () => {
    const packer = new KplPacker();
    for (let index = 0; index < KPL_RECORDS_MAX; index += 1) expect(packer.add('k', Buffer.from('{}'))).toBe(true);
    expect(packer.add('k', Buffer.from('{}'))).toBe(false);
    expect(readAll(Buffer.from(packer.finish()))).toHaveLength(KPL_RECORDS_MAX);
  });

  test('is empty after finish, and its result stays as it is', () => {
    const packer = new KplPacker();
    packer.add('a', Buffer.from('first'));
    const first = packer.finish();
    const copy = Buffer.from(first);
    expect(packer.count).toBe(0);
    packer.add('b', Buffer.from('again'));
    expect(readAll(Buffer.from(packer.finish()))).toEqual([{ partitionKey: 'b', explicitHashKey: undefined, data: Buffer.from('again') }]);
    expect(copy.equals(first)).toBe(true);
  });

  test('an aggregate of nothing is a mistake of the caller', () => {
    expect(() => new KplPacker().finish()).toThrow('needs a user record');
  });
});
