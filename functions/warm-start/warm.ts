import {
  type ColdFeature,
  type ColdStart,
  coldFeatures,
  filledRecord,
  keyRingFromMs,
  tileRingFromMs,
  type WarmGap,
  warmGap,
} from '../../core/state/warm.ts';
import { tileFamilyName } from '../../core/windows/families.ts';
import { withEngine } from '../backfill/step-tools.ts';
import { Work } from '../backfill/work.ts';
import { WarmStartError } from './errors.ts';
import { foldHistory } from './fold.ts';
import { historySql, missingHistory } from './history.ts';
import { KeyFill } from './keys.ts';
import { OpenTiles } from './open-tiles.ts';
import type { WarmPorts } from './ports.ts';
import { type LeftState, readLeft, writeRecord } from './state.ts';
import { fillTiles } from './tiles.ts';
import { Unfinished } from './unfinished.ts';

/** Records of a slice of keys: what one process folds in seconds, within a few hundred megabytes. */
const SLICE_EVENTS = 50_000;
/** Slices at most: the hash that cuts them has four hexadecimal digits. */
const SLICES_MAX = 4_096;
/** Name of the work; no backfill can have it. */
const WORK = 'warm.start';

/** What a warm start did. */
export interface WarmReport {
  /** Features whose rings were filled, by name; empty if none was new. */
  readonly features: readonly string[];
  /** Events that they were filled from. */
  readonly events: number;
  /** Archived events that the present definition refuses: they are in no feature. */
  readonly unread: number;
  /** Features that do not know their whole window yet. */
  readonly cold: readonly ColdFeature[];
}

/**
 * Makes the state hold every ring of the plan as if it had been kept from the start, before anything is processed: rings that are not on
 * record are filled from the archive. The record is written last, so that a start that was cut off is done again. Throws WarmStartError
 * where history is missing; with `acceptCold` they are filled from what there is, and that is recorded.
 */
export async function startWarm(ports: WarmPorts, { acceptCold }: { readonly acceptCold: boolean }): Promise<WarmReport> {
  const left = await readLeft(ports);
  const gap = warmGap(ports.plan, left.record);
  const report = { features: [], events: 0, unread: 0, cold: coldFeatures(ports.plan, gap.kept, left.horizon.closedMs) };
  const isEmpty = left.record === undefined && left.shards.every(({ state }) => state.through === null);
  const isWarm = gap.keyRings.length === 0 && gap.tileRings.length === 0;
  if (isWarm && JSON.stringify(gap.kept) === JSON.stringify(left.record)) return report;
  if (isEmpty) {
    await writeRecord(ports, filledRecord(gap, undefined));
    return report;
  }
  // A ring is on record only while it is whole: what is being changed leaves it first.
  await writeRecord(ports, gap.kept);
  const open = await OpenTiles.begin(ports, left.shards, keptFamilies(ports, gap));
  if (isWarm) return report;
  const { cold, ...filled } = await fill(ports, { left, gap, open, acceptCold });
  const record = filledRecord(gap, cold);
  await writeRecord(ports, record);
  const features = [...gap.keyRings, ...gap.tileRings].flatMap((ring) => ring.features);
  return { ...filled, features, cold: coldFeatures(ports.plan, record, left.horizon.closedMs) };
}

/** Window families of the tile rings that stay as they are. */
function keptFamilies({ plan }: WarmPorts, { tileRings }: WarmGap): Set<string> {
  return new Set(plan.tileFeatures.rings.filter((ring) => !tileRings.includes(ring)).map(tileFamilyName));
}

interface Filling {
  readonly left: LeftState;
  readonly gap: WarmGap;
  readonly open: OpenTiles;
  readonly acceptCold: boolean;
}

interface Filled {
  readonly events: number;
  readonly unread: number;
  readonly cold: ColdStart | undefined;
}

async function fill(ports: WarmPorts, { left, gap, open, acceptCold }: Filling): Promise<Filled> {
  await ports.land();
  const { shards, horizon } = left;
  const { keyRings, tileRings } = gap;
  const fromMs = Math.min(
    ...keyRings.map((ring) => keyRingFromMs(ring, horizon)),
    ...tileRings.map((ring) => tileRingFromMs(ring, horizon)),
  );
  const unfinished = await Unfinished.read(ports, shards);
  const cold = await coldStart(ports, { left, gap, unfinished, fromMs, acceptCold });
  const keys = new KeyFill(ports, { rings: keyRings, unfinished, horizon });
  const work = new Work(ports.work, WORK);
  await work.clear();
  const slices = await split(ports, fromMs);
  const count = { events: 0, unread: 0 };
  for (let at = 0; at < slices; at += 1) {
    const { events, unread } = await foldHistory(ports, work, at, { keys, tileRings, shards });
    count.events += events;
    count.unread += unread;
  }
  await keys.finish();
  await withEngine(ports, 'warm-tiles', async (engine) =>
    work.withFiles(await work.names('partials/'), async (paths) => {
      if (paths.length > 0) for (const ring of tileRings) await fillTiles(ports, ring, { engine, paths, horizon }, open);
    }),
  );
  await open.finish();
  await work.clear();
  return { ...count, cold };
}

/** Cuts the history that is needed into slices of keys; returns how many. */
async function split({ archive, plan }: WarmPorts, fromMs: number): Promise<number> {
  const records = historySql(fromMs);
  const arrival = { fromMs: fromMs - plan.pipeline.time.futureMs, toMs: Number.POSITIVE_INFINITY };
  const slices = Math.min(SLICES_MAX, Math.max(1, Math.ceil((await archive.count(records, arrival)) / SLICE_EVENTS)));
  await archive.split({ id: WORK, records, steps: '1 = 0', arrival, slices });
  return slices;
}

/** What is missing of the history, if that was accepted. Throws WarmStartError if it was not. */
async function coldStart(
  ports: WarmPorts,
  { left, gap, unfinished, fromMs, acceptCold }: Omit<Filling, 'open'> & { readonly unfinished: Unfinished; readonly fromMs: number },
): Promise<ColdStart | undefined> {
  const [lost] = unfinished.lost;
  const batch = lost === undefined ? undefined : `the stream no longer has all records of the unfinished batch of shard ${lost}`;
  const because = batch ?? (await missingHistory(ports, left.shards, fromMs));
  if (because === undefined) return undefined;
  if (acceptCold)
    return { sinceMs: Math.max(left.horizon.closedMs ?? 0, ...left.shards.map(({ state }) => state.maxEventMs ?? 0)), because };
  const names = [...gap.keyRings, ...gap.tileRings].flatMap((ring) => ring.features).join(', ');
  const from = Number.isFinite(fromMs) ? `back to ${new Date(fromMs).toISOString()}` : 'from the first event on';
  throw new WarmStartError(
    batch === undefined ? 'HISTORY_INCOMPLETE' : 'BATCH_LOST',
    `the new features ${names} need the history ${from}, and ${because}. Nothing was processed. Put lost files of the archive back (headrace lake --table archive shows hours), choose shorter windows, or start with --accept-cold: the features then know only what there is`,
  );
}
