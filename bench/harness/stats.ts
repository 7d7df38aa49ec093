/** A figure over repeats: the median with the least and the greatest. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly reps: number;
}

/** Spread of some numbers. Throws on none. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) throw new Error('there is nothing to take a median of');
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? most;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
  return { median, least, most, reps: values.length };
}

/** How many times as much `theirs` is as `ours`, repeat by repeat: what disturbs the machine for a while disturbs both. */
export function ratiosOf(ours: readonly number[], theirs: readonly number[]): Spread {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} repeats of one way and ${theirs.length} of the other`);
  return spreadOf(theirs.map((value, rep) => value / (ours[rep] ?? Number.NaN)));
}

/** Three digits that count. */
export function shown(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return value.toFixed(value >= 10 ? 1 : 2);
}
