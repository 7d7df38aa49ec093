import type { Component } from '../aggregates/component.ts';
import type { AccumulatorInput } from '../aggregates/types.ts';

/** One event of a sequence: event time, id, whether it belongs to a run, and the time that a run counts from. JSON-safe. */
export type RunEntry = readonly [timeMs: number, id: string, isOf: boolean, sinceMs: number];

/** What a sequence ends with, once nothing can come in between any more. JSON-safe. */
export interface RunEnd {
  /** Places of the first and the last event. */
  readonly from: readonly [timeMs: number, id: string];
  readonly to: readonly [timeMs: number, id: string];
  /** Events at the end that belong to a run without a gap. */
  readonly run: number;
  /** The time that the first of them counts from; 0 without any. */
  readonly sinceMs: number;
  /** Whether all events belong to it, so that a run before goes on in it. */
  readonly isAll: boolean;
}

/** All events in order while more may come, and the end alone afterwards. */
export type RunState = RunEntry[] | RunEnd;

/** How events become entries. */
export interface RunOptions {
  /** Whether an event belongs to a run. */
  readonly isOf: (input: AccumulatorInput) => boolean;
  /** Field with the time that a run counts from. */
  readonly since: string;
}

/**
 * The run at the end of a sequence of events by event time and id, whatever order they come in. States of spans that do not overlap merge
 * though they are ends only.
 */
export function runOf(id: string, { isOf, since }: RunOptions): Component<RunState> {
  return {
    id,
    empty: () => [],
    add: (state, input) => added(state, [input.timeMs, input.id, isOf(input), Number(input.values[since] ?? input.timeMs)]),
    merge: merged,
    seal: (state) => endOf(state) ?? [],
    isSettled: (state) => endOf(state)?.isAll === false,
  };
}

/** What a state ends with; undefined without events. */
export function endOf(state: RunState): RunEnd | undefined {
  if (!isOpen(state)) return state;
  const [first, last] = [state[0], state.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const before = state.findLastIndex(([, , isOf]) => !isOf);
  const begin = state[before + 1];
  return {
    ...{ from: [first[0], first[1]], to: [last[0], last[1]] },
    ...{ run: state.length - 1 - before, sinceMs: begin?.[3] ?? 0, isAll: before < 0 },
  };
}

function isOpen(state: RunState): state is RunEntry[] {
  return Array.isArray(state);
}

function added(state: RunState, entry: RunEntry): RunState {
  const last = isOpen(state) ? state.at(-1) : undefined;
  // Mostly events come in order: a tile of thousands must not be copied for each.
  if (!isOpen(state) || (last !== undefined && !isBefore(last, entry))) return merged(state, [entry]);
  state.push(entry);
  return state;
}

function merged(a: RunState, b: RunState): RunState {
  if (isOpen(a) && isOpen(b)) return interleaved(a, b);
  const [one, other] = [endOf(a), endOf(b)];
  if (one === undefined || other === undefined) return one ?? other ?? [];
  return isBefore(one.to, other.from) ? joined(one, other) : joined(other, one);
}

function joined(early: RunEnd, late: RunEnd): RunEnd {
  const goesOn = late.isAll && early.run > 0;
  return {
    ...{ from: early.from, to: late.to, isAll: early.isAll && late.isAll },
    run: late.isAll ? early.run + late.run : late.run,
    sinceMs: goesOn ? early.sinceMs : late.sinceMs,
  };
}

function interleaved(a: readonly RunEntry[], b: readonly RunEntry[]): RunEntry[] {
  const [all, last, first] = [[...a], a.at(-1), b[0]];
  // Mostly one lies behind the other.
  if (last === undefined || first === undefined || isBefore(last, first)) return all.concat(b);
  return all.concat(b).sort((one, other) => (isBefore(one, other) ? -1 : 1));
}

type Place = readonly [timeMs: number, id: string, ...unknown[]];

function isBefore([aMs, aId]: Place, [bMs, bId]: Place): boolean {
  return aMs < bMs || (aMs === bMs && aId < bId);
}
