import { join } from 'node:path';
import type { Accumulator } from '../../core/aggregates/types.ts';
import type { Family } from '../../core/plan.ts';
import type { Row } from '../../core/ports.ts';
import { originOf } from '../../core/replay/origin.ts';
import { isFinal } from '../../core/time/watermark.ts';
import { windowStartsOfSlice } from '../../core/windows/assign.ts';
import { tileFamilyName, tileOfAccumulator } from '../../core/windows/families.ts';
import { resultsOf } from '../../core/windows/results.ts';
import { mergeSlices, newSlice, type SliceState } from '../../core/windows/slice.ts';
import type { SortEngine } from '../../lake/compaction/engine.ts';
import { RowFile } from '../../lake/row-file.ts';
import { quoteText } from '../../lake/sql-text.ts';
import { PARTIAL_COLUMNS, PARTIALS } from './partials.ts';
import type { BackfillPlan, Span } from './plan-record.ts';
import type { BackfillPorts } from './ports.ts';
import { filesSql, neededOf } from './slices.ts';
import { RowFiles, withEngine } from './step-tools.ts';
import { padded, type Work } from './work.ts';

/** Merges what all slices of keys add to the windows and tiles that begin in one stretch of time. */
export async function mergeWindows(ports: BackfillPorts, work: Work, at: number): Promise<void> {
  const plan = await work.plan();
  const span = plan.merges[at];
  if (span === undefined) throw new Error(`merge ${at} is not in the plan of backfill ${work.id}`);
  await withEngine(ports, `merge-${work.id}-${at}`, async (engine, scratch) => {
    const rows = new RowFiles(
      ports.tables.filter(({ name }) => plan.tables.includes(name)),
      scratch,
    );
    const tiles = new RowFile(PARTIALS, join(scratch, 'tiles.ndjson'));
    await work.withFiles(await work.names('partials/'), async (paths) => {
      for (const family of neededOf(ports.plan, plan).families) {
        // Tiles are what features read, which know their own origin only.
        const origins = family.aggregate === undefined ? new Set(plan.shards.map(originOf)) : [undefined];
        for (const origin of origins) await mergeFamily(ports, plan, { family, origin, span, source: { engine, paths }, rows, tiles });
      }
    });
    await rows.store(engine, work, (table) => `rows/${table}/merge-${padded(at)}.parquet`);
    if (tiles.rows === 0) return;
    const path = join(scratch, 'tiles.parquet');
    await tiles.finish(engine, path, ['name', 'group_key', 'start_ms']);
    await work.store(`tiles/${padded(at)}.parquet`, path);
  });
}

interface FamilyMerge {
  readonly family: Family;
  /** Only what came from there; undefined for everything. */
  readonly origin: string | undefined;
  readonly span: Span;
  readonly source: { readonly engine: SortEngine; readonly paths: readonly string[] };
  readonly rows: RowFiles;
  readonly tiles: RowFile;
}

async function mergeFamily(ports: BackfillPorts, plan: BackfillPlan, merge: FamilyMerge): Promise<void> {
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
  for await (const { startMs, slice } of readSlices(merge)) {
    for (const done of windows.before(startMs)) emit(done, windows.take(done));
    windows.add(startMs, slice);
  }
  for (const done of windows.before(Number.POSITIVE_INFINITY)) emit(done, windows.take(done));
}

/** Slices of one family by start, each whole. */
async function* readSlices({
  source: { engine, paths },
  family,
  origin,
  span: { fromMs, toMs },
}: FamilyMerge): AsyncGenerator<{ readonly startMs: number; readonly slice: SliceState }> {
  const from = origin === undefined ? '' : ` AND origin = ${quoteText(origin)}`;
  const where = `name = ${quoteText(family.name)} AND start_ms >= ${fromMs} AND start_ms < ${toMs + family.reachMs - family.sliceMs}${from}`;
  const sql = `SELECT start_ms, group_key, accumulator FROM ${filesSql(paths, PARTIAL_COLUMNS)} WHERE ${where} ORDER BY start_ms`;
  let at: number | undefined;
  let slice = newSlice();
  for await (const part of engine.parts(sql)) {
    for (const [start, group, text] of part) {
      const startMs = Number(start);
      if (at !== undefined && at !== startMs) {
        yield { startMs: at, slice };
        slice = newSlice();
      }
      at = startMs;
      const before = slice.groups[String(group)];
      const accumulator = JSON.parse(String(text)) as Accumulator;
      slice.groups[String(group)] = before === undefined ? accumulator : family.fn.merge(before, accumulator);
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
