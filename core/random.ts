/** A seeded source of numbers: equal seeds give equal runs on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  unit(): number;
  /** Uniform whole number in [0, below). */
  below(below: number): number;
  /** Exponential with mean 1: gaps between independent arrivals. */
  exponential(): number;
  /** Normal with mean 0 and standard deviation 1. */
  normal(): number;
  /** True with probability `share`. */
  chance(share: number): boolean;
  /** One of the items, each as likely. Throws RangeError when there is none. */
  pick<T>(items: readonly T[]): T;
}

const TWO_TO_32 = 4_294_967_296;
/** Rounds thrown away, so that seeds which differ in one bit give unlike starts. */
const WARM_UP_ROUNDS = 15;

/** Makes a source from a whole-number seed: the generator sfc32, small and of good quality, with a period near 2^128. */
export function createRandom(seed: number): Random {
  const next = sfc32(seed);
  for (let i = 0; i < WARM_UP_ROUNDS; i++) next();
  const unit = (): number => next() / TWO_TO_32;
  return {
    unit,
    below: (below) => Math.floor(unit() * below),
    exponential: () => -Math.log(1 - unit()),
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    chance: (share) => unit() < share,
    pick: (items) => {
      const item = items[Math.floor(unit() * items.length)];
      if (item === undefined) throw new RangeError('there is nothing to pick from');
      return item;
    },
  };
}

/** Whole numbers in [0, 2^32). */
function sfc32(seed: number): () => number {
  let a = seed >>> 0;
  let b = Math.floor(seed / TWO_TO_32) >>> 0;
  let c = 0x9e37_79b9;
  let counter = 1;
  return () => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
}
