import type { BackfillEvent } from '../../functions/backfill/events.ts';
import type { Json, State } from '../../functions/backfill/workflow/language.ts';
import { functionError, handedOn, StateError, stopped } from './errors.ts';
import type { Execution } from './execution.ts';

const MS = 1_000;

/** Parameters of a task as the library has filled them in. */
interface TaskParameters {
  readonly Payload: Json;
}

/**
 * Runs one task: hands its payload to the function, and, where the task waits for a token, waits for the answer too. Throws StateErrors
 * as the service names them; a function that goes on after its time is up is told by its signal, and not heard any more.
 */
export async function runTask(execution: Execution, state: State, parameters: unknown): Promise<Json> {
  if (execution.signal.aborted) throw stopped();
  // The shape is that of the definition, which was checked.
  const payload = handedOn((parameters as TaskParameters).Payload);
  const scope = new AbortController();
  const signal = AbortSignal.any([execution.signal, scope.signal]);
  const isAsking = String(state['Resource']).endsWith('.waitForTaskToken');
  const work = isAsking ? ask(execution, payload, signal) : call(execution, payload, signal);
  try {
    return await Promise.race([work, timeUp(execution, Number(state['TimeoutSeconds']), scope.signal)]);
  } catch (error) {
    throw execution.signal.aborted ? stopped() : functionError(error);
  } finally {
    scope.abort();
  }
}

async function call({ invoke }: Execution, payload: Json, signal: AbortSignal): Promise<Json> {
  // What the definition says is what the function takes: both are tested together.
  return { StatusCode: 200, Payload: handedOn(await invoke(payload as unknown as BackfillEvent, signal)) };
}

/** The wait begins before the question, for an answer may be faster than the end of asking. */
async function ask(execution: Execution, payload: Json, signal: AbortSignal): Promise<Json> {
  const { token } = payload as { readonly token: string };
  const answer = execution.answers.waitFor(token, signal);
  const asked = call(execution, payload, signal);
  const [, outcome] = await Promise.all([asked, answer]);
  return handedOn(outcome);
}

async function timeUp({ sleep }: Execution, seconds: number, signal: AbortSignal): Promise<never> {
  await sleep(seconds * MS, signal);
  throw new StateError('States.Timeout', '');
}
