import { StateMachine } from 'aws-local-stepfunctions';
import type { Definition, Json, JsonObject, State } from '../../functions/backfill/workflow/language.ts';
import type { Execution } from './execution.ts';
import { TIMER_MAX_S } from './fields.ts';
import { runMap } from './map-run.ts';
import { runTask } from './task.ts';

type Machine = ConstructorParameters<typeof StateMachine>[0];
type Run = ReturnType<StateMachine['run']>;

/** Runs a checked definition, or the processor of a map, in the library; what that lacks runs here. */
export function startMachine(execution: Execution, definition: Pick<Definition, 'StartAt' | 'States'>, input: Json): Run {
  const states = Object.entries(definition.States);
  const machine = new StateMachine(
    // The library's types know fewer fields than it runs, and lists that can be written.
    { StartAt: definition.StartAt, States: Object.fromEntries(states.map(([name, one]) => [name, forLibrary(one)])) } as unknown as Machine,
    { validationOptions: { noValidate: true } },
  );
  const handlers = states.flatMap(([name, state]) => {
    if (state.Type === 'Task') return [[name, (parameters: unknown) => tracked(execution, runTask(execution, state, parameters))] as const];
    if (state.Type === 'Map')
      return [[name, (parameters: unknown) => tracked(execution, runMap(execution, state, { parameters, start: startMachine }))] as const];
    return [];
  });
  const { retryDelayMs } = execution;
  const delays = retryDelayMs === undefined ? {} : Object.fromEntries(states.map(([name]) => [name, retryDelayMs]));
  const run = machine.run(input as Parameters<StateMachine['run']>[0], {
    overrides: { taskResourceLocalHandlers: Object.fromEntries(handlers) as never, retryIntervalOverrides: delays },
    context: contextOf(execution),
  });
  const stop = (): void => run.abort();
  execution.signal.addEventListener('abort', stop, { once: true });
  const forget = (): void => execution.signal.removeEventListener('abort', stop);
  run.result.then(forget, forget);
  if (execution.signal.aborted) stop();
  return run;
}

/** The library leaves a state alone once the execution is stopped: this remembers it. */
function tracked<T>({ running }: Execution, state: Promise<T>): Promise<T> {
  running.add(state);
  const end = (): boolean => running.delete(state);
  state.then(end, end);
  return state;
}

/** The context object; each try of a task that asks for a token gets another one. */
function contextOf({ name, newId }: Execution): Record<string, object> {
  return {
    Execution: { Name: name },
    Task: {
      get Token(): string {
        return newId();
      },
    },
  };
}

/** A state as the library is to run it: timeouts are ours, and so are maps, which it gets as tasks. */
function forLibrary(state: State): JsonObject {
  if (state.Type === 'Task') return { ...state, TimeoutSeconds: TIMER_MAX_S };
  if (state.Type !== 'Map') return state;
  const kept = ['Next', 'End', 'Retry', 'Catch', 'ResultPath'].flatMap((name) => (name in state ? [[name, state[name] ?? null]] : []));
  return { ...(Object.fromEntries(kept) as JsonObject), Type: 'Task', Parameters: mapTemplate(state), TimeoutSeconds: TIMER_MAX_S };
}

/** What of a map names state data: the library fills it in, as it does for tasks. */
function mapTemplate(state: State): JsonObject {
  const { ItemReader: reader, ItemBatcher: batcher, ResultWriter: writer } = state as unknown as Record<string, JsonObject>;
  const path = state['MaxConcurrencyPath'];
  return {
    reader: reader?.['Parameters'] ?? null,
    writer: writer?.['Parameters'] ?? null,
    batchInput: batcher?.['BatchInput'] ?? {},
    ...(path === undefined ? { concurrency: state['MaxConcurrency'] ?? 1 } : { 'concurrency.$': path }),
  };
}
