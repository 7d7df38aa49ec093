import type { ObjectStore } from '../../core/ports.ts';
import type { BackfillReport } from './report.ts';
import { REPORT } from './work.ts';

/** How fast backfills go. */
export interface Speed {
  /** CPU of all steps, microseconds for each record. */
  readonly cpuUs: number;
  /** Earlier backfills that it was measured on; 0: none, it is that of a benchmark. */
  readonly backfills: number;
}

/** Whole handbook, verified, on a machine of two cores (`node bench/handbook/backfill.ts --days 136`). */
const BENCH_CPU_US = 235;
/** Records from which on a backfill tells of speed: below, starting and planning is most of it. */
const EVENTS_MIN = 20_000;
/** The newest so many count. */
const BACKFILLS_MAX = 5;

/** Speed of the newest backfills of this place, the median. */
export async function speedOf(objects: ObjectStore): Promise<Speed> {
  const reports = (await objects.list('')).filter(({ key }) => key.endsWith(`/${REPORT}`)).sort((a, b) => b.modifiedMs - a.modifiedMs);
  const speeds: number[] = [];
  for (const { key } of reports) {
    if (speeds.length === BACKFILLS_MAX) break;
    const stored = await objects.get(key);
    if (stored === undefined) continue;
    const { events, cpu_us: cpuUs, failure } = JSON.parse(new TextDecoder().decode(stored.body)) as BackfillReport;
    if (failure === undefined && cpuUs !== undefined && events >= EVENTS_MIN) speeds.push(cpuUs / events);
  }
  const median = speeds.sort((a, b) => a - b)[Math.floor(speeds.length / 2)];
  return { cpuUs: median ?? BENCH_CPU_US, backfills: speeds.length };
}
