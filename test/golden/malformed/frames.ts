import { createHash } from 'node:crypto';

const MAGIC = Buffer.from('f3899ac2', 'hex');

/** Protobuf varint of a value of up to 64 bits. */
export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

/** Protobuf field that holds bytes (wire type 2). */
export function bytesField(field: number, bytes: Uint8Array | string): Buffer {
  const body = Buffer.from(bytes);
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
}

/** Protobuf field that holds a number (wire type 0). */
export function numberField(field: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

/** Record message of an aggregate: field 3 with key index and data. */
export function recordField(keyIndex: number | bigint, data: Uint8Array | string): Buffer {
  return bytesField(3, Buffer.concat([numberField(1, keyIndex), bytesField(3, data)]));
}

/** A KPL aggregate of this protobuf body, whatever it is, with a right checksum. */
export function frame(...body: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(body);
  return Buffer.concat([MAGIC, bytes, createHash('md5').update(bytes).digest()]);
}
