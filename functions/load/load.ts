import { join } from 'node:path';
import type { LoadJudge } from '../../core/replay/load.ts';
import type { Counters } from '../../core/state/shard.ts';
import type { SortEngine } from '../../lake/compaction/engine.ts';
import { landingPrefix, parseLandedKey, partitionOf } from '../../lake/names.ts';
import { RowFile } from '../../lake/row-file.ts';
import { releaseClaim } from '../backfill/claim-list.ts';
import { claimRange } from '../backfill/claims.ts';
import { BackfillError } from '../backfill/errors.ts';
import type { BackfillRequest } from '../backfill/events.ts';
import { scopeOf } from '../backfill/plan.ts';
import type { Span } from '../backfill/plan-record.ts';
import type { BackfillPorts } from '../backfill/ports.ts';
import { tablesOfRequest } from '../backfill/request.ts';
import { withEngine } from '../backfill/step-tools.ts';
import { loadKey, registerHours, writeArchive } from './archive.ts';
import { claimLoad, finishLoad, forgetLoad, type Load, readLoads, shardOfLoad } from './loads.ts';
import { type FoundRecords, type RecordChunk, RecordRuns } from './records.ts';
import { checkSpan, reachMs } from './span.ts';

const HOUR_MS = 3_600_000;

/** A load from files. */
export interface LoadOptions {
  /** Names the load: the same for the same bytes, shaped in the same way, of the same span. */
  readonly id: string;
  /** Span of event time that is wanted, epoch ms; without bounds, everything. */
  readonly span: Span;
  /** Reads the files from the beginning; not asked for where the load is done already. */
  readonly records: () => AsyncIterable<RecordChunk>;
  /** Ends it between two parts: the same again begins anew. */
  readonly signal?: AbortSignal | undefined;
}

/** What a load has put into the archive. */
export interface LoadOutcome {
  readonly load: Load;
  /** Sums by lane; undefined where it had been done before. */
  readonly counters: Readonly<Counters> | undefined;
  /** Records outside of the span. */
  readonly leftOut: number;
  /** The backfill that makes windows and rows of it. */
  readonly request: BackfillRequest;
}

/**
 * Puts the records of files into the archive, judged as if they had come in order of event time, as a shard of their own; the ledger row
 * of that shard, which comes last, makes them count. Dying before leaves nothing that anybody goes by, and the same again does no harm.
 * Throws BackfillError LOAD_OVERLAPS, LOAD_NOT_FINAL, LOAD_EMPTY and BACKFILL_OVERLAPS.
 */
export async function loadHistory(ports: BackfillPorts, options: LoadOptions): Promise<LoadOutcome> {
  const { id } = options;
  const known = (await readLoads(ports.lake.objects)).find((load) => load.id === id);
  if (known?.isDone === true) return { load: known, counters: undefined, leftOut: 0, request: requestOf(known) };
  const nowMs = known?.recordedMs ?? ports.lake.clock();
  return withEngine(ports, shardOfLoad(id), async (engine, scratch) => {
    const found = await findRecords(ports, options, { nowMs, engine, scratch });
    const load = await begin(ports, { id, found, nowMs });
    const judge = await writeArchive(ports, { load, found, scratch, engine });
    await writeLedger(ports, { load, judge, scratch, engine });
    await finishLoad(ports.lake.objects, id);
    return { load, counters: judge.counters, leftOut: found.leftOut, request: requestOf(load) };
  });
}

/** Gives up a load that was never finished: what it has put into the archive goes. False if there is none, or its ledger row makes it count. */
export async function abandonLoad(ports: BackfillPorts, shardId: string): Promise<boolean> {
  const { objects } = ports.lake;
  const load = (await readLoads(objects)).find((one) => one.shardId === shardId && !one.isDone);
  if (load === undefined) return false;
  if ((await objects.get(loadKey('ledger', partitionOf(load.recordedMs), load))) !== undefined) {
    await finishLoad(objects, load.id);
    return false;
  }
  for (const { key } of await objects.list(landingPrefix('archive')))
    if (parseLandedKey(key)?.name === `${shardId}.parquet`) await objects.remove(key);
  await releaseClaim(ports.work.objects, shardId);
  await forgetLoad(objects, load.id);
  return true;
}

