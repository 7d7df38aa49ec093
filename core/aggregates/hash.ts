/** Seed of the upper half of a 64-bit hash; fixed for good, stored state depends on it. */
export const SEED_A = 0x9747b28c;
/** Seed of the lower half of a 64-bit hash; fixed for good. */
export const SEED_B = 0x3c6ef372;

/** Stable 32-bit hash of a text (MurmurHash3 over pairs of UTF-16 units), unsigned. Two seeds give two independent halves. */
export function hash32(text: string, seed: number): number {
  const { length } = text;
  let h = seed | 0;
  for (let i = 0; i < length; i += 2) {
    // Past the end charCodeAt is NaN, which the shift turns into 0; the length mixed in below tells the two apart.
    let k = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16);
    k = Math.imul(k, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h ^= k;
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  h ^= length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
