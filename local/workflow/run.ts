import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { ExecutionError } from 'aws-local-stepfunctions';
import type { Json } from '../../functions/backfill/workflow/language.ts';
import type { Answers } from './answers.ts';
import { readDefinition } from './check.ts';
import { handedOn } from './errors.ts';
import type { Execution, Sleep } from './execution.ts';
import { startMachine } from './machine.ts';

/** One execution of a workflow on this machine. */
export interface WorkflowOptions extends Pick<Execution, 'invoke' | 'objects'> {
  /** Text of the definition, as the state machine has it. */
  readonly definition: string;
  readonly input: Json;
  /** Id of the backfill; a repeat has the same one. */
  readonly executionName: string;
  readonly answers: Answers;
  /** Is told of each state that begins. */
  readonly onState?: (name: string) => void;
  /** Stops it: the function's own signals fire, and nothing more begins, not even taking back. */
  readonly signal?: AbortSignal;
  /** What timeouts are measured by. */
  readonly sleep?: Sleep;
  /** Rest before another try instead of what the definition says, ms. */
  readonly retryDelayMs?: number;
  readonly newId?: () => string;
}

/** How an execution ended, and the states it went through. */
export type WorkflowResult = { readonly states: readonly string[] } & End;

type End =
  | { readonly status: 'succeeded'; readonly output: Json }
  | { readonly status: 'failed'; readonly error: string; readonly cause: string }
  | { readonly status: 'aborted' };

/** What we read of the library's events. */
interface Log {
  readonly type: string;
  readonly state?: { readonly name: string };
}

const SLEEP: Sleep = (ms, signal) => wait(ms, undefined, { signal });

/** Runs a workflow to its end. Throws UsageError for a definition that would not run here as the service runs it. */
export async function runWorkflow(options: WorkflowOptions): Promise<WorkflowResult> {
  const definition = readDefinition(options.definition);
  const execution = executionOf(options);
  const run = startMachine(execution, definition, options.input);
  const [end, states] = await Promise.all([endOf(run.result, execution.signal), follow(run.eventLogs, options.onState)]);
  await Promise.allSettled(execution.running);
  return { ...end, states };
}

function executionOf({ executionName, invoke, objects, answers, newId, sleep, retryDelayMs, signal }: WorkflowOptions): Execution {
  return {
    name: executionName,
    invoke,
    objects,
    answers,
    newId: newId ?? randomUUID,
    sleep: sleep ?? SLEEP,
    retryDelayMs,
    signal: signal ?? new AbortController().signal,
    running: new Set(),
  };
}

async function endOf(result: Promise<unknown>, signal: AbortSignal): Promise<End> {
  try {
    return { status: 'succeeded', output: handedOn(await result) };
  } catch (error) {
    if (signal.aborted) return { status: 'aborted' };
    if (!(error instanceof ExecutionError) || !(error.cause instanceof Error)) throw error;
    return { status: 'failed', error: error.cause.name, cause: error.cause.message };
  }
}

async function follow(events: AsyncIterable<Log>, onState: WorkflowOptions['onState']): Promise<string[]> {
  const states: string[] = [];
  for await (const event of events) {
    if (event.type !== 'StateEntered' || event.state === undefined) continue;
    states.push(event.state.name);
    onState?.(event.state.name);
  }
  return states;
}
