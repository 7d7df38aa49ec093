import { KINDS } from '../generate/kinds.ts';

/** What one producer has done so far; lists are by the number of the kind. */
export interface Tally {
  /** Events that the schedule offered. */
  offered: number[];
  /** Events that the stream took, by its own answer. */
  sent: number[];
  /** Of those that were sent again after a lost answer: they may lie in the stream twice. */
  uncertain: number[];
  /** Valid payments in euro, above the limit of 220, that the stream took. */
  overLimit: number;
  /** Records that the stream refused for now, each time it did; they were sent again. */
  throttled: number;
  /** Records that a call lost or the stream failed on, each time. */
  failed: number;
  calls: number;
  /** Events offered that the stream has not taken yet. */
  backlog: number;
  /** Of these, events that wait for the shard's own limits only. */
  held: number;
}

/** A tally of nothing. */
export function emptyTally(): Tally {
  const none = (): number[] => KINDS.map(() => 0);
  return { offered: none(), sent: none(), uncertain: none(), overLimit: 0, throttled: 0, failed: 0, calls: 0, backlog: 0, held: 0 };
}

/** The sum of several producers' tallies. */
export function addTallies(tallies: readonly Tally[]): Tally {
  const sum = emptyTally();
  for (const one of tallies) {
    for (const list of ['offered', 'sent', 'uncertain'] as const)
      for (const [i, value] of one[list].entries()) sum[list][i] = (sum[list][i] ?? 0) + value;
    for (const name of ['overLimit', 'throttled', 'failed', 'calls', 'backlog', 'held'] as const) sum[name] += one[name];
  }
  return sum;
}

/** Events of all kinds. */
export function totalOf(byKind: readonly number[]): number {
  return byKind.reduce((sum, value) => sum + value, 0);
}
