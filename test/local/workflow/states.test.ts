import { describe, expect, test } from 'vitest';
import type { BackfillEvent } from '../../../functions/backfill/events.ts';
import { FINAL_ERRORS } from '../../../functions/backfill/events.ts';
import { APPROVAL_S } from '../../../functions/backfill/workflow/definition.ts';
import { ITEM_FAILED } from '../../../functions/backfill/workflow/failure.ts';
import type { Definition } from '../../../functions/backfill/workflow/language.ts';
import { TASK_TIMEOUT_S } from '../../../functions/backfill/workflow/retries.ts';
import { type Act, DEFINITION, named, order, WorkflowWorld } from './world.ts';

type Step = BackfillEvent['step'];

const { States: states } = JSON.parse(DEFINITION) as Definition;
/** Every state that calls the function, with its step. */
const AT_WORK: readonly (readonly [state: string, step: Step])[] = Object.entries(states).flatMap(([name, state]) => {
  const text = JSON.stringify(state);
  const [, step] = /"step":"(\w+)"/.exec(text) ?? [];
  return step === undefined ? [] : [[name, step as Step] as const];
});
const ORDER: readonly Step[] = ['plan', 'shuffle', 'check', 'fold', 'merge', 'judge', 'compare', 'summarise', 'ask', 'publish', 'report'];
/** One item at a time: what is called is what fails. */
const ONE = { input: { request: { mode: 'correct' }, concurrency: 1 } };
const TASK_MS = TASK_TIMEOUT_S * 1_000;

/** A world in which everything is done once, and `ReportFailure` and `Compensate` too if they are what it is about. */
function worldFor(state: string): WorkflowWorld {
  const world = new WorkflowWorld();
  world.next = 'ask';
  world.script.ask = [(event) => event.step === 'ask' && world.answers.approve(event.token, 'ada')];
  if (state === 'Compensate' || state === 'ReportFailure') world.script.publish = [named('LakeError', 'the first failure')];
  return world;
}

/** What the state does at its first calls. */
function act(world: WorkflowWorld, step: Step, acts: readonly Act[]): void {
  world.script[step] = [...acts, ...(world.script[step] ?? [])];
}

/** Steps up to this one, and what follows its failure. */
function afterFailure(state: string, step: Step): Step[] {
  if (state === 'Compensate' || state === 'ReportFailure') return [...ORDER.slice(0, -1), 'compensate', 'report'];
  const before = ORDER.slice(0, ORDER.indexOf(step) + 1);
  return ORDER.indexOf(step) < ORDER.indexOf('publish') ? [...before, 'report'] : [...before, 'compensate', 'report'];
}

/** Name that the execution fails with when a state failed by this error. */
function endOf(state: string, error: string): string {
  if (state === 'Compensate') return 'CompensationFailed';
  // Without the report, what the service itself says of the map.
  return state === 'ReportFailure' ? ITEM_FAILED : error;
}

test('the states at work are those of all steps', () => {
  expect(AT_WORK.map(([name]) => name)).toEqual([
    ...['Plan', 'Shuffle', 'Check', 'Fold', 'Merge', 'Judge', 'Compare', 'Summarise', 'AskApproval', 'Publish', 'Report'],
    ...['Compensate', 'ReportFailure'],
  ]);
  expect(new Set(AT_WORK.map(([, step]) => step))).toEqual(new Set([...ORDER, 'compensate']));
});

