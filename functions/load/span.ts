import type { Plan } from '../../core/plan.ts';
import { isFinal } from '../../core/time/watermark.ts';
import { BackfillError } from '../backfill/errors.ts';
import { OF_STREAM, streamClosedMs } from '../backfill/fence.ts';
import type { Span } from '../backfill/plan-record.ts';
import type { BackfillPorts } from '../backfill/ports.ts';
import { spanText } from './loads.ts';

const HOUR_MS = 3_600_000;

/** How long after an event the last window with it ends, as long as nobody goes on with its session. */
export function reachMs({ families, sessions }: Plan): number {
  return Math.max(HOUR_MS, ...families.map((family) => family.reachMs), ...sessions.map(({ gapMs }) => gapMs));
}

/**
 * Checks that a load ends before the stream begins: from its first accepted event on, the stream itself has what happened. And that the
 * windows in which both have events are final, or the stream would later publish them without what was loaded. Throws BackfillError
 * LOAD_OVERLAPS and LOAD_NOT_FINAL.
 */
export async function checkSpan(ports: BackfillPorts, { fromMs, toMs }: Span): Promise<void> {
  const stream = await ports.archive.span(`kind = 'record' AND lane = 'accepted' AND ${OF_STREAM}`);
  if (stream === undefined) return;
  if (toMs > stream.firstMs)
    throw new BackfillError(
      'LOAD_OVERLAPS',
      `the files have events from ${spanText(fromMs, toMs - 1)}, and the stream has taken those from ${spanText(stream.firstMs, stream.lastMs)}, and takes whatever comes: they would count twice. Load what was before with --to ${new Date(stream.firstMs).toISOString()}; what the stream has missed since goes through it, with headrace run --append.`,
    );
  const { plan } = ports;
  const edgeMs = toMs - 1 + reachMs(plan);
  const closedMs = await streamClosedMs(ports.sql, ports.lake.clock(), ports.landingMs);
  if (isFinal(edgeMs, closedMs, plan.pipeline.time.allowedLatenessMs)) return;
  const now = closedMs === null ? 'has none yet' : `is at ${new Date(closedMs).toISOString()}`;
  throw new BackfillError(
    'LOAD_NOT_FINAL',
    `windows of the last events of the files are still open in the stream: its watermark ${now}, and must be past ${new Date(edgeMs + plan.pipeline.time.allowedLatenessMs).toISOString()}. Do the same later, or end before the stream begins with --to.`,
  );
}
