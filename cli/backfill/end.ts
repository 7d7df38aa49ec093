import { countsOf, type EndedBackfill } from '../../local/backfill/backfills.ts';
import { writeErr, writeOut } from '../output.ts';
import { reportText } from './text.ts';

/** How a command tells of the end of a backfill. */
export interface Telling {
  /** Mode that was asked for: a backfill whose plan fails has none on record. */
  readonly mode: string;
  readonly isJson: boolean;
  /** CPU before the work began. */
  readonly before: NodeJS.CpuUsage;
  /** What else a program is told. */
  readonly more: Readonly<Record<string, unknown>>;
}

/** Says how a backfill ended, or where it stands; returns the exit code. */
export function tellEnd(ended: EndedBackfill, telling: Telling): number {
  const { id, end, message, report, summary } = ended;
  if (end === 'waiting') writeErr(`headrace backfill: ${id} waits for an approval: --approve ${id} or --refuse ${id}\n`);
  if (end === 'stopped') writeErr(`headrace backfill: ${id} was stopped: --resume ${id} goes on, --abandon ${id} gives it up\n`);
  if (end === 'left')
    writeErr(`headrace backfill: ${id} goes on without this command: --resume ${id} follows it, --abandon ${id} gives it up\n`);
  if (message !== undefined) writeErr(`headrace backfill: ${message}\n`);
  if (telling.isJson) writeOut(`${JSON.stringify(lineOf(ended, telling))}\n`);
  else if (report !== undefined) writeOut(reportText(report, summary));
  return end === 'succeeded' ? 0 : 1;
}

function lineOf({ id, end, plan, report, summary }: EndedBackfill, { mode: asked, before, more }: Telling): object {
  // How much is published is known with the report alone.
  const counts = { ...countsOf(summary), published: report?.published ?? 0 };
  const { user, system } = process.cpuUsage(before);
  const perEvent = Math.round(((report?.cpu_us ?? user + system) / Math.max(1, plan?.events ?? 0)) * 10) / 10;
  const standing = report === undefined ? { id, end } : {};
  return { mode: plan?.mode ?? asked, ...counts, cpu_us_per_event: perEvent, ...standing, ...more };
}
