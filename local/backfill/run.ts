import { RetriableError } from '../../core/errors.ts';
import { type Answer, type Approval, firstAnswer, outcomeOf } from '../../functions/backfill/approval.ts';
import { withCpu } from '../../functions/backfill/cpu.ts';
import type { ApprovalOutcome, BackfillEvent, BackfillRequest } from '../../functions/backfill/events.ts';
import { createBackfill } from '../../functions/backfill/handler.ts';
import type { RunOptions } from '../../functions/backfill/known.ts';
import type { BackfillPorts } from '../../functions/backfill/ports.ts';
import { APPROVAL, Work } from '../../functions/backfill/work.ts';
import { backfillDefinition } from '../../functions/backfill/workflow/definition.ts';
import type { Answers } from '../workflow/answers.ts';
import { StateError } from '../workflow/errors.ts';
import { runWorkflow, type WorkflowResult } from '../workflow/run.ts';

/** One backfill on this machine. */
export interface RunBackfillOptions extends RunOptions {
  readonly ports: BackfillPorts;
  readonly id: string;
  readonly request: BackfillRequest;
}

/** How it ended; `waiting` if it waits for an approval. */
export type BackfillEnd = WorkflowResult | { readonly status: 'waiting' };

/** What the state machine is made for where everything is on one machine: one item after the other, for there is one engine. */
const PLACE = { functionArn: 'arn:aws:lambda:local:000000000000:function:backfill', bucket: 'work', workPrefix: '', concurrency: 1 };
const RETRY_DELAY_MS = 500;

/** The text of the workflow as it runs on one machine: the very states of the deployed one. */
export function localDefinition(): string {
  return JSON.stringify(backfillDefinition(PLACE));
}

/** Runs a backfill to its end by the definition of the state machine; again goes on where it was. */
export async function runBackfill(options: RunBackfillOptions): Promise<BackfillEnd> {
  const { ports, id, request, onState, signal } = options;
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  signal?.addEventListener('abort', onAbort);
  const run = createBackfill(ports);
  const work = new Work(ports.work, id);
  let calls = 0;
  const counted = (event: BackfillEvent): Promise<unknown> => {
    calls += 1;
    return event.step === 'report' ? run(event) : withCpu(work, `${process.pid}-${calls}`, () => run(event));
  };
  const answers = new WrittenAnswers(work, options, () => stop.abort());
  try {
    const result = await runWorkflow({
      definition: localDefinition(),
      input: { request: JSON.parse(JSON.stringify(request)), concurrency: 1 },
      executionName: id,
      invoke: counted,
      objects: ports.work.objects,
      answers,
      retryDelayMs: RETRY_DELAY_MS,
      signal: stop.signal,
      ...(onState === undefined ? {} : { onState }),
    });
    return answers.isWaiting ? { status: 'waiting' } : result;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Answers as they stand in the work of a backfill; asks for one that is missing. */
class WrittenAnswers implements Answers {
  isWaiting = false;
  private readonly work: Work;
  private readonly options: RunBackfillOptions;
  private readonly stop: () => void;

  constructor(work: Work, options: RunBackfillOptions, stop: () => void) {
    this.work = work;
    this.options = options;
    this.stop = stop;
  }

  async waitFor(token: string, signal: AbortSignal): Promise<ApprovalOutcome> {
    const approval = await this.asked(token, signal);
    const given = approval.answer ?? (await this.newWord());
    if (given === undefined) {
      this.isWaiting = true;
      this.stop();
      throw new StateError('Stopped', `backfill ${this.work.id} waits for an approval`, false);
    }
    try {
      return outcomeOf(this.work.id, given);
    } catch (error) {
      throw new StateError('ApprovalRefused', error instanceof Error ? error.message : String(error));
    }
  }

  private async newWord(): Promise<Answer | undefined> {
    const given = await this.options.answer(this.work.id);
    if (given === undefined) return undefined;
    const { answer: first } = await firstAnswer(this.work, given);
    if (first !== given) this.options.onOverruled?.(first);
    return first;
  }

  /** The question as the step has written it: the task begins to wait before the step has asked. */
  private async asked(token: string, signal: AbortSignal): Promise<Approval> {
    for (let tries = 0; tries < ASK_TRIES && !signal.aborted; tries += 1) {
      const approval = await this.work.find<Approval>(APPROVAL);
      if (approval !== undefined && (approval.token === token || approval.answer !== undefined)) return approval;
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
    }
    throw new RetriableError(`backfill ${this.work.id} was not asked for`);
  }
}

const ASK_MS = 50;
const ASK_TRIES = 1_200;