describe.each(AT_WORK)('%s', (state, step) => {
  test.each(FINAL_ERRORS)('that fails with %s is not tried again, and what follows is right', async (error) => {
    const world = worldFor(state);
    act(world, step, [named(error)]);
    const result = await world.run(ONE);
    expect(result).toMatchObject({ status: 'failed', error: endOf(state, error) });
    expect(order(world.calls)).toEqual(afterFailure(state, step));
    // The report of a failed report is another call.
    expect(world.calls.filter((one) => one === step)).toHaveLength(state === 'Report' ? 2 : 1);
    expect(result.states.at(-1)).toBe('Failed');
  });

  test('that meets passing faults goes on where it was', async () => {
    const world = worldFor(state);
    const faults = ['RetriableError', 'Lambda.TooManyRequestsException', 'RetriableError', 'ReferenceError'].map((name) => named(name));
    act(world, step, step === 'ask' ? faults : [...faults, named('StillRunning'), named('StillRunning')]);
    const result = await world.run(ONE);
    const isFailing = state === 'Compensate' || state === 'ReportFailure';
    expect(result.status).toBe(isFailing ? 'failed' : 'succeeded');
    if (isFailing) expect(result).toMatchObject({ error: 'LakeError' });
    expect(order(world.calls)).toEqual(isFailing ? afterFailure(state, step) : ORDER);
  });

  test('whose faults do not pass gives up, and what follows is right', async () => {
    const world = worldFor(state);
    act(
      world,
      step,
      Array.from({ length: 9 }, () => named('RetriableError')),
    );
    const result = await world.run(ONE);
    expect(result).toMatchObject({ status: 'failed', error: endOf(state, 'RetriableError') });
    expect(order(world.calls)).toEqual(afterFailure(state, step));
    expect(world.calls.filter((one) => one === step).length).toBeGreaterThanOrEqual(9);
  });

  test('whose time is up once is tried again; a person who does not answer is not asked again', async () => {
    const world = worldFor(state);
    const isAsking = step === 'ask';
    act(world, step, [world.hang(isAsking ? APPROVAL_S * 1_000 : TASK_MS)]);
    const result = await world.run(ONE);
    const isFailing = state === 'Compensate' || state === 'ReportFailure';
    if (isAsking) expect(result).toMatchObject({ status: 'failed', error: 'ApprovalExpired' });
    else expect(result.status).toBe(isFailing ? 'failed' : 'succeeded');
    expect(order(world.calls)).toEqual(isFailing || isAsking ? afterFailure(state, step) : ORDER);
    if (!isAsking) expect(world.calls.filter((one) => one === step).length).toBeGreaterThanOrEqual(2);
  });

  test('that is repeated, its reply lost, comes to the same end', async () => {
    const world = worldFor(state);
    const isFailing = state === 'Compensate' || state === 'ReportFailure';
    const invoke: typeof world.invoke = async (event, signal) => {
      if (event.step === step) await world.invoke(event, signal).catch(() => undefined);
      return world.invoke(event, signal);
    };
    if (step === 'ask') world.script.ask = [() => undefined, ...(world.script.ask ?? [])];
    const result = await world.run({ ...ONE, invoke });
    expect(result.status).toBe(isFailing ? 'failed' : 'succeeded');
    expect(order(world.calls)).toEqual(isFailing ? afterFailure(state, step) : ORDER);
  });
});

test.each(AT_WORK.filter(([, step]) => step !== 'ask'))('%s whose time is up again and again gives up', async (state, step) => {
  const world = worldFor(state);
  act(
    world,
    step,
    Array.from({ length: 9 }, () => world.hang(TASK_MS)),
  );
  const result = await world.run(ONE);
  expect(result).toMatchObject({ status: 'failed', error: endOf(state, 'States.Timeout') });
  expect(order(world.calls)).toEqual(afterFailure(state, step));
});

test('an error of one item ends the map: no other item is begun, and its name is that of the execution', async () => {
  const world = new WorkflowWorld();
  world.itemCount = 5;
  world.script.fold = [() => undefined, named('LakeError', 'the object is gone')];
  expect(await world.run()).toMatchObject({ status: 'failed', error: 'LakeError', cause: expect.stringContaining('the object is gone') });
  expect(world.calls.filter((one) => one === 'fold').length).toBeLessThanOrEqual(3);
});

test('a failed report of a backfill that published nothing takes nothing back', async () => {
  const world = new WorkflowWorld();
  world.next = 'done';
  world.script.report = [named('LakeError')];
  expect(await world.run()).toMatchObject({ status: 'failed', error: 'LakeError' });
  expect(world.calls).not.toContain('compensate');
});

test('taking back is told why, and the report too if it cannot be done', async () => {
  const world = new WorkflowWorld();
  world.script.publish = [named('LakeError')];
  world.script.compensate = [named('BackfillError', 'denied')];
  expect(await world.run()).toMatchObject({ status: 'failed', error: 'CompensationFailed', cause: expect.stringContaining('denied') });
  expect(world.events.find((event) => event.step === 'compensate')).toMatchObject({ failure: { Error: expect.any(String) } });
  expect(world.events.at(-1)).toMatchObject({ step: 'report', failure: { Error: 'CompensationFailed' } });
});

test('an execution that is run again under its name goes the whole way', async () => {
  const world = new WorkflowWorld();
  world.script.publish = [named('LakeError')];
  expect((await world.run()).status).toBe('failed');
  world.calls.length = 0;
  expect((await world.run()).status).toBe('succeeded');
  expect(order(world.calls)).toEqual(ORDER.filter((step) => step !== 'ask'));
});
