import type { BackfillEvent, ItemStep, StepFailure } from '../../../functions/backfill/events.ts';
import { backfillDefinition } from '../../../functions/backfill/workflow/definition.ts';
import { itemFailure } from '../../../functions/backfill/workflow/failure.ts';
import type { Json } from '../../../functions/backfill/workflow/language.ts';
import { MemoryObjectStore } from '../../../local/objects/memory.ts';
import { PendingAnswers } from '../../../local/workflow/answers.ts';
import type { Sleep } from '../../../local/workflow/execution.ts';
import { runWorkflow, type WorkflowOptions, type WorkflowResult } from '../../../local/workflow/run.ts';

export const ITEM_STEPS: readonly ItemStep[] = ['check', 'fold', 'merge', 'judge', 'compare', 'publish'];
export const ID = 'backfill-1';
const FOLDER = `work/${ID}/`;

/** The definition under test, as text. */
export const DEFINITION = JSON.stringify(
  backfillDefinition({
    functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:backfill',
    bucket: 'lake',
    workPrefix: 'work/',
    concurrency: 2,
  }),
);

/** What a step does when it is called: an error that it throws, or something of its own. */
export type Act = Error | ((event: BackfillEvent, signal: AbortSignal) => unknown);

export function named(name: string, message = `${name} of a test`): Error {
  return Object.assign(new Error(message), { name });
}

/** Steps whose parts are scripted, and a clock that goes on only when told. */
export class WorkflowWorld {
  readonly objects = new MemoryObjectStore();
  readonly answers = new PendingAnswers();
  /** Steps in the order they were called, each call. */
  readonly calls: string[] = [];
  readonly events: BackfillEvent[] = [];
  /** What the next calls of a step do before it does its usual work. */
  readonly script: Partial<Record<BackfillEvent['step'], Act[]>> = {};
  next = 'publish';
  hasDecisions = true;
  itemCount = 2;
  /** Rest before another try; undefined: as the definition says. */
  retryDelayMs: number | undefined = 0;
  private readonly timers = new Set<{ readonly atMs: number; readonly fire: () => void }>();
  private nowMs = 0;
  private ids = 0;

  /** Lets timers fire. */
  advance(ms: number): void {
    this.nowMs += ms;
    for (const timer of this.timers) if (timer.atMs <= this.nowMs) timer.fire();
  }

  /** Hangs until it is told to stop: time goes on by `ms` meanwhile. */
  hang(ms: number): Act {
    return (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(named('AbortError')));
        setImmediate(() => this.advance(ms));
      });
  }

  readonly invoke = async (event: BackfillEvent, signal: AbortSignal): Promise<unknown> => {
    this.calls.push(event.step);
    this.events.push(event);
    const act = this.script[event.step]?.shift();
    if (act instanceof Error) throw act;
    const result = await act?.(event, signal);
    return result ?? (await this.usual(event));
  };

  run(changed: Partial<WorkflowOptions> = {}): Promise<WorkflowResult> {
    return runWorkflow({
      definition: DEFINITION,
      input: { request: { mode: 'verify', lastDays: 3 } },
      executionName: ID,
      invoke: this.invoke,
      objects: this.objects,
      answers: this.answers,
      sleep: this.sleep,
      ...(this.retryDelayMs === undefined ? {} : { retryDelayMs: this.retryDelayMs }),
      newId: () => `id-${++this.ids}`,
      ...changed,
    });
  }

  /** A stored object as JSON; undefined if it is not there. */
  async read(key: string): Promise<unknown> {
    const stored = await this.objects.get(key);
    return stored === undefined ? undefined : JSON.parse(new TextDecoder().decode(stored.body));
  }

  async write(key: string, value: Json): Promise<void> {
    await this.objects.put(key, new TextEncoder().encode(JSON.stringify(value)));
  }

  private readonly sleep: Sleep = (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = { atMs: this.nowMs + ms, fire: resolve };
      this.timers.add(timer);
      signal.addEventListener('abort', () => {
        this.timers.delete(timer);
        reject(named('AbortError'));
      });
    });

  private async usual(event: BackfillEvent): Promise<unknown> {
    if (event.step === 'plan') return this.plan(event.id);
    if (event.step === 'summarise') return { next: this.next };
    if (event.step === 'report' && event.failure !== undefined) return { failure: await this.failure(event.failure) };
    return {};
  }

  private failure(failure: StepFailure): Promise<Required<StepFailure>> {
    return itemFailure(this.objects, FOLDER, failure);
  }

  private async plan(id: string): Promise<unknown> {
    const items: Partial<Record<ItemStep, string>> = {};
    for (const step of ITEM_STEPS) {
      const key = `${FOLDER}items/${step}.json`;
      await this.write(
        key,
        Array.from({ length: this.itemCount }, (_, at) => ({ at })),
      );
      items[step] = key;
    }
    return { id, items, hasDecisions: this.hasDecisions };
  }
}

/** Calls without repeats beside each other. */
export function order(calls: readonly string[]): string[] {
  return calls.filter((call, i) => call !== calls[i - 1]);
}
