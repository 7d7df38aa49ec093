import type { Plan } from '../../core/plan.ts';
import { memoryMsOf } from '../../core/profiles/key-rings.ts';
import { markMemoryMsOf } from '../../core/profiles/tiles.ts';
import { WHAT_IF_TABLE } from '../../lake/tables.ts';
import { type Load, readLoads } from '../load/loads.ts';
import { claimRange } from './claims.ts';
import { readCorrections } from './corrections.ts';
import { BackfillError } from './errors.ts';
import type { BackfillItem, BackfillRequest, ItemStep, PlanOutcome } from './events.ts';
import { readFence, timestampSql, upTo } from './fence.ts';
import type { BackfillPlan, ComparedPart, Correction, Fence, Span } from './plan-record.ts';
import type { ArchiveSelection, BackfillPorts } from './ports.ts';
import { checkId, rangeOf, tablesOfRequest } from './request.ts';
import { assertFits, STEP_SIZES, slicesOf } from './sizes.ts';
import { speedOf } from './speed.ts';
import { stretches } from './stretches.ts';
import { itemsName, PLAN, type Work } from './work.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Longest session that is recomputed: reading on without an end would read everything. */
export const SESSION_MS_MAX = DAY_MS;
/** Plans a backfill once: a repeat of the step gives what the first one decided. */
export async function planBackfill(ports: BackfillPorts, work: Work, request: BackfillRequest): Promise<PlanOutcome> {
  checkId(work.id);
  const known = await work.find<BackfillPlan>(PLAN);
  const plan = known ?? (await makePlan(ports, work.id, request));
  await claimRange(ports, plan);
  await writeItems(work, plan);
  if (known === undefined) await work.write(PLAN, plan);
  return outcomeOf(ports, work, plan);
}

/** Plans a backfill without beginning it. */
export async function makePlan(ports: BackfillPorts, id: string, request: BackfillRequest): Promise<BackfillPlan> {
  const { pipeline } = ports.plan;
  const nowMs = ports.lake.clock();
  const tables = tablesOfRequest(request, pipeline, ports.tables);
  const known = await readFence(ports.sql, nowMs, ports.landingMs);
  const range = rangeOf(request, known, pipeline.time.allowedLatenessMs);
  const hasDecisions = tables.some((name) => ['decisions', 'alerts', WHAT_IF_TABLE].includes(name));
  const scope = scopeOf(ports.plan, request, range);
  const read = { fromMs: scope.fromMs - warmUpMs(ports.plan, hasDecisions), toMs: scope.toMs + tailMs(ports.plan) };
  const loads = await readLoads(ports.lake.objects);
  const fence = relevantTo(read, known, loads);
  const corrections = await readCorrections(ports.lake.objects);
  const own: Correction[] =
    request.mode === 'correct'
      ? [{ ...range, id, tables: tables.filter((name) => name in pipeline.aggregates), through: fence.through }]
      : [];
  const arrival = arrivalOf(ports.plan, read, fence);
  const events = await ports.archive.count(recordsSql({ read, scope, fence }), arrival);
  await checkArchive(ports, fence, { arrival, loads });
  const sizes = { ...STEP_SIZES, ...ports.sizes };
  const speed = await speedOf(ports.work.objects);
  const slices = slicesOf(events, sizes, speed);
  assertFits(slices, sizes, { events, range, read });
  const bands = stretches(scope, Math.ceil(events / sizes.bandEvents));
  const spans = bands.flatMap((band) => cut(band, Math.ceil(events / bands.length / sizes.partEvents)));
  return {
    id,
    mode: request.mode,
    request,
    createdMs: nowMs,
    range,
    scope,
    read,
    tables,
    fence,
    events,
    slices,
    shards: Object.keys(fence.through),
    merges: stretches(read, Math.ceil(events / sizes.mergeEvents)),
    bands,
    parts: tables.flatMap((table): ComparedPart[] => spans.map((span) => ({ table, ...span }))),
    corrections: [...corrections, ...own],
    hasDecisions,
    estimate: { cpuSeconds: (events * speed.cpuUs) / 1e6, backfills: speed.backfills },
  };
}

