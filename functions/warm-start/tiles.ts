import type { Accumulator } from '../../core/aggregates/types.ts';
import type { Family } from '../../core/plan.ts';
import { appendTile, type KeyTiles, sealTile, type TileRing } from '../../core/profiles/tiles.ts';
import { tilesKey } from '../../core/state/keys.ts';
import { type ReadHorizon, tileRingFromMs } from '../../core/state/warm.ts';
import { tileFamilyName, tileOfAccumulator } from '../../core/windows/families.ts';
import { newSlice, type SliceState } from '../../core/windows/slice.ts';
import type { SortEngine } from '../../lake/compaction/engine.ts';
import { quoteText } from '../../lake/sql-text.ts';
import { filesSql } from '../backfill/slices.ts';
import { TILE_COLUMNS } from '../backfill/tile-rows.ts';
import type { OpenTiles } from './open-tiles.ts';
import type { WarmPorts } from './ports.ts';
import { swap } from './state.ts';

/** Keys whose tiles are written at once. */
const KEYS_AT_ONCE = 500;

/** Where the parts of tiles are, and what decides which of them are closed. */
export interface TileParts {
  readonly engine: SortEngine;
  readonly paths: readonly string[];
  readonly horizon: ReadHorizon;
}

/** Fills one ring of tiles: those that the closer has closed as items of their keys, the others as slices of their shards. */
export async function fillTiles(ports: WarmPorts, ring: TileRing, parts: TileParts, open: OpenTiles): Promise<void> {
  const family = ports.plan.families.find(({ name }) => name === tileFamilyName(ring));
  if (family === undefined) throw new Error(`tile ring ${ring.ringId} has no window family`);
  const { closedMs, allowedLatenessMs } = parts.horizon;
  // Final are the tiles whose end plus the lateness lies strictly behind the watermark.
  const openFromMs = closedMs === null ? Number.NEGATIVE_INFINITY : closedMs - allowedLatenessMs - ring.tileMs;
  if (closedMs !== null) await fillClosed(ports, ring, family, { ...parts, toMs: open.hasShards ? openFromMs : Number.MAX_SAFE_INTEGER });
  if (open.hasShards) await fillOpen(family, parts, openFromMs, open);
}

async function fillClosed(
  ports: WarmPorts,
  ring: TileRing,
  family: Family,
  { engine, paths, horizon, toMs }: TileParts & { readonly toMs: number },
): Promise<void> {
  const fromMs = tileRingFromMs(ring, horizon);
  const where = `name = ${quoteText(family.name)} AND start_ms >= ${fromMs} AND start_ms < ${toMs}`;
  const sql = `SELECT group_key, start_ms, accumulator FROM ${filesSql(paths, TILE_COLUMNS)} WHERE ${where} ORDER BY group_key, start_ms`;
  let done: (readonly [key: string, tiles: KeyTiles])[] = [];
  let [key, startMs]: [string | undefined, number] = [undefined, 0];
  let tiles: KeyTiles = [];
  let accumulator = family.fn.empty();
  const endTile = (): void => {
    if (key !== undefined) tiles = appendTile(tiles, startMs, sealTile(tileOfAccumulator(accumulator), ring), Number.NEGATIVE_INFINITY);
    accumulator = family.fn.empty();
  };
  const endKey = async (least: number): Promise<void> => {
    if (key !== undefined) done.push([key, tiles]);
    tiles = [];
    if (done.length < least) return;
    await storeTiles(ports, ring, done);
    done = [];
  };
  for await (const part of engine.parts(sql)) {
    for (const [group, start, text] of part) {
      const isNewKey = key !== String(group);
      if (isNewKey || startMs !== Number(start)) endTile();
      if (isNewKey) await endKey(KEYS_AT_ONCE);
      [key, startMs] = [String(group), Number(start)];
      accumulator = family.fn.merge(accumulator, JSON.parse(String(text)) as Accumulator);
    }
  }
  endTile();
  await endKey(0);
}

async function storeTiles(ports: WarmPorts, { ringId }: TileRing, some: readonly (readonly [string, KeyTiles])[]): Promise<void> {
  const keys = some.map(([key]) => tilesKey(ringId, key));
  const items = await ports.store.get(keys);
  await swap(
    ports,
    keys.map((key, i) => ({ ...key, expectedVersion: items[i]?.version ?? 0, body: JSON.stringify(some[i]?.[1] ?? []) })),
  );
}

/** Open tiles, one slice of one shard at a time. */
async function fillOpen(family: Family, { engine, paths }: TileParts, fromMs: number, open: OpenTiles): Promise<void> {
  const from = fromMs === Number.NEGATIVE_INFINITY ? '' : ` AND start_ms >= ${fromMs}`;
  const where = `name = ${quoteText(family.name)}${from}`;
  const sql = `SELECT origin, start_ms, group_key, accumulator FROM ${filesSql(paths, TILE_COLUMNS)} WHERE ${where} ORDER BY origin, start_ms`;
  let at: { readonly origin: string; readonly startMs: number } | undefined;
  let slice = newSlice();
  const end = async (): Promise<void> => {
    if (at !== undefined) await open.add(at.origin, { name: family.name, startMs: at.startMs, fn: family.fn, slice });
    slice = newSlice();
  };
  for await (const part of engine.parts(sql)) {
    for (const [origin, start, group, text] of part) {
      const next = { origin: String(origin), startMs: Number(start) };
      if (at?.origin !== next.origin || at.startMs !== next.startMs) await end();
      at = next;
      addPart(slice, String(group), JSON.parse(String(text)) as Accumulator, family);
    }
  }
  await end();
}

function addPart({ groups }: SliceState, group: string, part: Accumulator, { fn }: Family): void {
  const before = groups[group];
  groups[group] = before === undefined ? part : fn.merge(before, part);
}
