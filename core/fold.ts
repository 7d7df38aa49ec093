import type { Event, Position } from './model.ts';
import type { Family, Plan } from './plan.ts';
import type { Verdict } from './processor.ts';
import { TIMERS } from './state/shard.ts';
import { floorTo } from './time/tiles.ts';
import { bucketOf } from './windows/groups.ts';
import { addToSlice, type SliceState } from './windows/slice.ts';

/** Events of one batch that belong to one packed part of a slice, in stream order. */
export interface SliceUpdate {
  readonly family: Family;
  readonly sliceStartMs: number;
  readonly bucket: number;
  readonly entries: { readonly position: Position; readonly groupKey: string; readonly event: Event }[];
}

/** Width of a timer, ms: sessions are emitted within a minute of becoming final. */
export const TIMER_MS = 60_000;

/** What the accepted events of a batch add to windows. */
export interface WindowUpdates {
  readonly slices: readonly SliceUpdate[];
  /** Timer minute (its start, epoch ms) to the partition keys whose sessions may become final in it. */
  readonly timers: ReadonlyMap<number, ReadonlySet<string>>;
  /** Greatest end of any window that holds one of the events; null without events. */
  readonly lastWindowEndMs: number | null;
}

/** Sorts the accepted events of a batch into slices and timers. */
export function windowUpdatesOf(plan: Plan, verdicts: readonly Verdict[]): WindowUpdates {
  const touched = plan.families.map((family) => ({ family, slices: new Map<number, SliceUpdate>() }));
  const timers = new Map<number, Set<string>>();
  let lastWindowEndMs: number | null = null;
  const reach = (endMs: number): void => {
    if (lastWindowEndMs === null || endMs > lastWindowEndMs) lastWindowEndMs = endMs;
  };
  for (const { raw, event, lane } of verdicts) {
    if (lane !== 'accepted' || event === undefined) continue;
    for (const { family, slices } of touched) {
      const update = sliceOf(slices, family, event);
      if (update === undefined) continue;
      update.into.entries.push({ position: raw.position, groupKey: update.groupKey, event });
      if (family.aggregate !== undefined) reach(update.into.sliceStartMs + family.reachMs);
    }
    for (const { aggregate, gapMs } of plan.sessions) {
      if (aggregate.over !== event.type) continue;
      reach(event.timeMs + gapMs);
      const minute = floorTo(event.timeMs + gapMs + plan.pipeline.time.allowedLatenessMs, TIMER_MS);
      const keys = timers.get(minute);
      if (keys === undefined) timers.set(minute, new Set([event.key]));
      else keys.add(event.key);
    }
  }
  return { slices: touched.flatMap(({ slices }) => [...slices.values()]), timers, lastWindowEndMs };
}

function sliceOf(
  slices: Map<number, SliceUpdate>,
  family: Family,
  event: Event,
): { readonly into: SliceUpdate; readonly groupKey: string } | undefined {
  if (family.over !== event.type) return undefined;
  const groupKey = family.groupKeyOf(event);
  if (groupKey === undefined) return undefined;
  const sliceStartMs = floorTo(event.timeMs, family.sliceMs);
  const bucket = bucketOf(groupKey, family.buckets);
  // Slices start at whole milliseconds, so each (start, bucket) has a number of its own; numbers hash faster than texts.
  const id = sliceStartMs * family.buckets + bucket;
  let into = slices.get(id);
  if (into === undefined) {
    into = { family, sliceStartMs, bucket, entries: [] };
    slices.set(id, into);
  }
  return { into, groupKey };
}

/** Folds an update into its part of the slice, skipping what that part already holds; the slice is changed in place. */
export function foldSlice(slice: SliceState, update: SliceUpdate): void {
  for (const { position, groupKey, event } of update.entries) {
    if (slice.hi !== '' && position <= slice.hi) continue;
    addToSlice(slice, groupKey, event, update.family.fn);
    slice.hi = position;
  }
}

/** Slices and timers that may hold state after the updates, without those the closer has cleared away. */
export function openAfter(
  plan: Plan,
  open: Readonly<Record<string, readonly number[]>>,
  updates: WindowUpdates,
  clearedMs: number | null,
): Record<string, number[]> {
  const merged = new Map<string, Set<number>>();
  const add = (name: string, startMs: number): void => {
    const starts = merged.get(name);
    if (starts === undefined) merged.set(name, new Set([startMs]));
    else starts.add(startMs);
  };
  const lateness = plan.pipeline.time.allowedLatenessMs;
  const reachOf = new Map<string, number>([...plan.families.map((one) => [one.name, one.reachMs + lateness] as const), [TIMERS, TIMER_MS]]);
  for (const name in open) {
    for (const startMs of open[name] ?? []) {
      const isCleared = clearedMs !== null && startMs + (reachOf.get(name) ?? 0) < clearedMs;
      if (!isCleared) add(name, startMs);
    }
  }
  for (const { family, sliceStartMs } of updates.slices) add(family.name, sliceStartMs);
  for (const minute of updates.timers.keys()) add(TIMERS, minute);
  return Object.fromEntries([...merged].map(([name, starts]) => [name, [...starts].sort((a, b) => a - b)]));
}
