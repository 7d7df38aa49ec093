import { COMPACT_NOW, type CompactAnswer, compactAnswer } from '../../lake/compaction/request.ts';
import { landedTable } from '../../lake/delivery-format.ts';
import { LakeError } from '../../lake/errors.ts';
import { tablesOf } from '../../lake/tables.ts';
import { deployedLake } from '../adapters/lake-ports.ts';
import { lazy } from '../lazy.ts';
import { deadlineOf, type LambdaContext } from '../observability/context.ts';
import { openLog } from '../observability/log.ts';
import { openMeter } from '../observability/meter.ts';
import { traced } from '../observability/trace.ts';
import { pipelineNamed } from '../pipeline.ts';
import { processFolder } from '../process-folder.ts';
import { compactConfig } from './config.ts';
import { type CompactEvent, type CompactOutcome, createCompact } from './handler.ts';

const CALL_TIMEOUT_MS = 60_000;
const DAY_MS = 86_400_000;
/** Memory of the engine, as on one machine: the process stays below 512 MB whatever the size of an hour. More sorts no faster. */
const ENGINE_MB = 128;

const log = openLog();

const open = lazy(async () => {
  const config = compactConfig(process.env);
  const { pipeline } = pipelineNamed(config.pipeline);
  const { lake } = deployedLake({
    bucket: config.lakeBucket,
    database: config.database,
    folder: processFolder('compact'),
    writerMb: ENGINE_MB,
    callTimeoutMs: CALL_TIMEOUT_MS,
    retry: { random: Math.random },
  });
  const compact = createCompact({
    ...lake,
    tables: tablesOf(pipeline).map(landedTable),
    keptMs: pipeline.lake.generationsDays * DAY_MS,
  });
  return { compact, meter: openMeter(config.namespace, 'compact') };
});

/** Entry of the schedule, of the bucket's events, and of operators: those are told what was done and what failed, the others fail. */
export async function handler(event: CompactEvent, context: LambdaContext): Promise<CompactAnswer | undefined> {
  const ids = { request: context.awsRequestId, object: event.detail?.object?.key ?? '' };
  try {
    const { compact, meter } = await open();
    const nowMs = Date.now();
    const signal = AbortSignal.timeout(Math.max(0, deadlineOf(context, nowMs) - nowMs));
    const outcome = await traced('compact', ids, () => compact(event, signal));
    const failed = outcome.failed.filter(({ error }) => !isOvertaken(error));
    report(outcome, ids);
    meter.add('partitionsCompacted', outcome.compacted.length);
    meter.add('compactionsFailed', failed.length);
    meter.add(
      'repeatsDropped',
      outcome.compacted.reduce((sum, one) => sum + one.repeatsDropped, 0),
    );
    if (event.detail?.object === undefined) meter.add('oldestWaiting', outcome.oldestWaitingMs);
    meter.publish();
    if (event['detail-type'] === COMPACT_NOW) return compactAnswer(outcome);
    if (failed[0] !== undefined) throw failed[0].error;
    return undefined;
  } catch (error) {
    log.error('compaction failed; what was published stays', error, ids);
    throw error;
  }
}

/** Another compaction was faster: nothing is wrong. */
function isOvertaken(error: unknown): boolean {
  return error instanceof LakeError && error.fault === 'PARTITION_CHANGED';
}

function report({ compacted, failed }: CompactOutcome, ids: Readonly<Record<string, string>>): void {
  for (const { table, partition, error } of failed)
    log.warn('an hour was not compacted', {
      ...ids,
      table,
      dt: partition?.dt ?? '',
      hour: partition?.hour ?? '',
      reason: error instanceof Error ? error.message : String(error),
    });
  for (const { table, partition, generation, rows } of compacted)
    log.info('an hour was compacted', { ...ids, table, dt: partition.dt, hour: partition.hour, generation, rows });
}
