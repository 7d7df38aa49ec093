import { type CompactedLake, compactLake } from '../../lake/compaction/lake.ts';
import { compactPartition } from '../../lake/compaction/partition.ts';
import { isAtWork, NOW_POLICY, restOf, USUAL_POLICY } from '../../lake/compaction/plan.ts';
import type { CompactionPorts } from '../../lake/compaction/ports.ts';
import { COMPACT_NOW, type CompactRequest, parseCompactRequest } from '../../lake/compaction/request.ts';
import { sweepTable } from '../../lake/compaction/sweep.ts';
import { LAKE_FOLDER } from '../../lake/delivery-format.ts';
import { CheckedObjects } from '../../lake/generations/checked.ts';
import { publishedOf } from '../../lake/generations/manifest.ts';
import { type PartitionState, readPartition } from '../../lake/generations/state.ts';
import { parseLandedKey } from '../../lake/names.ts';
import { isPast } from '../../lake/retention.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { tablesNamed } from '../../lake/tables.ts';

/** What compaction needs from outside. */
export interface CompactPorts extends CompactionPorts {
  /** Tables of the lake as their rows are stored. */
  readonly tables: readonly TableSchema[];
  /** How long replaced generations are kept, ms. */
  readonly keptMs: number;
}

/** An event that starts compaction: a tick, an object that was made in the lake bucket, or `COMPACT_NOW` with a request as its detail. */
export interface CompactEvent {
  readonly 'detail-type'?: string;
  /** Of a tick: when it was due, RFC 3339. */
  readonly time?: string;
  readonly detail?: { readonly object?: { readonly key?: string } } & CompactRequest;
}

/** What a call did. */
export type CompactOutcome = CompactedLake;

/** Handles one event; begins no partition once `signal` has fired. */
export type Compact = (event: CompactEvent, signal: AbortSignal) => Promise<CompactOutcome>;

const MINUTE_MS = 60_000;
/** Hour of the day (UTC) whose first tick sweeps, too: once a day is often enough for what is kept for days. */
const SWEEP_HOUR = '03:0';
/** A published hour is compacted again for late files this long after the last time at the earliest: each time rewrites it whole. */
const AGAIN_MS = 5 * MINUTE_MS;

/**
 * Makes the handler: on a tick what is due in all tables, on an object that landed in a published hour that hour, for its rows are not
 * seen by queries until then. Hours that failed are in the outcome; what they had stays published.
 */
export function createCompact(ports: CompactPorts): Compact {
  return async (event, signal) => {
    if (event['detail-type'] === COMPACT_NOW) return compactAsked(ports, parseCompactRequest(event.detail), signal);
    const key = event.detail?.object?.key;
    if (key !== undefined) return compactLanded(ports, key);
    const done = await compactLake(ports, { tables: ports.tables, policy: USUAL_POLICY, isQuick: true, signal });
    if (event.time?.slice(11).startsWith(SWEEP_HOUR) === true) await sweep(ports, signal);
    return done;
  };
}

/** Does what an operator asks for, as long as there is time; what is left begins at `next`. Sweeps when nothing is left. */
async function compactAsked(ports: CompactPorts, request: CompactRequest, signal: AbortSignal): Promise<CompactOutcome> {
  const { tables: names = [], isSettled = false, isRepairing = false, from, forMs } = request;
  const tables = tablesNamed(ports.tables, names);
  const checked = isSettled && !isRepairing ? ports : { ...ports, objects: new CheckedObjects(ports) };
  const done = await compactLake(checked, {
    tables,
    policy: isSettled ? USUAL_POLICY : NOW_POLICY,
    isQuick: isSettled,
    isRepairing,
    ...(from === undefined ? {} : { from }),
    signal: forMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(forMs)]),
  });
  if (done.isComplete) await sweep({ ...ports, tables }, signal);
  return done;
}

async function sweep(ports: CompactPorts, signal: AbortSignal): Promise<void> {
  for (const table of ports.tables) if (!signal.aborted) await sweepTable(ports, table, ports.keptMs);
}

/** Compacts the hour of a landing file if it is published already, and nobody is at it or has just been. */
async function compactLanded(ports: CompactPorts, objectKey: string): Promise<CompactOutcome> {
  const name = parseLandedKey(objectKey.startsWith(LAKE_FOLDER) ? objectKey.slice(LAKE_FOLDER.length) : '');
  const table = ports.tables.find((one) => one.name === name?.table);
  const nothing = { compacted: [], failed: [], waiting: 0, oldestWaitingMs: 0, repaired: 0, isComplete: true };
  if (name === undefined || table === undefined) return nothing;
  const state = await readPartition(ports.objects, table.name, { dt: name.dt, hour: name.hour });
  // An hour past its age is left to the sweep: what lands in it late leaves with it.
  if (isPast(table, state.partition, ports.clock()) || !isLateFile(state, ports.clock())) return nothing;
  try {
    const one = await compactPartition(ports, table, state);
    return { ...nothing, compacted: one === undefined ? [] : [one] };
  } catch (error) {
    return { ...nothing, failed: [{ table: table.name, partition: state.partition, error }] };
  }
}

function isLateFile({ manifest }: PartitionState, nowMs: number): boolean {
  if (manifest === undefined) return false;
  const published = publishedOf(manifest.value);
  if (published === undefined || nowMs - published.publishedMs < AGAIN_MS) return false;
  return !isAtWork(manifest.value, nowMs) && restOf(manifest.value, nowMs) === undefined;
}
