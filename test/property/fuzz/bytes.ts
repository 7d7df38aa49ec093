import { hash } from 'node:crypto';
import { beginsLikeKpl, KPL_DIGEST_BYTES, KPL_MAGIC } from '../../../core/decode/kpl.ts';
import type { Random } from '../../../core/random.ts';
import { TOKENS } from './dictionary.ts';

/** Longest input that is mutated on: splices of splices would only grow. */
const MUTATED_BYTES_MAX = 65_536;
const OPERATIONS_MAX = 6;

type Operation = (random: Random, data: Buffer, other: Buffer) => Buffer;

const at = (random: Random, data: Buffer): number => random.below(data.length + 1);

function cut(data: Buffer, from: number, to: number, insert: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([data.subarray(0, from), insert, data.subarray(to)]);
}

function changed(data: Buffer, index: number, change: (byte: number) => number): Buffer {
  const copy = Buffer.from(data);
  if (copy.length > 0) copy[index] = change(copy[index] ?? 0);
  return copy;
}

/** Start and end of a random stretch, mostly short. */
function stretch(random: Random, data: Buffer): readonly [number, number] {
  const from = at(random, data);
  const length = random.chance(0.8) ? random.below(9) : random.below(data.length + 1);
  return [from, Math.min(data.length, from + length)];
}

const OPERATIONS: readonly Operation[] = [
  (random, data) => changed(data, random.below(data.length), (byte) => byte ^ (1 << random.below(8))),
  (random, data) => changed(data, random.below(data.length), () => random.below(256)),
  (random, data) => cut(data, ...stretch(random, data)),
  (random, data) => data.subarray(0, at(random, data)),
  (random, data) => cut(data, ...stretch(random, data), random.pick(TOKENS)),
  (random, data) => {
    const place = at(random, data);
    return cut(data, place, place, random.pick(TOKENS));
  },
  (random, data) => {
    const [from, to] = stretch(random, data);
    return cut(data, to, to, data.subarray(from, to));
  },
  (random, data, other) => Buffer.concat([data.subarray(0, at(random, data)), other.subarray(at(random, other))]),
  (random, data, other) => {
    const place = at(random, data);
    return cut(data, place, place, other.subarray(...stretch(random, other)));
  },
];

/** A few random changes to bytes; `other` is what splices take from. Aggregates get a right checksum half of the time. */
export function mutateBytes(random: Random, data: Buffer, other: Buffer): Buffer {
  let mutated = data;
  const operations = 1 + random.below(OPERATIONS_MAX);
  for (let i = 0; i < operations; i += 1) {
    const next = random.pick(OPERATIONS)(random, mutated, other);
    if (next.length <= MUTATED_BYTES_MAX) mutated = next;
  }
  return random.chance(0.5) ? repaired(mutated) : mutated;
}

/** The same bytes with a right checksum if they begin like an aggregate and have room for one. */
export function repaired(data: Buffer): Buffer {
  const end = data.length - KPL_DIGEST_BYTES;
  if (!beginsLikeKpl(data) || end < KPL_MAGIC.length) return data;
  const body = data.subarray(KPL_MAGIC.length, end);
  return Buffer.concat([KPL_MAGIC, body, hash('md5', body, 'buffer')]);
}
