import type { MalformedCase } from './case.ts';
import { bytesField, frame, numberField, recordField, varint } from './frames.ts';

const GOOD = JSON.stringify({
  type: 'transaction',
  event_id: 'tx-1',
  event_time: '2024-05-06T07:08:09Z',
  customer_id: 'c1',
  terminal_id: 't1',
  amount: '12.30',
  currency: 'EUR',
});

const KEY = bytesField(1, 'c1');
const whole = frame(KEY, recordField(0, GOOD));

function altered(at: number): Buffer {
  const copy = Buffer.from(whole);
  const index = at < 0 ? copy.length + at : at;
  copy[index] = (copy[index] ?? 0) ^ 0x01;
  return copy;
}

function one(name: string, code: string, data: Buffer, path = ''): MalformedCase {
  return { name: `KPL: ${name}`, data, code, path };
}

const checksum = (name: string, data: Buffer): MalformedCase => one(name, 'KPL_CHECKSUM', data);
const broken = (name: string, ...body: readonly Uint8Array[]): MalformedCase => one(name, 'KPL_MALFORMED', frame(...body));

/** Aggregates that break in the frame, in the protobuf, in their size or in the event inside. */
export const aggregates: readonly MalformedCase[] = [
  checksum('checksum with one bit changed', altered(-1)),
  checksum('event with one bit changed', altered(20)),
  checksum('magic alone', whole.subarray(0, 4)),
  checksum('cut inside the checksum', whole.subarray(0, whole.length - 1)),
  checksum('cut inside the protobuf', whole.subarray(0, whole.length - 30)),
  checksum('magic before a plain event', Buffer.concat([whole.subarray(0, 4), Buffer.from(GOOD)])),
  broken('record cut short under a right checksum', KEY, recordField(0, GOOD).subarray(0, 40)),
  broken('length of eleven bytes', KEY, Buffer.from([0x1a, ...Array<number>(10).fill(0x80), 0x01])),
  broken('zero written in eleven bytes', KEY, recordField(0, GOOD), varint(8 * 8), Buffer.from([...Array<number>(10).fill(0x80), 0x00])),
  broken('varint without end', KEY, Buffer.from([0x1a, 0xff])),
  broken('length of 2^63', KEY, Buffer.from([0x1a]), varint(2n ** 63n)),
  broken('negative length', KEY, Buffer.from([0x1a]), varint(-1n)),
  broken('length past the end', KEY, Buffer.from([0x1a]), varint(1_000_000)),
  broken('key index out of the table', KEY, recordField(1, GOOD)),
  broken('key index of 2^64 - 1', KEY, recordField(2n ** 64n - 1n, GOOD)),
  broken('no key table', recordField(0, GOOD)),
  broken(
    'explicit hash key out of the table',
    KEY,
    bytesField(3, Buffer.concat([numberField(1, 0), numberField(2, 7), bytesField(3, GOOD)])),
  ),
  broken('record without key index', KEY, bytesField(3, bytesField(3, GOOD))),
  broken('record without data field', KEY, bytesField(3, numberField(1, 0))),
  broken('record as a number', KEY, numberField(3, 1)),
  broken('field zero', KEY, numberField(0, 1)),
  broken('group wire type', KEY, varint(9 * 8 + 3)),
  broken('partition key that is not UTF-8', bytesField(1, Buffer.from([0xff, 0xfe])), recordField(0, GOOD)),
  broken('one good record, then garbage', KEY, recordField(0, GOOD), Buffer.from([0x1a, 0x7f, 0x00])),
  one('10,001 empty user records', 'KPL_LIMIT', frame(KEY, ...Array<Buffer>(10_001).fill(recordField(0, '')))),
  one('a million claimed sub-records', 'KPL_LIMIT', frame(KEY, Buffer.alloc(500_000, Buffer.from([0x1a, 0x00])))),
  one('10,001 keys', 'KPL_LIMIT', frame(...Array<Buffer>(10_001).fill(KEY), recordField(0, GOOD))),
  one('no user record', 'EMPTY_RECORD', frame()),
  one('keys and no user record', 'EMPTY_RECORD', frame(KEY)),
  one('user record without bytes', 'EMPTY_RECORD', frame(KEY, recordField(0, ''))),
  one('aggregate in an aggregate', 'BAD_UTF8', frame(KEY, recordField(0, whole))),
  one('event with an amount too fine', 'AMOUNT_PRECISION', frame(KEY, recordField(0, GOOD.replace('12.30', '12.305'))), 'amount'),
  one('event cut short', 'JSON_SYNTAX', frame(KEY, recordField(0, GOOD.slice(0, -1)))),
];
