import { lazy } from '../lazy.ts';
import { deadlineOf, type LambdaContext } from '../observability/context.ts';
import { openLog } from '../observability/log.ts';
import { traced } from '../observability/trace.ts';
import { backfillConfig } from './config.ts';
import { type BackfillEvent, STILL_RUNNING } from './events.ts';
import { createBackfill } from './handler.ts';

const log = openLog();

const open = lazy(async () => {
  backfillConfig(process.env);
  // The seam of the steps: their ports are wired here.
  return { backfill: createBackfill() };
});

/** Entry of the state machine: one step a call. */
export async function handler(event: BackfillEvent, context: LambdaContext): Promise<unknown> {
  const ids = { request: context.awsRequestId, step: event.step, backfill: event.id };
  try {
    const { backfill } = await open();
    const nowMs = Date.now();
    const signal = AbortSignal.timeout(Math.max(0, deadlineOf(context, nowMs) - nowMs));
    const outcome = await traced('backfill', ids, () => backfill(event, signal));
    log.info('a step of a backfill is done', ids);
    return outcome ?? {};
  } catch (error) {
    if (error instanceof Error && error.name === STILL_RUNNING) log.info('the engine is still at work', ids);
    else log.error('a step of a backfill failed; the workflow says what becomes of it', error, ids);
    throw error;
  }
}
