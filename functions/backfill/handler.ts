import { ask } from './approval.ts';
import { checkShard } from './check.ts';
import { comparePart } from './compare.ts';
import type { BackfillEvent, ItemStep } from './events.ts';
import { foldSlice } from './fold.ts';
import { judgeSlice } from './judge.ts';
import { mergeWindows } from './merge.ts';
import { makePlan, planBackfill, selectionOf } from './plan.ts';
import type { BackfillPorts } from './ports.ts';
import { compensate, publishHour } from './publish.ts';
import { report } from './report.ts';
import { type Summary, summarise, verificationError } from './summarise.ts';
import { SUMMARY, Work } from './work.ts';

/** Does one step of a backfill; again does no harm. Once `signal` has fired, it waits no longer for an engine that is at work. */
export type Backfill = (event: BackfillEvent, signal?: AbortSignal) => Promise<unknown>;

const ITEM_STEPS: Readonly<Record<ItemStep, (ports: BackfillPorts, work: Work, at: number) => Promise<void>>> = {
  check: checkShard,
  fold: foldSlice,
  merge: mergeWindows,
  judge: judgeSlice,
  compare: comparePart,
  publish: publishHour,
};

/** Makes the function that does the steps of backfills, for the state machine and for one machine alike. */
export function createBackfill(ports: BackfillPorts): Backfill {
  return async (event, signal) => {
    const work = new Work(ports.work, event.id);
    switch (event.step) {
      case 'estimate':
        return makePlan(ports, work.id, event.request);
      case 'plan':
        return planBackfill(ports, work, event.request);
      case 'shuffle':
        await ports.archive.split(selectionOf(ports.plan, await work.plan()), signal);
        return { id: work.id };
      case 'summarise':
        return summariseOrFail(work);
      case 'ask':
        return ask(ports, work, event.token);
      case 'compensate':
        return compensate(ports, work);
      case 'report':
        return report(ports, work, event.failure);
      default:
        for (const { at } of event.items) await ITEM_STEPS[event.step](ports, work, at);
        return { done: event.items.length };
    }
  };
}

async function summariseOrFail(work: Work): Promise<unknown> {
  const outcome = await summarise(work);
  if (outcome.next === 'fail') throw verificationError(await work.read<Summary>(SUMMARY));
  return outcome;
}
