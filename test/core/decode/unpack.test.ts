import { describe, expect, test } from 'vitest';
import { KplPacker } from '../../../core/decode/kpl-pack.ts';
import { positionOf } from '../../../core/decode/position.ts';
import { type UnpackedRecord, unpackRecord } from '../../../core/decode/unpack.ts';
import { bytesField, frame, recordField } from '../../golden/malformed/frames.ts';

const SEQUENCE = '49590338271490256608559692538361571095921575989136588898';

function unpack(data: Uint8Array): UnpackedRecord[] {
  return unpackRecord({
    sequence: SEQUENCE,
    arrivalMs: 1_767_225_600_000,
    partitionKey: 'outer',
    data: Buffer.from(data).toString('base64'),
  });
}

describe('unpackRecord', () => {
  test('a plain record is one unit with sub-sequence 0 and its own key and bytes', () => {
    expect(unpack(Buffer.from('{"a":1}'))).toEqual([
      {
        raw: {
          position: positionOf(SEQUENCE, 0),
          sequence: SEQUENCE,
          subSequence: 0,
          arrivalMs: 1_767_225_600_000,
          partitionKey: 'outer',
          bytes: Buffer.from('{"a":1}'),
        },
      },
    ]);
  });

  test('an aggregate is one unit per user record, in order, each with its own key', () => {
    const packer = new KplPacker();
    for (const name of ['a', 'b', 'a']) packer.add(name, Buffer.from(`{"${name}":1}`));
    const units = unpack(packer.finish());
    expect(units.map(({ raw }) => [raw.subSequence, raw.partitionKey, Buffer.from(raw.bytes).toString()])).toEqual([
      [0, 'a', '{"a":1}'],
      [1, 'b', '{"b":1}'],
      [2, 'a', '{"a":1}'],
    ]);
    expect(units.map(({ raw }) => raw.position)).toEqual([0, 1, 2].map((sub) => positionOf(SEQUENCE, sub)));
    expect(units.every(({ rejection }) => rejection === undefined)).toBe(true);
  });

  test('an empty user record is refused alone; its neighbours pass', () => {
    const units = unpack(frame(bytesField(1, 'k'), recordField(0, '{}'), recordField(0, ''), recordField(0, '{}')));
    expect(units.map(({ rejection }) => rejection?.code)).toEqual([undefined, 'EMPTY_RECORD', undefined]);
  });

  test.each([
    ['no bytes', Buffer.alloc(0), 'EMPTY_RECORD'],
    ['aggregate without user records', frame(), 'EMPTY_RECORD'],
    ['wrong checksum', Buffer.concat([frame(), Buffer.from([1])]), 'KPL_CHECKSUM'],
    ['broken protobuf', frame(Buffer.from([0x1a, 0x05])), 'KPL_MALFORMED'],
    [
      'good user record before broken protobuf',
      frame(bytesField(1, 'k'), recordField(0, '{}'), Buffer.from([0x1a, 0x05])),
      'KPL_MALFORMED',
    ],
  ])('%s: the whole record is one refused unit with its original bytes', (_, data, code) => {
    const units = unpack(data);
    expect(units.map(({ rejection }) => rejection?.code)).toEqual([code]);
    expect(units[0]?.raw).toMatchObject({ subSequence: 0, partitionKey: 'outer' });
    expect(Buffer.from(units[0]?.raw.bytes ?? []).equals(data)).toBe(true);
  });
});
