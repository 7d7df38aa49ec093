import { join } from 'node:path';
import type { Family } from '../../core/plan.ts';
import type { Row } from '../../core/ports.ts';
import { isFinal } from '../../core/time/watermark.ts';
import { windowStartsOfSlice } from '../../core/windows/assign.ts';
import { tileFamilyName, tileOfAccumulator } from '../../core/windows/families.ts';
import { resultsOf } from '../../core/windows/results.ts';
import { mergeSlices, newSlice, type SliceState } from '../../core/windows/slice.ts';
import { RowFile } from '../../lake/row-file.ts';
import { type Partial, readPartials } from './partials.ts';
import type { BackfillPlan, Span } from './plan-record.ts';
import type { BackfillPorts } from './ports.ts';
import { neededOf } from './slices.ts';
import { RowFiles, withEngine } from './step-tools.ts';
import { TILES } from './tile-rows.ts';
import { padded, type Work } from './work.ts';

/** Merges what all slices of keys add to the windows and tiles that begin in one stretch of time. */
export async function mergeWindows(ports: BackfillPorts, work: Work, at: number): Promise<void> {
  const plan = await work.plan();
  const span = plan.merges[at];
  if (span === undefined) throw new Error(`merge ${at} is not in the plan of backfill ${work.id}`);
  await withEngine(ports, `merge-${work.id}-${at}`, async (engine, scratch) => {
    const rows = new RowFiles(plan, ports.tables, scratch);
    const tiles = new RowFile(TILES, join(scratch, 'tiles.ndjson'));
    const partials = await readPartials(work, stretchesOf(ports, plan, at));
    for (const family of neededOf(ports.plan, plan).families) {
      const own = (partials.get(family.name) ?? []).map((line) => JSON.parse(line) as Partial).sort((a, b) => a.startMs - b.startMs);
      // Tiles are what features read, which know their own origin only.
      const origins = family.aggregate === undefined ? [...new Set(own.map(({ origin }) => origin))] : [undefined];
      for (const origin of origins) mergeFamily(ports, plan, { family, origin, span, partials: own, rows, tiles });
    }
    await rows.store(engine, work, `merge-${padded(at)}.parquet`);
    if (tiles.rows === 0) return;
    const path = join(scratch, 'tiles.parquet');
    await tiles.finish(engine, path, ['name', 'group_key', 'start_ms']);
    await work.store(`tiles/${padded(at)}.parquet`, path);
  });
}

/** Stretches whose partials windows and tiles of one are made of: itself, and those that its last windows reach into. */
function stretchesOf({ plan }: BackfillPorts, backfill: BackfillPlan, at: number): number[] {
  const reachMs = Math.max(0, ...neededOf(plan, backfill).families.map((family) => family.reachMs - family.sliceMs));
  const endMs = (backfill.merges[at]?.toMs ?? 0) + reachMs;
  return backfill.merges.flatMap(({ fromMs }, i) => (i === at || (i > at && fromMs < endMs) ? [i] : []));
}

interface FamilyMerge {
  readonly family: Family;
  /** Only what came from there; undefined for everything. */
  readonly origin: string | undefined;
  readonly span: Span;
  /** By start. */
  readonly partials: readonly Partial[];
  readonly rows: RowFiles;
  readonly tiles: RowFile;
}

function mergeFamily(ports: BackfillPorts, plan: BackfillPlan, merge: FamilyMerge): void {
  const { family, origin = '', span, rows, tiles } = merge;
  const windows = new OpenWindows(family);
  const emit = (startMs: number, merged: SliceState): void => {
    if (startMs < span.fromMs || startMs >= span.toMs) return;
    const { aggregate } = family;
    if (aggregate === undefined) {
      tiles.add(tileRows(ports, { family, origin, startMs }, merged));
      return;
    }
    if (startMs < plan.scope.fromMs || startMs >= plan.scope.toMs) return;
    if (!isFinal(startMs + family.reachMs, plan.fence.closedMs, ports.plan.pipeline.time.allowedLatenessMs)) return;
    rows.add(
      aggregate.name,
      resultsOf(family, startMs, merged).map((result) => ports.rows.windowRow(result)),
    );
  };
  for (const { startMs, slice } of slicesOf(merge)) {
    for (const done of windows.before(startMs)) emit(done, windows.take(done));
    windows.add(startMs, slice);
  }
  for (const done of windows.before(Number.POSITIVE_INFINITY)) emit(done, windows.take(done));
}

/** Slices of one family by start, each whole. */
function* slicesOf({ partials, family, origin, span }: FamilyMerge): Generator<{ readonly startMs: number; readonly slice: SliceState }> {
  const endMs = span.toMs + family.reachMs - family.sliceMs;
  let at: number | undefined;
  let slice = newSlice();
  for (const { startMs, groups, origin: from } of partials) {
    if (startMs < span.fromMs || startMs >= endMs || (origin !== undefined && origin !== from)) continue;
    if (at !== undefined && at !== startMs) {
      yield { startMs: at, slice };
      slice = newSlice();
    }
    at = startMs;
    for (const [group, accumulator] of Object.entries(groups)) {
      const before = slice.groups[group];
      slice.groups[group] = before === undefined ? accumulator : family.fn.merge(before, accumulator);
    }
  }
  if (at !== undefined) yield { startMs: at, slice };
}

/** Windows of one family whose slices are still coming. */
class OpenWindows {
  private readonly family: Family;
  private readonly slices = new Map<number, SliceState>();
  private readonly open = new Set<number>();

  constructor(family: Family) {
    this.family = family;
  }

  add(startMs: number, slice: SliceState): void {
    this.slices.set(startMs, slice);
    const window = this.family.aggregate?.window;
    for (const start of window?.kind === 'hopping' ? windowStartsOfSlice(window, startMs) : [startMs]) this.open.add(start);
  }

  /** Starts of the windows that no slice from `startMs` on belongs to, ascending. */
  before(startMs: number): number[] {
    const { reachMs } = this.family;
    return [...this.open].filter((start) => start + reachMs <= startMs).sort((a, b) => a - b);
  }

  /** A window, merged; slices that only it needed go. */
  take(startMs: number): SliceState {
    const { reachMs, sliceMs, fn } = this.family;
    const parts: SliceState[] = [];
    for (let at = startMs; at < startMs + reachMs; at += sliceMs) {
      const slice = this.slices.get(at);
      if (slice !== undefined) parts.push(slice);
    }
    this.open.delete(startMs);
    this.slices.delete(startMs);
    return parts.length === 1 && parts[0] !== undefined && reachMs === sliceMs ? parts[0] : mergeSlices(parts, fn);
  }
}

function tileRows(
  { plan }: BackfillPorts,
  { family, origin, startMs }: { readonly family: Family; readonly origin: string; readonly startMs: number },
  { groups }: SliceState,
): Row[] {
  const ring = plan.tileFeatures.rings.find((one) => tileFamilyName(one) === family.name);
  if (ring === undefined) throw new Error(`window family ${family.name} has no tile ring`);
  return Object.entries(groups).map(([key, accumulator]) => ({
    name: ring.ringId,
    origin,
    start_ms: startMs,
    group_key: key,
    accumulator: JSON.stringify(tileOfAccumulator(accumulator)),
  }));
}
