import { GlueClient } from '@aws-sdk/client-glue';
import { LAKE_FOLDER } from '../../lake/delivery-format.ts';
import { tablesOf } from '../../lake/tables.ts';
import { clientOptions } from '../adapters/client-options.ts';
import { GlueCatalogue } from '../adapters/glue-catalogue.ts';
import { lazy } from '../lazy.ts';
import type { LambdaContext } from '../observability/context.ts';
import { openLog } from '../observability/log.ts';
import { openMeter } from '../observability/meter.ts';
import { traced } from '../observability/trace.ts';
import { pipelineNamed } from '../pipeline.ts';
import { registerPartitionsConfig } from './config.ts';
import { type BusEvent, createRegisterPartitions } from './handler.ts';

const CALL_TIMEOUT_MS = 10_000;

const log = openLog();

const open = lazy(async () => {
  const config = registerPartitionsConfig(process.env);
  const register = createRegisterPartitions({
    catalogue: new GlueCatalogue({
      client: new GlueClient(clientOptions(CALL_TIMEOUT_MS)),
      database: config.database,
      lakeUri: `s3://${config.lakeBucket}/${LAKE_FOLDER}`,
      retry: { random: Math.random },
    }),
    tables: tablesOf(pipelineNamed(config.pipeline).pipeline),
    clock: Date.now,
    onUnknown: (object) => log.warn('an object that is no landing file of a table was passed over', { object }),
  });
  return { register, meter: openMeter(config.namespace, 'register-partitions') };
});

/** Entry of the schedule, and of the bucket's events. */
export async function handler(event: BusEvent, context: LambdaContext): Promise<void> {
  const ids = { request: context.awsRequestId, object: event.detail?.object?.key ?? '' };
  try {
    const { register, meter } = await open();
    const registered = await traced('register-partitions', ids, () => register(event));
    meter.add('partitionsRegistered', registered);
    meter.publish();
    if (registered > 0) log.info('hours registered', { ...ids, registered });
  } catch (error) {
    log.error('hours were not registered; the call is tried again', error, ids);
    throw error;
  }
}