interface Place {
  readonly engine: SortEngine;
  readonly scratch: string;
}

async function findRecords(
  { plan }: BackfillPorts,
  { records, span, signal }: LoadOptions,
  { nowMs, engine, scratch }: Place & { readonly nowMs: number },
): Promise<FoundRecords> {
  const runs = new RecordRuns({ plan, span, nowMs, scratch, engine });
  for await (const chunk of records()) {
    signal?.throwIfAborted();
    await runs.add(chunk);
  }
  return runs.finish();
}

/** Takes the span for this load, once it is known to be free. */
async function begin(
  ports: BackfillPorts,
  { id, found, nowMs }: { readonly id: string; readonly found: FoundRecords; readonly nowMs: number },
): Promise<Load> {
  if (found.firstMs === undefined)
    throw new BackfillError(
      'LOAD_EMPTY',
      `the files have ${found.records + found.leftOut} records and no event ${found.leftOut === 0 ? '' : 'of the span '}among them: nothing was loaded. Look at --from, --to and --import; headrace schema shows what an event is.`,
    );
  const load: Load = { id, shardId: shardOfLoad(id), fromMs: found.firstMs, toMs: found.lastMs + 1, recordedMs: nowMs, isDone: false };
  await checkSpan(ports, load);
  const request = requestOf(load);
  const scope = scopeOf(ports.plan, request, { fromMs: floorHour(load.fromMs), toMs: ceilHour(load.toMs) });
  await claimLoad(ports.lake.objects, load);
  try {
    const tables = tablesOfRequest(request, ports.plan.pipeline, ports.tables);
    await claimRange(ports, { id: load.shardId, mode: request.mode, scope, tables });
  } catch (error) {
    // Nothing of it was written, unless an earlier try did so, which holds the range.
    if (error instanceof BackfillError) await forgetLoad(ports.lake.objects, id);
    throw error;
  }
  return load;
}

/** The row of the ledger that makes a load count. */
async function writeLedger(
  ports: BackfillPorts,
  { load, judge, engine, scratch }: Place & { readonly load: Load; readonly judge: LoadJudge },
): Promise<void> {
  const table = ports.tables.find(({ name }) => name === 'ledger');
  if (table === undefined) throw new Error('the lake has no table ledger');
  const { shardId, toMs, recordedMs } = load;
  const { hi, counters, watermarkMs } = judge;
  // No event comes behind the last one: all windows are final.
  const closedMs = toMs + reachMs(ports.plan) + ports.plan.pipeline.time.allowedLatenessMs;
  const file = new RowFile(table, join(scratch, 'ledger.ndjson'));
  file.add([ports.rows.ledgerRow({ shardId, hi, counters, watermarkMs, closedMs }, recordedMs)]);
  const path = join(scratch, 'ledger.parquet');
  await file.finish(engine, path, ['shard_id']);
  const partition = partitionOf(recordedMs);
  await registerHours(ports, 'ledger', [partition]);
  await ports.lake.files.store(loadKey('ledger', partition, load), path);
}

/** The backfill that makes windows and rows of a load. */
function requestOf({ fromMs, toMs }: Span): BackfillRequest {
  return { mode: 'load', from: new Date(floorHour(fromMs)).toISOString(), to: new Date(ceilHour(toMs)).toISOString() };
}

const floorHour = (ms: number): number => Math.floor(ms / HOUR_MS) * HOUR_MS;
const ceilHour = (ms: number): number => Math.ceil(ms / HOUR_MS) * HOUR_MS;
