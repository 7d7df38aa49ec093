import { usageError } from '../../core/errors.ts';
import type { ObjectFiles, ObjectStore } from '../../core/ports.ts';
import { type Answer, answer, firstAnswer, taskAnswer } from '../backfill/approval.ts';
import { abandonedBy, assertAnswerable, assertGoesOn, endedWell } from '../backfill/ended.ts';
import type { BackfillEvent, BackfillRequest } from '../backfill/events.ts';
import { type Backfills, backfillIds, type EndedBackfill, type KnownBackfill, lookAt, type RunOptions } from '../backfill/known.ts';
import type { BackfillPlan } from '../backfill/plan-record.ts';
import { checkId } from '../backfill/request.ts';
import { Work } from '../backfill/work.ts';
import { messageOf } from '../backfill/workflow/failure.ts';
import { FUNCTION_TIMEOUT_S } from '../backfill/workflow/retries.ts';
import { WORK_FOLDER } from '../backfill/workflow/states.ts';
import { S3ObjectFiles, type S3ObjectFilesOptions } from './s3-object-files.ts';
import { S3ObjectStore } from './s3-object-store.ts';
import type { ExecutionState, Executions, TaskAnswer } from './step-functions.ts';

/** The parts of a deployed stack that its backfills are made of. */
export interface StackBackfillPorts {
  readonly executions: Pick<Executions, 'start' | 'look' | 'stop' | 'redrive'>;
  /** Tells the task that waits with a token; false if none does. */
  readonly tell: (token: string, answer: TaskAnswer) => Promise<boolean>;
  /** Work of all backfills. */
  readonly work: { readonly objects: ObjectStore; readonly files: ObjectFiles };
  /** Has the function do one step. */
  readonly step: (event: BackfillEvent) => Promise<unknown>;
  readonly clock: () => number;
  /** Waits; ends early when the signal fires. */
  readonly pause: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Tells a person why something takes a while. */
  readonly say: (line: string) => void;
}

/** Work of all backfills of a deployed stack; files that are opened go to `folder`. */
export function backfillWork(options: Omit<S3ObjectFilesOptions, 'prefix'>): StackBackfillPorts['work'] {
  const at = { ...options, prefix: WORK_FOLDER };
  return { objects: new S3ObjectStore(at), files: new S3ObjectFiles(at) };
}

const POLL_FIRST_MS = 1_000;
const POLL_MAX_MS = 15_000;
const POLL_GROWTH = 1.3;
/** Longest that one command follows an execution; it goes on without. */
const FOLLOW_MAX_MS = 24 * 3_600_000;

/** The backfills of a deployed stack: executions of its state machine, and what they have written into the work folder. */
export class StackBackfills implements Backfills {
  private readonly ports: StackBackfillPorts;

  constructor(ports: StackBackfillPorts) {
    this.ports = ports;
  }

  async plan(request: BackfillRequest): Promise<BackfillPlan> {
    return (await this.ports.step({ step: 'estimate', id: 'dry-run', request })) as BackfillPlan;
  }

  async run(id: string, request: BackfillRequest | undefined, options: RunOptions): Promise<EndedBackfill> {
    checkId(id);
    if (request === undefined) await this.goOn(id);
    else await this.ports.executions.start(id, { request });
    return this.follow(id, options);
  }

  async answer(id: string, given: Answer): Promise<void> {
    assertAnswerable(await this.look(id));
    await answer(new Work(this.ports.work, id), given);
  }

  async abandon(id: string, by: string): Promise<void> {
    checkId(id);
    const failure = abandonedBy(by);
    const execution = await this.existing(id);
    if (execution.status === 'succeeded') throw endedWell(id);
    if (execution.status === 'running') await this.ports.executions.stop(id, failure.Error, failure.Cause);
    await this.lastCalls(id);
    await this.ports.step({ step: 'compensate', id, failure });
    await this.ports.step({ step: 'report', id, failure });
  }

  async ids(): Promise<string[]> {
    return backfillIds(this.ports.work.objects);
  }

  async look(id: string): Promise<KnownBackfill> {
    return lookAt(this.ports.work, id);
  }

  private async existing(id: string): Promise<ExecutionState> {
    const execution = await this.ports.executions.look(id);
    if (execution === undefined) throw usageError('backfill', id, 'one of the last 90 days that --list shows');
    return execution;
  }

  /** Has one that was stopped from outside go on; one that is at work, or has ended, is only followed. */
  private async goOn(id: string): Promise<void> {
    const { status } = await this.existing(id);
    if (status !== 'stopped') return;
    assertGoesOn(await this.look(id));
    await this.ports.executions.redrive(id);
  }

  private async follow(id: string, options: RunOptions): Promise<EndedBackfill> {
    const { executions, clock, pause } = this.ports;
    const told = new Set<string>();
    const untilMs = clock() + FOLLOW_MAX_MS;
    for (let waitMs = POLL_FIRST_MS; ; waitMs = Math.min(POLL_MAX_MS, waitMs * POLL_GROWTH)) {
      const execution = await executions.look(id);
      if (execution !== undefined && execution.status !== 'running') return this.ended(id, execution);
      if ((await this.approve(id, told, options)) === 'waiting') return { ...(await this.look(id)), end: 'waiting', message: undefined };
      if (options.signal?.aborted === true || clock() > untilMs) return { ...(await this.look(id)), end: 'left', message: undefined };
      await pause(waitMs, options.signal);
    }
  }

  /** Asks for an answer where one is missing, and hands the one that was given to the task that waits for it: again does no harm. */
  private async approve(id: string, told: Set<string>, options: RunOptions): Promise<'waiting' | undefined> {
    const { approval } = await this.look(id);
    if (approval === undefined || told.has(approval.token)) return undefined;
    const given = approval.answer ?? (await options.answer(id));
    if (given === undefined) return 'waiting';
    const work = new Work(this.ports.work, id);
    const { token, answer: first } = approval.answer === undefined ? await firstAnswer(work, given) : { ...approval, answer: given };
    if (first !== given) options.onOverruled?.(first);
    await this.ports.tell(token, taskAnswer(id, first));
    told.add(token);
    return undefined;
  }

  private async ended(id: string, { status, error, cause }: ExecutionState): Promise<EndedBackfill> {
    const known = await this.look(id);
    const { failure } = known.report ?? {};
    // One that was stopped behind its last step has done everything; before, nothing was taken back.
    const isDone = status === 'succeeded' || (known.report !== undefined && failure === undefined);
    if (isDone || (status === 'stopped' && known.report === undefined))
      return { ...known, end: isDone ? 'succeeded' : 'stopped', message: undefined };
    return { ...known, end: 'failed', message: messageOf(failure ?? { Error: error, Cause: cause }) };
  }

  /** Functions that were called before an execution was stopped go on for as long as they may run, and could publish behind our back. */
  private async lastCalls(id: string): Promise<void> {
    const { clock, pause, say } = this.ports;
    const { summary, approval } = await this.look(id);
    const couldPublish = summary !== undefined && (approval === undefined || approval.answer?.isApproved === true);
    const { endedMs, status } = await this.existing(id);
    if (!couldPublish || status === 'failed') return;
    const leftMs = (endedMs ?? clock()) + FUNCTION_TIMEOUT_S * 1_000 - clock();
    if (leftMs <= 0) return;
    say(`Its last calls may run until ${new Date(clock() + leftMs).toISOString()}; what they publish is taken back after that.`);
    await pause(leftMs, undefined);
  }
}
