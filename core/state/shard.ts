import type { Position } from '../model.ts';
import { type ShardClock, watermarkOf } from '../time/watermark.ts';
import type { SliceHead } from '../windows/chain.ts';

/** Everything a verdict depends on that is not in the shard's own sequence; recorded before a batch writes anything else. */
export interface Context {
  /** Lower bound of the shard's watermark, epoch ms. */
  readonly floorMs: number | null;
  /** End of the newest closed tile, epoch ms; null while nothing is closed. */
  readonly tileFrontierMs: number | null;
  readonly ruleSet: string;
  readonly definition: number;
}

/** Exact counts of one shard: `seen = accepted + late + duplicate + quarantined`; `misrouted` lies inside them. */
export interface Counters {
  seen: number;
  accepted: number;
  late: number;
  duplicate: number;
  quarantined: number;
  /** Events of a key that another live shard holds too. */
  misrouted: number;
}

/** State of one shard, written last in each batch. */
export interface ShardState {
  readonly schema: 1;
  /** Last position finished; null before the first batch is done. */
  hi: Position | null;
  /** Last position of the batch begun most recently; a retry up to here uses `context` again. */
  through: Position | null;
  context: Context | null;
  /** Value of `hi` (or '') when `context` last changed: the change governs all records past it. */
  contextAfter: Position | null;
  /** Grows with each batch begun, so that an instance knows whether its cached state is still the newest. */
  attempts: number;
  maxEventMs: number | null;
  /** Floor set by the closer (idle shard, barrier, end of input); batches adopt it through their context. */
  floorMs: number | null;
  counters: Counters;
  /** Drained shards whose entries in profiles may go. */
  ancestors: readonly string[];
  /** Slices that this shard has events in, by window family, ascending; timer minutes under `TIMERS`. What is not in these chains was never finished. */
  open: Record<string, SliceHead[]>;
  /** Greatest end of any window that holds an event of this shard, epoch ms. */
  lastWindowEndMs: number | null;
}

/** Name under which timer minutes stand in `ShardState.open`. */
export const TIMERS = '@timers';

/** State of a shard before its first record. */
export function newShard(floorMs: number | null, ancestors: readonly string[]): ShardState {
  return {
    schema: 1,
    hi: null,
    through: null,
    context: null,
    contextAfter: null,
    attempts: 0,
    maxEventMs: null,
    floorMs,
    counters: { seen: 0, accepted: 0, late: 0, duplicate: 0, quarantined: 0, misrouted: 0 },
    ancestors,
    open: {},
    lastWindowEndMs: null,
  };
}

/** Reads a stored shard item. */
export function parseShard(body: string): ShardState {
  return JSON.parse(body) as ShardState;
}

/** The shard's watermark as far as it is recorded: its greatest event time less the bound, or its floor if higher. */
export function recordedWatermark(shard: ShardState, outOfOrdernessMs: number): number | null {
  const clock: ShardClock = { maxEventMs: shard.maxEventMs, floorMs: shard.floorMs };
  return watermarkOf(clock, outOfOrdernessMs);
}

/** True while a batch was begun and not finished. */
export function isPending(shard: ShardState): boolean {
  return shard.through !== null && (shard.hi === null || shard.hi < shard.through);
}

/** Whether two contexts mean the same. */
export function sameContext(a: Context | null, b: Context | null): boolean {
  if (a === null || b === null) return a === b;
  return a.floorMs === b.floorMs && a.tileFrontierMs === b.tileFrontierMs && a.ruleSet === b.ruleSet && a.definition === b.definition;
}
