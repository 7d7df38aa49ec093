import { hash32, SEED_A, SEED_B } from './hash.ts';

/** 2^14 registers give a standard error of 1.04 / sqrt(2^14) = 0.8 %. */
const PRECISION = 14;
const REGISTERS = 2 ** PRECISION;
/** Bits of the 64-bit hash left for the rank; the greatest rank is one more. */
const RANK_BITS = 64 - PRECISION;
/** Added to each register in memory and in text: characters 35 ('#') to 86 ('V') need no escape in JSON. */
const OFFSET = 35;

/**
 * HyperLogLog over 64-bit hashes of texts, estimated with Ertl's improved raw estimator (no bias tables). Its text form has one
 * character for each register and is made again only after a change.
 */
export class HyperLogLog {
  private readonly registers: Uint8Array;
  private text: string | undefined;

  private constructor(registers: Uint8Array, text?: string) {
    this.registers = registers;
    this.text = text;
  }

  /** A counter of nothing. */
  static empty(): HyperLogLog {
    return new HyperLogLog(new Uint8Array(REGISTERS).fill(OFFSET));
  }

  /** Reads the text form. Throws when the length is wrong. */
  static parse(text: string): HyperLogLog {
    if (text.length !== REGISTERS) throw new Error(`a HyperLogLog has ${REGISTERS} registers, got ${text.length}`);
    return new HyperLogLog(Buffer.from(text, 'latin1'), text);
  }

  /** Counts one value; the same value again changes nothing. */
  add(value: string): void {
    const high = hash32(value, SEED_A);
    const low = hash32(value, SEED_B);
    const at = high >>> (32 - PRECISION);
    this.raise(at, rankOfHash(high, low) + OFFSET);
  }

  /** Counts everything that `other` counted. */
  merge(other: HyperLogLog): void {
    for (let at = 0; at < REGISTERS; at += 1) this.raise(at, other.registers[at] ?? OFFSET);
  }

  private raise(at: number, register: number): void {
    if (register <= (this.registers[at] ?? OFFSET)) return;
    this.registers[at] = register;
    this.text = undefined;
  }

  /** Estimated number of different values. Otmar Ertl, New cardinality estimation algorithms for HyperLogLog sketches (2017), algorithm 6. */
  estimate(): number {
    const histogram = new Array<number>(RANK_BITS + 2).fill(0);
    for (const register of this.registers) histogram[register - OFFSET] = (histogram[register - OFFSET] ?? 0) + 1;
    let z = REGISTERS * tau(1 - (histogram[RANK_BITS + 1] ?? 0) / REGISTERS);
    for (let rank = RANK_BITS; rank >= 1; rank -= 1) z = 0.5 * (z + (histogram[rank] ?? 0));
    z += REGISTERS * sigma((histogram[0] ?? 0) / REGISTERS);
    return (REGISTERS * REGISTERS) / (2 * Math.LN2 * z);
  }

  /** Text form, as it is stored. */
  toJSON(): string {
    this.text ??= Buffer.from(this.registers.buffer, this.registers.byteOffset, REGISTERS).toString('latin1');
    return this.text;
  }
}

/** Place of the highest set bit, from 1, among the 50 bits of a hash that follow the register number; 51 when none is set. */
export function rankOfHash(high: number, low: number): number {
  const front = (high << PRECISION) | (low >>> (32 - PRECISION));
  if (front !== 0) return Math.clz32(front) + 1;
  const back = low << PRECISION;
  return back !== 0 ? Math.clz32(back) + 33 : RANK_BITS + 1;
}

/** Correction for empty registers: x + sum of x^(2^k) * 2^(k - 1), k from 1. */
function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  let [power, weight, sum, before] = [x, 1, x, Number.NaN];
  while (sum !== before) {
    power *= power;
    before = sum;
    sum += power * weight;
    weight += weight;
  }
  return sum;
}

/** Correction for full registers: (1 - x - sum of (1 - x^(2^-k))^2 * 2^-k, k from 1) / 3. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let [root, weight, sum, before] = [x, 1, 1 - x, Number.NaN];
  while (sum !== before) {
    root = Math.sqrt(root);
    before = sum;
    weight *= 0.5;
    sum -= (1 - root) ** 2 * weight;
  }
  return sum / 3;
}
