import { parseCloser } from '../../core/state/closer.ts';
import { closerKey } from '../../core/state/keys.ts';
import { lazy } from '../lazy.ts';
import { ledgerRows } from '../ledger.ts';
import type { LambdaContext } from '../observability/context.ts';
import { openLog } from '../observability/log.ts';
import { openMeter } from '../observability/meter.ts';
import { traced } from '../observability/trace.ts';
import { openStreamPorts } from '../stream-ports.ts';
import { closeWindowsConfig } from './config.ts';
import { type CloseReport, createCloseWindows } from './handler.ts';

const log = openLog();

const open = lazy(async () => {
  const config = closeWindowsConfig(process.env);
  const meter = openMeter(config.namespace, 'close-windows');
  const ports = await openStreamPorts(config, () => undefined);
  const close = createCloseWindows(ports);
  const round = async (): Promise<CloseReport> => {
    const [closer] = await ports.store.get([closerKey(ports.streamEpoch)]);
    const report = await close({ kind: 'live' });
    // One small row for each shard and minute: it costs cents a month, and the lake's ledger is never older than that.
    await ports.delivery.deliver(await ledgerRows(ports));
    // The report counts since the stream began. Of two rounds at once only one ends well, so each window counts once.
    meter.add('windowsClosed', report.windowsClosed - parseCloser(closer?.body).windowsClosed);
    if (report.closedMs !== null) meter.add('watermarkLag', Date.now() - report.closedMs);
    return report;
  };
  return { round, meter };
});

/** Entry of the schedule: one round. */
export async function handler(_event: unknown, context: LambdaContext): Promise<void> {
  const ids = { round: context.awsRequestId };
  try {
    const { round, meter } = await open();
    try {
      const { closedMs, windowsClosed } = await traced('close-windows', ids, round);
      log.info('round', { ...ids, closed_ms: closedMs, windows_closed: windowsClosed });
    } finally {
      meter.publish();
    }
  } catch (error) {
    log.error('round failed; the next one goes on from there', error, ids);
    throw error;
  }
}
