import type { Row, TableRows } from '../../core/ports.ts';
import { SliceFold } from '../../core/replay/fold.ts';
import { byOrigin, STREAM_ORIGIN } from '../../core/replay/origin.ts';
import type { ArchivedRecord } from '../../core/replay/record.ts';
import { isFinal } from '../../core/time/watermark.ts';
import type { WindowResult } from '../../core/windows/results.ts';
import { includedBy } from './corrections.ts';
import { BackfillError } from './errors.ts';
import { PartialFiles } from './partials.ts';
import type { BackfillPlan } from './plan-record.ts';
import type { BackfillPorts } from './ports.ts';
import { Contexts, neededOf, readSlice, sliceNames } from './slices.ts';
import { RowFiles, withEngine, writeFaults } from './step-tools.ts';
import { padded, type Work } from './work.ts';

/** Tables that `judge` makes. */
const JUDGED = ['decisions', 'alerts'];

/** Folds one slice of keys: rows of its events and sessions, and what it adds to windows and tiles. */
export async function foldSlice(ports: BackfillPorts, work: Work, at: number): Promise<void> {
  const plan = await work.plan();
  const names = await sliceNames(work, at);
  const fold = new SliceFold(neededOf(ports.plan, plan), includedBy(plan.corrections));
  await withEngine(ports, `fold-${work.id}-${at}`, async (engine, scratch) => {
    const folded = ports.tables.filter(({ name }) => !JUDGED.includes(name));
    const rows = new RowFiles(plan, folded, scratch);
    const partials = new PartialFiles(plan);
    await work.withFiles(names, async (paths) => {
      const late: ArchivedRecord[] = [];
      const contexts = await Contexts.read(work, engine);
      contexts.assertKnown(ports.plan);
      for await (const records of readSlice(engine, contexts, paths)) {
        late.push(...records.filter(({ lane }) => lane === 'late'));
        for (const [origin, some] of byOrigin(records, ({ shardId }) => shardId)) {
          const { verdicts, updates } = fold.add(some);
          partials.add(updates, origin);
          for (const { table, rows: made } of recordRows(ports, some, verdicts)) rows.add(table, made.filter(inScope(ports, plan, table)));
        }
      }
      // Late events are in no tile, and windows are of all origins.
      partials.add(fold.late(late), STREAM_ORIGIN);
    });
    for (const result of fold.sessionResults()) {
      if (isWanted(ports, plan, result)) rows.add(result.aggregate, [ports.rows.windowRow(result)]);
    }
    await rows.store(engine, work, `fold-${padded(at)}.parquet`);
    await partials.store(work, at);
  });
  await writeFaults(work, `fold-${padded(at)}`, fold.faults);
}

/** Rows of records of several shards: a row says which shard it came from. */
function recordRows(
  { rows }: BackfillPorts,
  records: readonly ArchivedRecord[],
  verdicts: ReturnType<SliceFold['add']>['verdicts'],
): TableRows[] {
  const context = records[0]?.context ?? { floorMs: null, tileFrontierMs: null, ruleSet: '', definition: 0 };
  const shardOf = new Map(records.map(({ raw, shardId }) => [raw, shardId]));
  const shards = new Set(shardOf.values());
  return [...shards].flatMap((shardId) => {
    const own = shards.size === 1 ? verdicts : verdicts.filter(({ raw }) => shardOf.get(raw) === shardId);
    return rows.batchRows({ shardId, context, isContextNew: false, isArchived: true, verdicts: own });
  });
}

/** Rows of the hours that are compared. */
export function inScope(ports: BackfillPorts, { scope }: BackfillPlan, name: string): (row: Row) => boolean {
  const column = ports.tables.find((table) => table.name === name)?.partitionColumn ?? '';
  return (row) => {
    const time = Number(row[column]);
    return time >= scope.fromMs && time < scope.toMs;
  };
}

/** A session of the scope that is final. Throws BackfillError for one that goes on behind what was read. */
function isWanted({ plan: { pipeline } }: BackfillPorts, { mode, scope, range, read, fence }: BackfillPlan, result: WindowResult): boolean {
  const { startMs, endMs } = result;
  if (startMs < scope.fromMs || startMs >= scope.toMs) return false;
  if (!isFinal(endMs, fence.closedMs, pipeline.time.allowedLatenessMs)) {
    if (mode === 'load' && startMs < range.toMs) throw sessionOpen(result);
    return false;
  }
  if (endMs < read.toMs) return true;
  // Behind the range only sessions that a late event could have changed count.
  if (startMs >= range.toMs) return false;
  throw new BackfillError(
    'SESSION_TOO_LONG',
    `a session of ${result.aggregate} that begins at ${new Date(startMs).toISOString()} goes on past ${new Date(read.toMs).toISOString()}; choose a later --to`,
  );
}

/** Published without what was loaded, as the stream would have it, it would be wrong. */
function sessionOpen({ aggregate, startMs }: WindowResult): BackfillError {
  return new BackfillError(
    'LOAD_NOT_FINAL',
    `a session of ${aggregate} that begins at ${new Date(startMs).toISOString()} goes on in the stream and is still open. What was loaded is in the archive; do the same again once the session has ended, and it is published.`,
  );
}
