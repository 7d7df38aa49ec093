import { readPartition } from '../../lake/generations/state.ts';
import { partitionOf } from '../../lake/names.ts';
import { releaseClaim } from './claim-list.ts';
import { addCorrection, removeCorrection } from './corrections.ts';
import { cpuOf } from './cpu.ts';
import type { StepFailure } from './events.ts';
import type { BackfillPlan } from './plan-record.ts';
import type { BackfillPorts } from './ports.ts';
import { originOf } from './publish.ts';
import type { Publication, Summary } from './summarise.ts';
import { PLAN, PUBLICATIONS, REPORT, SUMMARY, type Work } from './work.ts';
import { itemFailure } from './workflow/failure.ts';

/** How a backfill ended. */
export interface BackfillReport {
  readonly id: string;
  readonly mode: string;
  readonly partitions: number;
  readonly rows_before: number;
  readonly rows_after: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Generations of this backfill that are published. */
  readonly published: number;
  readonly contested: number;
  readonly sketches: number;
  readonly faults: number;
  readonly events: number;
  /** CPU of all steps, microseconds; where the steps were called one by one. */
  readonly cpu_us?: number;
  /** Error that ended it; what it had published was taken back. */
  readonly failure?: Required<StepFailure>;
}

/** Sums over all differences, as programs are told of them; zeros before they are known. */
export function countsOf(
  summary: Summary | undefined,
): Pick<BackfillReport, 'partitions' | 'rows_before' | 'rows_after' | 'added' | 'changed' | 'removed'> {
  const { partitions = 0, rowsBefore = 0, rowsAfter = 0, added = 0, changed = 0, removed = 0 } = summary ?? {};
  return { partitions, rows_before: rowsBefore, rows_after: rowsAfter, added, changed, removed };
}

/**
 * Ends a backfill: its corrections are put on the list, its hours are free for others, and what only its steps needed is removed. With a
 * failure it says so, and has no correction; the plan and the summary stay for people to look at.
 */
export async function report(ports: BackfillPorts, work: Work, failure: StepFailure | undefined): Promise<BackfillReport> {
  const plan = await work.find<BackfillPlan>(PLAN);
  const summary = await work.find<Summary>(SUMMARY);
  const published = await countPublished(ports, work);
  if (failure !== undefined) await removeCorrection(ports.lake.objects, work.id);
  else if (plan?.mode === 'correct') {
    const own = plan.corrections.find(({ id }) => id === plan.id);
    if (own !== undefined && published > 0) await addCorrection(ports.lake.objects, own);
  }
  const cpuUs = await cpuOf(work);
  const done: BackfillReport = {
    id: work.id,
    mode: plan?.mode ?? '',
    ...countsOf(summary),
    published,
    contested: summary?.contested ?? 0,
    sketches: summary?.sketches ?? 0,
    faults: summary?.faults ?? 0,
    events: plan?.events ?? 0,
    ...(cpuUs === undefined ? {} : { cpu_us: cpuUs }),
    ...(failure === undefined ? {} : { failure: await itemFailure(work.objects, work.key(''), failure) }),
  };
  await work.write(REPORT, done);
  await releaseClaim(ports.work.objects, work.id);
  await work.clear();
  return done;
}

async function countPublished(ports: BackfillPorts, work: Work): Promise<number> {
  let published = 0;
  for (const { table, startMs } of (await work.find<Publication[]>(PUBLICATIONS)) ?? []) {
    const { manifest } = await readPartition(ports.lake.objects, table, partitionOf(startMs));
    if (manifest?.value.generations.some(({ origin }) => origin === originOf(work.id)) === true) published += 1;
  }
  return published;
}
