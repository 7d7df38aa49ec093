import type { Accumulator } from './types.ts';

/** Another text for one value of one field. */
export interface Renaming {
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Puts another text in the place of a value that a stored accumulator remembers: in lists of different values, and as the first or last
 * one. `ids` are those of its components. Counts stay; sketches of many values hold hashes only and stay as they are. False if the
 * accumulator does not have the value.
 */
export function renameValue(of: Accumulator, ids: readonly string[], { field, from, to }: Renaming): boolean {
  let isChanged = false;
  for (const [i, id] of ids.entries()) {
    const part = of[i];
    if (!Array.isArray(part)) continue;
    if (id === `distinct:${field}` && part.includes(from)) {
      of[i] = [...new Set(part.map((value: unknown) => (value === from ? to : value)))];
      isChanged = true;
    }
    if ((id === `first:${field}` || id === `last:${field}`) && part[2] === from) {
      of[i] = [part[0], part[1], to];
      isChanged = true;
    }
  }
  return isChanged;
}
