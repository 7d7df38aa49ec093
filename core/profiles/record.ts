/** Numbers by place, to be written to. */
export interface NumberList {
  [place: number]: number;
}

/** Names the numbers from `at` on; NaN stands for no value. */
export type RecordMaker = (values: ArrayLike<number>, at: number) => Record<string, number | null>;

/**
 * Compiles an object literal of the names, in their order: all records have one hidden class, which filling an object name by name would look up
 * for each event again.
 */
export function compileRecord(names: readonly string[]): RecordMaker {
  const cells = names.map((name, i) => `${JSON.stringify(name)}: (n = v[at + ${i}], n === n ? n : null)`);
  return new Function(`'use strict'; let n; return (v, at) => ({ ${cells.join(', ')} });`)() as RecordMaker;
}
