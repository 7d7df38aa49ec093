import type { SimShard, WireEvent } from './stream.ts';
import type { World } from './world.ts';

/** One user record as it lies in the stream. */
export interface TruthRecord {
  readonly shard: string;
  /** Sequence and sub-sequence, padded: places of one shard sort as the stream does. */
  readonly place: string;
  readonly arrivalMs: number;
  readonly event?: WireEvent;
  /** Quarantine code of what is no event. */
  readonly code?: string;
}

/** A change of what the verdicts of a shard depend on besides its records, from `place` on. */
export interface ContextChange {
  readonly place: string;
  readonly floorMs: number | null;
  readonly frontierMs: number | null;
  readonly version: number;
}

/** What was really sent, and in which context it was judged. */
export interface Truth {
  /** Records of each shard in stream order. */
  readonly shards: ReadonlyMap<string, readonly TruthRecord[]>;
  readonly contexts: ReadonlyMap<string, readonly ContextChange[]>;
  /** Records of each key in the order in which they came to it. */
  readonly keys: ReadonlyMap<string, readonly TruthRecord[]>;
  /** Event time from which on the other rules are in force; infinity if they never are. */
  readonly rulesFromMs: number;
}

export type OracleRow = Readonly<Record<string, string | number | null>> & { readonly lane?: string; readonly place?: string };
/** Rows of each table by id. */
export type Tables = Record<string, Map<string, OracleRow>>;

export function placeOf(sequence: unknown, sub: unknown): string {
  return `${String(sequence).padStart(56, '0')}.${String(sub).padStart(6, '0')}`;
}

export function truthOf(world: World): Truth {
  const shards = new Map(world.stream.shards.map((shard) => [shard.shardId, recordsOf(shard)]));
  return {
    shards,
    contexts: contextsOf(world),
    keys: keysOf(world, shards),
    rulesFromMs: world.rules.changedFromMs ?? Number.POSITIVE_INFINITY,
  };
}

function recordsOf({ shardId, records }: SimShard): TruthRecord[] {
  return records.flatMap(({ sequence, arrivalMs, units }) =>
    units.map(({ event, code }, sub) => ({
      ...{ shard: shardId, place: placeOf(sequence, sub), arrivalMs },
      ...(event === undefined ? {} : { event }),
      ...(code === undefined ? {} : { code }),
    })),
  );
}

/** Contexts are on record in the archive, so that a replay knows them. */
function contextsOf(world: World): Map<string, ContextChange[]> {
  const changes = new Map<string, Map<string, ContextChange>>();
  for (const row of world.lake.rows('archive')) {
    if (row['kind'] !== 'context') continue;
    const context = JSON.parse(String(row['context'])) as { floor_ms: number | null; tile_frontier_ms: number | null; definition: number };
    const place = placeOf(row['sequence'], row['sub_sequence']);
    const shard = String(row['shard_id']);
    const known = changes.get(shard) ?? new Map<string, ContextChange>();
    changes.set(shard, known);
    known.set(place, { place, floorMs: context.floor_ms, frontierMs: context.tile_frontier_ms, version: context.definition });
  }
  return new Map([...changes].map(([shard, known]) => [shard, [...known.values()].sort((a, b) => (a.place < b.place ? -1 : 1))]));
}

/**
 * Records of each key in the order in which they came to it. On one line of parents and children that is the order of the stream;
 * for a key on two shards at once nothing but the table knows which shard was first.
 */
function keysOf(world: World, shards: Truth['shards']): Map<string, TruthRecord[]> {
  const records = [...shards.values()].flat().filter(({ event }) => event !== undefined);
  const keys = Map.groupBy(records, ({ event }) => event?.card ?? '');
  for (const [key, own] of keys) {
    const ids = [...new Set(own.map(({ shard }) => shard))];
    const isOneLine = ids.every((a, i) => ids.slice(i + 1).every((b) => isAncestor(world, a, b)));
    if (!isOneLine) keys.set(key, inTableOrder(own, world.keyOrder.get(key) ?? []));
  }
  return keys;
}

function isAncestor(world: World, a: string, b: string): boolean {
  const parents = world.stream.shards.find(({ shardId }) => shardId === b)?.parents ?? [];
  return parents.some((parent) => parent === a || isAncestor(world, a, parent));
}

function inTableOrder(records: readonly TruthRecord[], order: readonly { readonly shard: string; readonly hi: string }[]): TruthRecord[] {
  const left = new Set(records);
  const ordered: TruthRecord[] = [];
  for (const { shard, hi } of order) {
    for (const record of left) {
      if (record.shard !== shard || record.place > hi) continue;
      left.delete(record);
      ordered.push(record);
    }
  }
  return [...ordered, ...left];
}