/** What the archive reader is asked for. */
export function selectionOf(plan: Plan, backfill: BackfillPlan): ArchiveSelection {
  const { id, read, scope, fence, slices } = backfill;
  const { allowedLatenessMs, outOfOrdernessMs } = plan.pipeline.time;
  const [from, to] = [timestampSql(read.fromMs - outOfOrdernessMs), timestampSql(read.toMs + allowedLatenessMs)];
  return {
    id,
    records: recordsSql({ read, scope, fence }),
    // Watermarks never go back: these are consecutive records of a shard.
    steps: `kind = 'record' AND (watermark IS NULL OR (watermark >= ${from} AND watermark <= ${to})) AND ${upTo(fence.through)}`,
    arrival: arrivalOf(plan, read, fence),
    slices,
  };
}

function recordsSql({ read, scope, fence }: Pick<BackfillPlan, 'read' | 'scope' | 'fence'>): string {
  const inTime = `(event_time >= ${timestampSql(read.fromMs)} AND event_time < ${timestampSql(read.toMs)})`;
  const refused = `(lane = 'quarantined' AND arrival_time >= ${timestampSql(scope.fromMs)} AND arrival_time < ${timestampSql(scope.toMs)})`;
  return `kind = 'record' AND (${inTime} OR ${refused}) AND ${upTo(fence.through)}`;
}

/** No event arrives longer before its time than the pipeline takes, and nothing behind the fence has been looked at. */
function arrivalOf(plan: Plan, read: Span, fence: Fence): Span {
  return { fromMs: read.fromMs - plan.pipeline.time.futureMs, toMs: fence.recordedMs + HOUR_MS };
}

/** A late or loaded event changes windows that begin before it, and sessions around it. */
export function scopeOf(plan: Plan, { mode }: Pick<BackfillRequest, 'mode'>, { fromMs, toMs }: Span): Span {
  if (mode !== 'correct' && mode !== 'load') return { fromMs, toMs };
  const hasSessions = plan.sessions.length > 0;
  const before = Math.max(hasSessions ? SESSION_MS_MAX : 0, ...plan.families.map(({ reachMs, sliceMs }) => reachMs - sliceMs));
  const after = Math.max(0, ...plan.sessions.map(({ gapMs }) => gapMs));
  return { fromMs: fromMs - ceilHour(before), toMs: toMs + ceilHour(after) };
}

/** How far back features (with decisions), duplicates and sessions reach, ms. */
export function warmUpMs(plan: Plan, hasDecisions: boolean): number {
  const { duplicateMemoryMs, allowedLatenessMs, outOfOrdernessMs } = plan.pipeline.time;
  const sessions = plan.sessions.map(({ gapMs }) => gapMs + HOUR_MS);
  const keys = plan.keyFeatures.rings.map(memoryMsOf);
  const tiles = plan.tileFeatures.rings.map((ring) => ring.windowMsMax + ring.delayMsMax + 2 * ring.tileMs + markMemoryMsOf(ring));
  const decisions = hasDecisions ? [...keys, ...tiles] : [];
  return ceilHour(Math.max(duplicateMemoryMs, ...sessions, ...decisions) + allowedLatenessMs + outOfOrdernessMs);
}

/** A fence without the loads that have no event in what is read. */
function relevantTo({ fromMs, toMs }: Span, fence: Fence, loads: readonly Load[]): Fence {
  const others = new Set(loads.filter((load) => load.toMs <= fromMs || load.fromMs >= toMs).map(({ shardId }) => shardId));
  return { ...fence, through: Object.fromEntries(Object.entries(fence.through).filter(([shardId]) => !others.has(shardId))) };
}

