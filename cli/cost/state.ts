import { COMPACT_LENGTH } from '../../core/windows/chain.ts';
import {
  ALERT_SHARE,
  CUSTOMERS,
  GROUP_BYTES,
  GROUP_BYTES_MAX,
  GROUP_EVENT_BYTES,
  ITEM_OVERHEAD_BYTES,
  LINK_COMPRESSION,
  PROFILE_BYTES,
  REWRITE_S,
  SESSION_SHARE,
  SHARD_ITEM_BYTES,
  TIMER_KEY_BYTES,
} from './constants.ts';
import type { PipelineShape, SliceShape } from './shape.ts';

/** How the events of a stream reach its state: `unitsPerS` sub-batches a second over all shards. */
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
  readonly kinds: readonly { readonly name: string; readonly writes: number; readonly units: number }[];
  readonly readUnitsPerS: number;
  readonly storedBytes: number;
  /** Write units a second of the busiest partition key, and which it is. */
  readonly hottest: { readonly name: string; readonly writeUnitsPerS: number };
}

const MINUTE_S = 60;
/** An alert item, and the item of a case with a few alerts in it. */
const ALERT_ITEM_BYTES = 900;
const CASE_ITEM_BYTES = 1_300;
/** What one alert reads at most: its item twice, its case, the circuits of two subscribers twice. */
const ALERT_READS = 7;
/** Tiles that decisions read and no cache has. */
const TILE_READS = 0.1;

/** JSON of `events` events over `groups` groups, bytes; measured on the shipped pipeline within a fifth. */
function sliceBytes(events: number, groups: number): number {
  const active = groups * (1 - Math.exp(-events / groups));
  const full = GROUP_BYTES_MAX * groups;
  return GROUP_BYTES * active + full * (1 - Math.exp((-GROUP_EVENT_BYTES * events) / full));
}

/** Write units of an item; half a unit for rounding up. */
const writeUnits = (bytes: number): number => Math.max(1, bytes / 1024 + 0.5);
const readUnits = (bytes: number): number => Math.max(1, bytes / 4096 + 0.5);
const stored = (jsonBytes: number): number => jsonBytes / LINK_COMPRESSION + ITEM_OVERHEAD_BYTES;

interface Kind {
  readonly name: string;
  /** Writes a second, and the write units of all of them. */
  readonly writes: number;
  readonly units: number;
  /** Units a second that fall on one partition key. */
  readonly hot: number;
}

interface SliceKind extends Kind {
  readonly readUnits: number;
  readonly storedBytes: number;
}

/** What the state table is asked for by a flow of events. */
export function stateUse(shape: PipelineShape, flow: Flow): StateUse {
  const { ratePerS, unitsPerS, closesPerS } = flow;
  const alertShare = shape.isJudged ? ALERT_SHARE : 0;
  const shardItems = 2 * (unitsPerS + closesPerS);
  const windows = [...(shape.sessions.length === 0 ? [] : [timerKind(flow)]), ...shape.slices.map((slice) => sliceKind(slice, flow))];
  const kinds: Kind[] = [
    kind('shard items', shardItems, SHARD_ITEM_BYTES, shardItems),
    kind('profiles', ratePerS, PROFILE_BYTES, 1),
    // Each is put, and marked when it is done.
    kind('alerts', 2 * ratePerS * alertShare, ALERT_ITEM_BYTES, 1),
    kind('cases', ratePerS * alertShare, CASE_ITEM_BYTES, 1),
    ...windows,
  ];
  const keyReads = ratePerS * (1 + TILE_READS + SESSION_SHARE * shape.sessions.length);
  return {
    writesPerS: sum(kinds.map(({ writes }) => writes)),
    // What is written of windows is removed when they are closed, at the same price.
    writeUnitsPerS: sum([...kinds, ...windows].map(({ units }) => units)),
    kinds,
    readUnitsPerS: 2 * unitsPerS + keyReads + ALERT_READS * ratePerS * alertShare + sum(windows.map((one) => one.readUnits)),
    storedBytes: CUSTOMERS * PROFILE_BYTES + sum(windows.map((one) => one.storedBytes)),
    hottest: kinds
      .map(({ name, hot }) => ({ name, writeUnitsPerS: hot }))
      .reduce((most, one) => (one.writeUnitsPerS > most.writeUnitsPerS ? one : most)),
  };
}

function kind(name: string, writes: number, bytes: number, hotWrites: number): Kind {
  return { name, writes, units: writes * writeUnits(bytes), hot: hotWrites * writeUnits(bytes) };
}

/** Links that a unit writes: one, and one more for the slice before as long as events of it still come. */
const linksOf = (unitsPerS: number, sliceS: number): number => unitsPerS * (1 + Math.min(1, REWRITE_S / sliceS));

function timerKind({ ratePerS, shards, unitsPerS }: Flow): SliceKind {
  const writes = linksOf(unitsPerS, MINUTE_S);
  const bytes = stored((ratePerS / writes) * TIMER_KEY_BYTES);
  const chainBytes = (bytes * writes * MINUTE_S) / shards;
  return {
    ...kind('session timers', writes, bytes, writes / shards),
    readUnits: (shards * readUnits(chainBytes)) / MINUTE_S,
    // Payments of the last gap and lateness.
    storedBytes: shards * chainBytes * MINUTE_S,
  };
}

/** Each unit writes what it adds; a chain longer than its slice is merged, which costs as much again at most. */
function sliceKind({ name, sliceS, slicesOfWindow, groups }: SliceShape, { ratePerS, shards, unitsPerS }: Flow): SliceKind {
  const writes = linksOf(unitsPerS, sliceS);
  const linkBytes = sliceBytes(ratePerS / writes, groups);
  const chainBytes = (linkBytes * writes * sliceS) / shards;
  const wholeBytes = sliceBytes((ratePerS * sliceS) / shards, groups);
  // The first links until a chain is long cost nothing more.
  const merging = Math.max(0, 1 - COMPACT_LENGTH / chainBytes) * Math.min(1, wholeBytes / 2 / COMPACT_LENGTH);
  const units = writes * (writeUnits(stored(linkBytes)) + (merging * linkBytes) / LINK_COMPRESSION / 1024);
  const readBytes = Math.min(chainBytes, 2 * Math.max(COMPACT_LENGTH, wholeBytes)) / LINK_COMPRESSION;
  const closing = (shards * slicesOfWindow * readUnits(readBytes)) / sliceS;
  return {
    name,
    writes,
    units,
    hot: units / shards,
    readUnits: closing + (2 * merging * writes * linkBytes) / LINK_COMPRESSION / 4096,
    storedBytes: shards * (slicesOfWindow + 1) * readBytes,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}
