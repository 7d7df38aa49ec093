import type { Plan } from '../plan.ts';
import { baseMemoryMsOf, type KeyRing } from '../profiles/key-rings.ts';
import { markMemoryMsOf, type TileRing } from '../profiles/tiles.ts';
import { floorTo } from '../time/tiles.ts';

/** A ring that the state holds as if it had been kept from the start. */
export interface WarmRing {
  readonly ringId: string;
  /** How far back it is whole, ms: longer windows than it was kept for make it a new ring. */
  readonly reachMs: number;
  /** Set where history was missing, and somebody accepted that. */
  readonly cold?: ColdStart;
}

/** Since when a ring is kept, and what was missing before. */
export interface ColdStart {
  /** Newest event time then, epoch ms. */
  readonly sinceMs: number;
  readonly because: string;
}

/** Which rings the state is warm for: those of profiles, and those of tiles of other keys. One item; absent from folders of earlier builds. */
export interface WarmRecord {
  readonly schema: 1;
  readonly key: readonly WarmRing[];
  readonly tile: readonly WarmRing[];
}

/** Rings of a plan that the state lacks, and what stays on record of the others. */
export interface WarmGap {
  readonly keyRings: readonly KeyRing[];
  readonly tileRings: readonly TileRing[];
  readonly kept: WarmRecord;
}

/** Reads the stored record; undefined where there is none. */
export function parseWarm(body: string | undefined): WarmRecord | undefined {
  return body === undefined ? undefined : (JSON.parse(body) as WarmRecord);
}

/** Compares a plan with what is on record. Rings that the plan no longer has leave the record: should they come back, they are new. */
export function warmGap({ keyFeatures, tileFeatures }: Plan, record: WarmRecord | undefined): WarmGap {
  const [key, tile] = [split(keyFeatures.rings, keyReach, record?.key), split(tileFeatures.rings, tileReach, record?.tile)];
  return { keyRings: key.missing, tileRings: tile.missing, kept: { schema: 1, key: key.kept, tile: tile.kept } };
}

/** The record once the missing rings are filled; `cold` is set where history was missing. */
export function filledRecord({ keyRings, tileRings, kept }: WarmGap, cold: ColdStart | undefined): WarmRecord {
  const mark = cold === undefined ? {} : { cold };
  const key = keyRings.map((ring): WarmRing => ({ ringId: ring.ringId, reachMs: keyReach(ring), ...mark }));
  const tile = tileRings.map((ring): WarmRing => ({ ringId: ring.ringId, reachMs: tileReach(ring), ...mark }));
  return { schema: 1, key: [...kept.key, ...key], tile: [...kept.tile, ...tile] };
}

/** A feature that is read from a ring which began cold. */
export interface ColdFeature extends ColdStart {
  readonly name: string;
  /** Event time from which on its window is whole, epoch ms. */
  readonly wholeMs: number;
}

/** Features whose windows still reach back to before their ring began, at a watermark of the pipeline. */
export function coldFeatures({ keyFeatures, tileFeatures }: Plan, { key, tile }: WarmRecord, closedMs: number | null): ColdFeature[] {
  const pairs = [
    ...key.map((ring) => ({ ring, features: keyFeatures.rings.find(({ ringId }) => ringId === ring.ringId)?.features ?? [] })),
    ...tile.map((ring) => ({ ring, features: tileFeatures.rings.find(({ ringId }) => ringId === ring.ringId)?.features ?? [] })),
  ];
  return pairs.flatMap(({ ring: { cold, reachMs }, features }) => {
    if (cold === undefined || (closedMs !== null && closedMs >= cold.sinceMs + reachMs)) return [];
    return features.map((name): ColdFeature => ({ ...cold, name, wholeMs: cold.sinceMs + reachMs }));
  });
}

/** Oldest event time that a read of a ring of profiles can still reach, epoch ms, on an edge of its tiles. */
export function keyRingFromMs(ring: KeyRing, { closedMs, allowedLatenessMs }: ReadHorizon): number {
  if (closedMs === null) return Number.NEGATIVE_INFINITY;
  return floorTo(closedMs - allowedLatenessMs, ring.tileMs) - ring.windowMsMax - baseMemoryMsOf(ring.bases);
}

/** The same of a ring of tiles, which is read as of its delay ago, or up to an older frontier; with what its labels were marked by. */
export function tileRingFromMs(ring: TileRing, { closedMs, allowedLatenessMs, frontierMs }: ReadHorizon): number {
  if (closedMs === null) return Number.NEGATIVE_INFINITY;
  return (
    floorTo(Math.min(closedMs - allowedLatenessMs - ring.delayMsMax, frontierMs), ring.tileMs) - ring.windowMsMax - markMemoryMsOf(ring)
  );
}

/** What decides how far back anything may still be read. */
export interface ReadHorizon {
  /** Watermark of the pipeline, epoch ms; null before the first close: everything may be read. */
  readonly closedMs: number | null;
  readonly allowedLatenessMs: number;
  /** Least tile frontier of unfinished batches, epoch ms; +Infinity where there are none. */
  readonly frontierMs: number;
}

const keyReach = ({ windowMsMax }: KeyRing): number => windowMsMax;
const tileReach = ({ windowMsMax, delayMsMax }: TileRing): number => windowMsMax + delayMsMax;

function split<R extends { readonly ringId: string }>(
  rings: readonly R[],
  reachOf: (ring: R) => number,
  record: readonly WarmRing[] = [],
): { readonly missing: R[]; readonly kept: WarmRing[] } {
  const known = new Map(record.map((ring) => [ring.ringId, ring]));
  const missing = rings.filter((ring) => (known.get(ring.ringId)?.reachMs ?? Number.NEGATIVE_INFINITY) < reachOf(ring));
  const kept = rings.flatMap((ring): WarmRing[] => {
    const one = known.get(ring.ringId);
    // From now on it is kept for its present windows only.
    return one === undefined || missing.includes(ring) ? [] : [{ ...one, reachMs: reachOf(ring) }];
  });
  return { missing, kept };
}
