import type { ObjectFiles, ObjectStore } from '../../core/ports.ts';
import type { Answer, Approval } from './approval.ts';
import type { BackfillRequest } from './events.ts';
import type { BackfillPlan } from './plan-record.ts';
import type { BackfillReport } from './report.ts';
import { checkId } from './request.ts';
import type { Summary } from './summarise.ts';
import { APPROVAL, PLAN, REPORT, SUMMARY, Work } from './work.ts';

/** What is known of one backfill. */
export interface KnownBackfill {
  readonly id: string;
  readonly plan: BackfillPlan | undefined;
  readonly summary: Summary | undefined;
  readonly approval: Approval | undefined;
  readonly report: BackfillReport | undefined;
}

/** How a run of one ended: with its report, or `waiting` for an approval, `stopped` by the signal, or `left` to go on by itself. */
export interface EndedBackfill extends KnownBackfill {
  readonly end: 'succeeded' | 'failed' | 'waiting' | 'stopped' | 'left';
  /** Why it failed. */
  readonly message: string | undefined;
}

/** What a run is told on its way. */
export interface RunOptions {
  /** The word of whoever is asked about a backfill, by its id; undefined: nobody answers now. */
  readonly answer: (id: string) => Promise<Answer | undefined>;
  /** Hears of the word of somebody else that came before it, and counts instead. */
  readonly onOverruled?: (first: Answer) => void;
  readonly onState?: (name: string) => void;
  readonly signal?: AbortSignal;
}

/** The backfills of a place: a data folder, or a deployed stack. */
export interface Backfills {
  /** What a backfill would take; nothing is begun. */
  plan(request: BackfillRequest): Promise<BackfillPlan>;
  /** Begins a backfill, or goes on with a known one, whose own request counts then. */
  run(id: string, request: BackfillRequest | undefined, options: RunOptions): Promise<EndedBackfill>;
  /** Takes down what a person says to one that waits; the first word counts. */
  answer(id: string, given: Answer): Promise<void>;
  /** Gives one up: what it has published is taken back. */
  abandon(id: string, by: string): Promise<void>;
  /** Ids of all backfills, the oldest first. */
  ids(): Promise<string[]>;
  /** What is known of one. */
  look(id: string): Promise<KnownBackfill>;
}

/** Ids of all backfills in the objects of their work, the oldest first. */
export async function backfillIds(objects: ObjectStore): Promise<string[]> {
  const plans = (await objects.list('')).filter(({ key }) => key.endsWith(`/${PLAN}`));
  return plans.sort((a, b) => a.modifiedMs - b.modifiedMs).map(({ key }) => key.slice(0, -PLAN.length - 1));
}

/** What is known of one. Throws UsageError for an id that none can have. */
export async function lookAt(place: { readonly objects: ObjectStore; readonly files: ObjectFiles }, id: string): Promise<KnownBackfill> {
  checkId(id);
  const work = new Work(place, id);
  return {
    id,
    plan: await work.find<BackfillPlan>(PLAN),
    summary: await work.find<Summary>(SUMMARY),
    approval: await work.find<Approval>(APPROVAL),
    report: await work.find<BackfillReport>(REPORT),
  };
}
