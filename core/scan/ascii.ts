/** Longest text that is made from its bytes here; a call into the runtime costs more than twice as much, whatever the length. */
const SPELT_BYTES_MAX = 40;

type Speller = (bytes: Uint8Array, from: number) => string;

const spellers: (Speller | undefined)[] = [];

/** A new string of ASCII bytes, which does not keep these alive. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  const length = to - from;
  if (length > SPELT_BYTES_MAX) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', from, to);
  spellers[length] ??= spellerOf(length);
  return (spellers[length] as Speller)(bytes, from);
}

function spellerOf(length: number): Speller {
  const codes = Array.from({ length }, (_, i) => `b[o+${i}]`);
  return new Function('b', 'o', `'use strict'; return String.fromCharCode(${codes.join()});`) as Speller;
}