/** Windows that begin in the scope end this much later at most. */
function tailMs(plan: Plan): number {
  const sessions = plan.sessions.map(({ gapMs }) => SESSION_MS_MAX + gapMs);
  return ceilHour(Math.max(HOUR_MS, ...plan.families.map(({ reachMs }) => reachMs), ...sessions));
}

function ceilHour(ms: number): number {
  return Math.ceil(ms / HOUR_MS) * HOUR_MS;
}

/** Cuts a span into about so many parts of whole hours. */
function cut({ fromMs, toMs }: Span, wanted: number): Span[] {
  const hours = (toMs - fromMs) / HOUR_MS;
  const parts = Math.max(1, Math.min(wanted, hours));
  const edges = Array.from({ length: parts + 1 }, (_, i) => fromMs + Math.round((hours * i) / parts) * HOUR_MS);
  return edges.slice(1).map((edge, i) => ({ fromMs: edges[i] ?? fromMs, toMs: edge }));
}

/** The archive must hold every record that the ledger counted, up to the fence; what has left it by age is before every arrival looked at. */
async function checkArchive(
  { archive, sql }: BackfillPorts,
  { through, recordedMs }: Fence,
  { arrival: { fromMs, toMs }, loads }: { readonly arrival: Span; readonly loads: readonly Load[] },
): Promise<void> {
  const unknown = await archive.count("kind = 'record' AND lane <> 'quarantined' AND event_time IS NULL", { fromMs, toMs });
  if (unknown > 0)
    throw new BackfillError(
      'ARCHIVE_WITHOUT_KEYS',
      `${unknown} records of the archive have neither key nor event time: an earlier build wrote them, and they cannot be replayed. Choose a range whose history begins after ${new Date(toMs).toISOString()}.`,
    );
  const { rows } = await sql.run(`
    SELECT shard_id, max(seen) FROM ledger WHERE recorded_at < ${timestampSql(fromMs)} GROUP BY shard_id`);
  const before = new Map(rows.map(([shard, seen]) => [String(shard), Number(seen)]));
  for (const [shard, place] of Object.entries(through)) {
    // Only where nothing of the shard came before can all of its records be counted.
    if (before.has(shard)) continue;
    const { fromMs: firstMs = Number.NEGATIVE_INFINITY, toMs: endMs = toMs } = loads.find(({ shardId }) => shardId === shard) ?? {};
    const found = await archive.count(`kind = 'record' AND ${upTo({ [shard]: place })}`, { fromMs: firstMs, toMs: endMs });
    if (found < place.seen)
      throw new BackfillError(
        'ARCHIVE_INCOMPLETE',
        `shard ${shard}: the ledger of ${new Date(recordedMs).toISOString()} counts ${place.seen} records, the archive holds ${found}. Put the lost files back (headrace lake --table archive shows hours), or choose a range after them.`,
      );
  }
}

async function writeItems(work: Work, { slices, shards, merges, parts }: BackfillPlan): Promise<void> {
  const counts: Partial<Record<ItemStep, number>> = {
    check: shards.length,
    fold: slices,
    judge: slices,
    merge: merges.length,
    compare: parts.length,
  };
  for (const [step, count] of Object.entries(counts) as [ItemStep, number][]) await work.write(itemsName(step), itemList(count));
}

/** A list of so many items. */
export function itemList(count: number): BackfillItem[] {
  return Array.from({ length: count }, (_, at) => ({ at }));
}

function outcomeOf({ workPrefix }: BackfillPorts, work: Work, { id, hasDecisions }: BackfillPlan): PlanOutcome {
  const steps: readonly ItemStep[] = ['check', 'fold', 'merge', 'judge', 'compare', 'publish'];
  return {
    id,
    hasDecisions,
    items: Object.fromEntries(steps.map((step) => [step, workPrefix + work.key(itemsName(step))])) as Record<ItemStep, string>,
  };
}
