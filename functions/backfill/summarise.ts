import { WHAT_IF_TABLE } from '../../lake/tables.ts';
import { type ComparedReport, comparedName, isDifferent } from './compare.ts';
import type { DifferenceSample } from './difference.ts';
import { VerificationDiffers } from './errors.ts';
import type { SummaryOutcome } from './events.ts';
import { itemList } from './plan.ts';
import type { BackfillPlan } from './plan-record.ts';
import type { FaultReport } from './step-tools.ts';
import { itemsName, PUBLICATIONS, SUMMARY, type Work } from './work.ts';

/** Sums over all differences of a backfill. */
export interface Summary {
  readonly partitions: number;
  readonly rowsBefore: number;
  readonly rowsAfter: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Rows whose order of processing is not on record, and which are not compared. */
  readonly contested: number;
  /** Rows that count different keys by sketches of keys which were erased since: within their error as published. */
  readonly sketches: number;
  /** Records that were judged otherwise than recorded. */
  readonly faults: number;
  readonly tables: readonly TableSummary[];
  readonly sample: readonly (DifferenceSample & { readonly table: string })[];
  readonly faultsShown: FaultReport['shown'];
  /** Partitions that differ. */
  readonly differing: number;
}

/** Sums of one table. */
export interface TableSummary {
  readonly table: string;
  readonly before: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/** One hour that is to be published. */
export interface Publication {
  readonly table: string;
  readonly startMs: number;
  readonly base: string | undefined;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/** Changed rows up to which nobody is asked, unless the request says otherwise. */
const APPROVE_ABOVE = 1_000;
const SAMPLE_MAX = 20;

/**
 * Adds up what all comparisons found, and says how to go on. What was to be published once stands: a repeat compares with a lake where
 * some of it is published already, and what is taken back after a failure is all of it.
 */
export async function summarise(work: Work): Promise<SummaryOutcome> {
  const plan = await work.plan();
  const known = await work.find<Publication[]>(PUBLICATIONS);
  const publications = known !== undefined && known.length > 0 ? known : await decide(work, plan);
  await work.write(itemsName('publish'), itemList(publications.length));
  return { next: nextOf(plan, await work.read<Summary>(SUMMARY), publications.length) };
}

async function decide(work: Work, plan: BackfillPlan): Promise<Publication[]> {
  const reports = await Promise.all(plan.parts.map((_, at) => work.read<ComparedReport>(comparedName(at))));
  await work.write(SUMMARY, summaryOf(reports, await readFaults(work)));
  const publications = publicationsOf(reports, plan);
  await work.write(PUBLICATIONS, publications);
  return publications;
}

async function readFaults(work: Work): Promise<FaultReport> {
  const reports = await Promise.all((await work.names('faults/')).map((name) => work.read<FaultReport>(name)));
  return { count: reports.reduce((sum, { count }) => sum + count, 0), shown: reports.flatMap(({ shown }) => shown).slice(0, SAMPLE_MAX) };
}

function summaryOf(reports: readonly ComparedReport[], faults: FaultReport): Summary {
  const tables = new Map<string, { table: string; before: number; added: number; changed: number; removed: number }>();
  for (const { table, hours } of reports) {
    const sum = tables.get(table) ?? { table, before: 0, added: 0, changed: 0, removed: 0 };
    tables.set(table, sum);
    for (const hour of hours) for (const name of ['before', 'added', 'changed', 'removed'] as const) sum[name] += hour[name];
  }
  const total = (name: 'before' | 'added' | 'changed' | 'removed'): number => [...tables.values()].reduce((sum, one) => sum + one[name], 0);
  const hours = reports.flatMap((report) => report.hours);
  return {
    partitions: hours.length,
    rowsBefore: total('before'),
    rowsAfter: total('before') + total('added') - total('removed'),
    added: total('added'),
    changed: total('changed'),
    removed: total('removed'),
    contested: reports.reduce((sum, { contested }) => sum + contested, 0),
    sketches: hours.reduce((sum, { sketches }) => sum + sketches, 0),
    faults: faults.count,
    tables: [...tables.values()],
    sample: reports.flatMap(({ table, sample }) => sample.map((one) => ({ table, ...one }))).slice(0, SAMPLE_MAX),
    faultsShown: faults.shown,
    differing: hours.filter(isDifferent).length,
  };
}

function publicationsOf(reports: readonly ComparedReport[], { mode }: BackfillPlan): Publication[] {
  return reports
    .filter(({ table }) => mode !== 'verify' || table === WHAT_IF_TABLE)
    .flatMap(({ table, hours, bases }) =>
      hours
        .filter(isDifferent)
        .map(({ startMs, added, changed, removed }) => ({ table, startMs, base: bases[startMs], added, changed, removed })),
    );
}

function nextOf({ mode, request }: BackfillPlan, summary: Summary, publications: number): SummaryOutcome['next'] {
  if (mode === 'verify') {
    const isSame =
      summary.faults === 0 && summary.tables.every((one) => one.table === WHAT_IF_TABLE || one.added + one.changed + one.removed === 0);
    if (!isSame) return 'fail';
    return publications === 0 ? 'done' : 'publish';
  }
  if (publications === 0) return 'done';
  const rows = summary.added + summary.changed + summary.removed;
  return mode === 'rebuild' || rows > (request.approveAbove ?? APPROVE_ABOVE) ? 'ask' : 'publish';
}

/** The error that a verification with differences ends with. */
export function verificationError({ added, changed, removed, faults, sample, faultsShown }: Summary): VerificationDiffers {
  const first = sample[0] === undefined ? faultsShown[0]?.message : `${sample[0].table} ${sample[0].kind} ${sample[0].id}`;
  return new VerificationDiffers(
    `what is published is not what a replay gives: ${added} rows are missing, ${changed} differ, ${removed} should not be there, ${faults} records were judged otherwise than recorded; the first: ${first ?? 'none'}. Nothing was changed; headrace backfill --mode rebuild publishes aggregates anew.`,
  );
}
