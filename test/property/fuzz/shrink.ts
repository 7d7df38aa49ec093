import { repaired } from './bytes.ts';

/** Tries at most: a large input is cut to a hundredth within far fewer. */
const TRIES_MAX = 3_000;

/** Removes parts of the bytes, larger ones first, while they still fail; aggregates keep a right checksum if that is what fails. */
export function shrink(data: Buffer, stillFails: (data: Buffer) => boolean): Buffer {
  let smallest = data;
  let tries = 0;
  for (let size = Math.ceil(data.length / 2); size >= 1 && tries < TRIES_MAX; ) {
    let isSmaller = false;
    for (let at = 0; at < smallest.length && tries < TRIES_MAX; ) {
      const without = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)]);
      const found = [without, repaired(without)].find((one) => {
        tries += 1;
        return stillFails(one);
      });
      if (found === undefined) at += size;
      else {
        smallest = found;
        isSmaller = true;
      }
    }
    if (!isSmaller || size > smallest.length) size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return smallest;
}
