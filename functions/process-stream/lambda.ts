import { openRuleBook } from '../../lake/rules/book.ts';
import { StateOutbox } from '../deliver-alerts/outbox.ts';
import type { KinesisBatchResponse, KinesisStreamEvent } from '../kinesis-event.ts';
import { lazy } from '../lazy.ts';
import { deadlineOf, type LambdaContext } from '../observability/context.ts';
import { openLog } from '../observability/log.ts';
import { openMeter } from '../observability/meter.ts';
import { traced } from '../observability/trace.ts';
import { openStreamPorts } from '../stream-ports.ts';
import { processStreamConfig } from './config.ts';
import { createProcessStream } from './handler.ts';
import { batchIds, eventIds, meterBatch } from './signals.ts';

const log = openLog();

const open = lazy(async () => {
  const config = processStreamConfig(process.env);
  const meter = openMeter(config.namespace, 'process-stream');
  let itemBytes = 0;
  const { loaded, shards, ...ports } = await openStreamPorts(config, (bytes) => {
    itemBytes = Math.max(itemBytes, bytes);
  });
  const handle = createProcessStream({
    ...ports,
    rules: await openRuleBook(
      loaded,
      (await import('../adapters/lake-objects.ts')).lakeObjects(config.lakeBucket, { random: Math.random }),
      ports.clock,
    ),
    parentsOf: async (shardId) => (await shards.list()).find((shard) => shard.shardId === shardId)?.parents,
    observe: (stats) => {
      meterBatch(meter, stats);
      if (log.isDebug) for (const verdict of stats.verdicts) log.debug('event', eventIds(stats.shardId, verdict));
    },
    alerts: new StateOutbox(ports.store, ports.clock),
  });
  const publish = (): void => {
    if (itemBytes > 0) meter.add('stateItemBytes', itemBytes);
    itemBytes = 0;
    meter.publish();
  };
  return { handle, publish };
});

/** Entry of the Kinesis mapping: one batch of one shard. */
export async function handler(event: KinesisStreamEvent, context: LambdaContext): Promise<KinesisBatchResponse> {
  const ids = batchIds(event, context);
  try {
    const { handle, publish } = await open();
    try {
      const answer = await traced('process-stream', ids, () => handle(event, deadlineOf(context, Date.now())));
      const [stopped] = answer.batchItemFailures;
      log.info('batch', { ...ids, stopped_at: stopped?.itemIdentifier ?? null });
      return answer;
    } finally {
      publish();
    }
  } catch (error) {
    log.error('batch failed; the mapping hands it out again', error, ids);
    throw error;
  }
}
