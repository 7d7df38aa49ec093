import {
  ALERT_SHARE,
  CUSTOMERS,
  GROUP_BYTES,
  GROUP_BYTES_MAX,
  GROUP_EVENT_BYTES,
  ITEM_BYTES_MAX,
  PROFILE_BYTES,
  REWRITE_S,
  SESSION_SHARE,
  SHARD_ITEM_BYTES,
  TIMER_KEY_BYTES,
  USE_SHARE,
} from './constants.ts';
import type { PipelineShape, SliceShape } from './shape.ts';

/** How the events of a stream reach its state: `perShard` events a second, in `units` of state writes a second over all shards. */
export interface Flow {
  readonly ratePerS: number;
  readonly shards: number;
  readonly unitsPerS: number;
  readonly closesPerS: number;
}

/** What the state table does, a second, and what it holds. */
export interface StateUse {
  readonly writesPerS: number;
  readonly writeUnitsPerS: number;
  /** Write units a second by what is written; removing closed slices is not among them. */
  readonly kinds: readonly { readonly name: string; readonly units: number }[];
  readonly readUnitsPerS: number;
  readonly storedBytes: number;
  /** Write units a second of the busiest partition key, and which it is. */
  readonly hottest: { readonly name: string; readonly writeUnitsPerS: number };
}

const MINUTE_S = 60;
const ALERT_ITEM_BYTES = 1_200;
/** Tiles that decisions read and no cache has. */
const TILE_READS = 0.1;

/** Bytes of one packed part after `events` events over `groups` groups; measured on the shipped pipeline within a fifth. */
function partBytes(events: number, groups: number): number {
  const active = groups * (1 - Math.exp(-events / groups));
  const full = GROUP_BYTES_MAX * groups;
  return GROUP_BYTES * active + full * (1 - Math.exp((-GROUP_EVENT_BYTES * events) / full));
}

/** Bytes of one part of a slice when the slice ends, at `ratePerShard` events a second. */
export function sliceBytes({ sliceS, buckets, groups }: SliceShape, ratePerShard: number): number {
  return partBytes((ratePerShard * sliceS) / buckets, groups / buckets);
}

/** Bytes of the timer item of a whole minute. */
function timerBytes(ratePerShard: number): number {
  return ratePerShard * MINUTE_S * TIMER_KEY_BYTES;
}

/** The largest item: its name and its bytes when it is full. */
export interface LargestItem {
  readonly name: string;
  readonly bytes: number;
  /** Buckets that keep it below the limit, if it is a part of a slice. */
  readonly bucketsLeast?: number;
}

/** The largest item that the state holds at `ratePerShard` events a second. */
export function largestItem(shape: PipelineShape, ratePerShard: number): LargestItem {
  const parts = shape.slices.map((slice): LargestItem => {
    const bytes = sliceBytes(slice, ratePerShard);
    return { name: `part of ${slice.name}`, bytes, bucketsLeast: Math.ceil((slice.buckets * bytes) / (ITEM_BYTES_MAX * USE_SHARE)) };
  });
  const timer = shape.sessions.length === 0 ? [] : [{ name: 'session timer', bytes: timerBytes(ratePerShard) }];
  const items: LargestItem[] = [{ name: 'profile', bytes: PROFILE_BYTES }, ...timer, ...parts];
  return items.reduce((most, one) => (one.bytes > most.bytes ? one : most));
}

/** Write units of an item; half a unit for rounding up. */
const writeUnits = (bytes: number): number => Math.max(1, bytes / 1024 + 0.5);
const readUnits = (bytes: number): number => Math.max(1, bytes / 4096 + 0.5);

interface Kind {
  readonly name: string;
  /** Writes a second, and the write units of all of them. */
  readonly writes: number;
  readonly units: number;
  /** Units a second that fall on one partition key. */
  readonly hot: number;
}

/** What the state table is asked for by a flow of events. */
export function stateUse(shape: PipelineShape, flow: Flow): StateUse {
  const { ratePerS, shards, unitsPerS, closesPerS } = flow;
  const ratePerShard = ratePerS / shards;
  const alertShare = shape.isJudged ? ALERT_SHARE : 0;
  const shardItems = 2 * (unitsPerS + closesPerS);
  const kinds: Kind[] = [
    kind('shard items', shardItems, SHARD_ITEM_BYTES, shardItems),
    kind('profiles', ratePerS, PROFILE_BYTES, 1),
    kind('alerts', ratePerS * alertShare, ALERT_ITEM_BYTES, 1),
    ...(shape.sessions.length === 0 ? [] : [timerKind(flow, ratePerShard)]),
    ...shape.slices.map((slice) => sliceKind(slice, flow, ratePerShard)),
  ];
  const deleted = shape.slices.map((slice) => (shards * slice.buckets * writeUnits(sliceBytes(slice, ratePerShard))) / slice.sliceS);
  const windowReads = shape.slices.map(
    (slice) => (shards * slice.buckets * slice.slicesOfWindow * readUnits(sliceBytes(slice, ratePerShard))) / slice.sliceS,
  );
  const keyReads = ratePerS * (1 + TILE_READS + SESSION_SHARE * shape.sessions.length);
  const open = shape.slices.map((slice) => shards * slice.buckets * (slice.slicesOfWindow + 1) * sliceBytes(slice, ratePerShard));
  return {
    writesPerS: sum(kinds.map(({ writes }) => writes)),
    writeUnitsPerS: sum(kinds.map(({ units }) => units)) + sum(deleted),
    kinds,
    readUnitsPerS: 2 * unitsPerS + keyReads + sum(windowReads),
    storedBytes: CUSTOMERS * PROFILE_BYTES + sum(open),
    hottest: kinds
      .map(({ name, hot }) => ({ name, writeUnitsPerS: hot }))
      .reduce((most, one) => (one.writeUnitsPerS > most.writeUnitsPerS ? one : most)),
  };
}

function kind(name: string, writes: number, bytes: number, hotWrites: number): Kind {
  return { name, writes, units: writes * writeUnits(bytes), hot: hotWrites * writeUnits(bytes) };
}

function timerKind({ unitsPerS }: Flow, ratePerShard: number): Kind {
  const writes = unitsPerS * (1 + REWRITE_S / MINUTE_S);
  // Half: an item is written from its first key to its last.
  return kind('session timers', writes, timerBytes(ratePerShard) / 2, writes);
}

/** All parts of a slice have one partition key, so all shards write to it. */
function sliceKind(slice: SliceShape, { ratePerS, unitsPerS }: Flow, ratePerShard: number): Kind {
  const { buckets, sliceS } = slice;
  const touched = unitsPerS === 0 ? 0 : buckets * (1 - Math.exp(-ratePerS / unitsPerS / buckets));
  const writes = unitsPerS * touched * (1 + Math.min(1, REWRITE_S / sliceS));
  return kind(slice.name, writes, sliceBytes(slice, ratePerShard / 2), writes);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}
