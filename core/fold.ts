import type { AggregateFunction } from './aggregates/types.ts';
import type { Plan } from './plan.ts';
import type { Verdict } from './processor.ts';
import { TIMERS } from './state/shard.ts';
import { floorTo } from './time/tiles.ts';
import type { SliceHead } from './windows/chain.ts';
import { addToSlice, newSlice, type SliceState } from './windows/slice.ts';

/** What the events of one batch add to one slice. */
export interface SliceUpdate {
  /** Window family, or `TIMERS`. */
  readonly name: string;
  readonly startMs: number;
  readonly fn: AggregateFunction;
  readonly slice: SliceState;
}

/** Width of a timer, ms: sessions are emitted within a minute of becoming final. */
export const TIMER_MS = 60_000;

/** Timers as slices of a minute: groups are the partition keys whose sessions may become final in it, and have nothing to sum. */
const TIMER_FUNCTION: AggregateFunction = { empty: () => [], add: (into) => into, merge: (into) => into, result: () => ({}) };

/** What the accepted events of a batch add to windows. */
export interface WindowUpdates {
  readonly slices: readonly SliceUpdate[];
  /** Greatest end of any window that holds one of the events; null without events. */
  readonly lastWindowEndMs: number | null;
}

/** Folds the accepted events of a batch into slices of their own: what they add, whatever is there already. */
export function windowUpdatesOf(plan: Plan, verdicts: readonly Verdict[]): WindowUpdates {
  const touched = plan.families.map((family) => ({ family, slices: new Map<number, SliceUpdate>() }));
  const timers = new Map<number, SliceUpdate>();
  let lastWindowEndMs: number | null = null;
  const reach = (endMs: number): void => {
    if (lastWindowEndMs === null || endMs > lastWindowEndMs) lastWindowEndMs = endMs;
  };
  for (const { event, lane } of verdicts) {
    if (lane !== 'accepted' || event === undefined) continue;
    for (const { family, slices } of touched) {
      const groupKey = family.over === event.type ? family.groupKeyOf(event) : undefined;
      if (groupKey === undefined) continue;
      const startMs = floorTo(event.timeMs, family.sliceMs);
      addToSlice(updateAt(slices, family.name, startMs, family.fn).slice, groupKey, event, family.fn);
      if (family.aggregate !== undefined) reach(startMs + family.reachMs);
    }
    for (const { aggregate, gapMs } of plan.sessions) {
      if (aggregate.over !== event.type) continue;
      reach(event.timeMs + gapMs);
      const minute = floorTo(event.timeMs + gapMs + plan.pipeline.time.allowedLatenessMs, TIMER_MS);
      addToSlice(updateAt(timers, TIMERS, minute, TIMER_FUNCTION).slice, event.key, event, TIMER_FUNCTION);
    }
  }
  return { slices: [...touched.flatMap(({ slices }) => [...slices.values()]), ...timers.values()], lastWindowEndMs };
}

function updateAt(updates: Map<number, SliceUpdate>, name: string, startMs: number, fn: AggregateFunction): SliceUpdate {
  const known = updates.get(startMs);
  if (known !== undefined) return known;
  const update = { name, startMs, fn, slice: newSlice() };
  updates.set(startMs, update);
  return update;
}

/** Ends of all open slices, with those of the slices just written, and without those that the closer has cleared away. */
export function openAfter(
  plan: Plan,
  open: Readonly<Record<string, readonly SliceHead[]>>,
  written: Readonly<Record<string, readonly SliceHead[]>>,
  clearedMs: number | null,
): Record<string, SliceHead[]> {
  const lateness = plan.pipeline.time.allowedLatenessMs;
  const reachOf = new Map<string, number>([...plan.families.map((one) => [one.name, one.reachMs + lateness] as const), [TIMERS, TIMER_MS]]);
  const merged: Record<string, SliceHead[]> = {};
  for (const name of new Set([...Object.keys(open), ...Object.keys(written)])) {
    const reachMs = reachOf.get(name) ?? 0;
    const kept = (open[name] ?? []).filter(([startMs]) => clearedMs === null || startMs + reachMs >= clearedMs);
    const heads = new Map([...kept, ...(written[name] ?? [])].map((head) => [head[0], head]));
    if (heads.size > 0) merged[name] = [...heads.values()].sort((a, b) => a[0] - b[0]);
  }
  return merged;
}
