import type { Component } from '../aggregates/component.ts';
import type { AccumulatorInput } from '../aggregates/types.ts';

/** One event of a sequence: event time, id, whether it belongs to a run, and the time that a run counts from. JSON-safe. */
export type RunEntry = readonly [timeMs: number, id: string, isOf: boolean, sinceMs: number];

/**
 * What a sequence ends with, once nothing can come in between any more: places of its first and its last event, how many events at the end belong to
 * a run without a gap, the time that the first of them counts from (0 without any), and whether all events belong to it, so that a run before goes on
 * in it. Flat, since there are many. JSON-safe.
 */
export type RunEnd = readonly [fromMs: number, fromId: string, toMs: number, toId: string, run: number, sinceMs: number, isAll: boolean];

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
    isSettled: (state) => endOf(state)?.[6] === false,
  };
}

/** What a state ends with; undefined without events. */
export function endOf(state: RunState): RunEnd | undefined {
  if (!isOpen(state)) return state;
  const [first, last] = [state[0], state.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const before = state.findLastIndex(([, , isOf]) => !isOf);
  const begin = state[before + 1];
  return [first[0], first[1], last[0], last[1], state.length - 1 - before, begin?.[3] ?? 0, before < 0];
}

function isOpen(state: RunState): state is RunEntry[] {
  return typeof state[0] !== 'number';
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
  return isBefore([one[2], one[3]], [other[0], other[1]]) ? joined(one, other) : joined(other, one);
}

function joined(early: RunEnd, late: RunEnd): RunEnd {
  const [fromMs, fromId, , , earlyRun, earlySinceMs, isAllEarly] = early;
  const [, , toMs, toId, lateRun, lateSinceMs, isAllLate] = late;
  const run = isAllLate ? earlyRun + lateRun : lateRun;
  return [fromMs, fromId, toMs, toId, run, isAllLate && earlyRun > 0 ? earlySinceMs : lateSinceMs, isAllEarly && isAllLate];
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
