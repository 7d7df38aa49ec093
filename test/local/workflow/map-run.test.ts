import { describe, expect, test } from 'vitest';
import type { BackfillEvent } from '../../../functions/backfill/events.ts';
import { named, WorkflowWorld } from './world.ts';

const LIST = 'work/backfill-1/items/fold.json';
const results = (world: WorkflowWorld, step: string) => world.objects.list(`work/backfill-1/results/${step}/`);

/** Runs with the list of the step fold changed once it is made. */
async function runWithList(change: (world: WorkflowWorld) => Promise<void>) {
  const world = new WorkflowWorld();
  world.script.shuffle = [() => change(world)];
  return { world, result: await world.run() };
}

describe('a map', () => {
  test('hands items over in batches, each with step and id', async () => {
    const world = new WorkflowWorld();
    world.itemCount = 20;
    await world.run();
    const batches = (step: string): number[] =>
      world.events.flatMap((event) => (event.step === step && 'items' in event ? [event.items.length] : []));
    expect([batches('fold'), batches('compare'), batches('publish')]).toEqual([Array(20).fill(1), [8, 8, 4], [20]]);
    expect(world.events.find(({ step }) => step === 'compare')).toEqual({
      step: 'compare',
      id: 'backfill-1',
      items: Array.from({ length: 8 }, (_, at) => ({ at })),
    });
  });

  test('of an empty list calls nobody and goes on', async () => {
    const { world, result } = await runWithList((one) => one.write(LIST, []));
    expect([result.status, world.calls.includes('fold'), world.calls.includes('merge')]).toEqual(['succeeded', false, true]);
  });

  test.each([
    ['is missing', (world: WorkflowWorld) => world.objects.remove(LIST), 'there is no such object'],
    ['is not JSON', (world: WorkflowWorld) => world.objects.put(LIST, new TextEncoder().encode('[{')), 'not readable as JSON'],
    ['is no list', (world: WorkflowWorld) => world.write(LIST, { at: 1 }), 'not a list'],
  ])('whose list %s fails by name after other tries', async (_, change, cause) => {
    const { world, result } = await runWithList(change);
    expect(result).toMatchObject({ status: 'failed', error: 'States.ItemReaderFailed', cause: `${LIST}: ${cause}` });
    expect([world.calls.includes('fold'), world.calls.at(-1)]).toEqual([false, 'report']);
  });

  test('works on as many batches at a time as the input says, and publishes one at a time', async () => {
    const world = new WorkflowWorld();
    world.itemCount = 60;
    const busy = new Map<string, number>();
    const most = new Map<string, number>();
    const invoke = async (event: BackfillEvent, signal: AbortSignal): Promise<unknown> => {
      const now = (busy.get(event.step) ?? 0) + 1;
      busy.set(event.step, now);
      most.set(event.step, Math.max(now, most.get(event.step) ?? 0));
      await new Promise((resolve) => setImmediate(resolve));
      busy.set(event.step, now - 1);
      return world.invoke(event, signal);
    };
    await world.run({ invoke, input: { request: { mode: 'correct' }, concurrency: 7 } });
    expect([most.get('fold'), most.get('publish'), world.calls.filter((one) => one === 'publish').length]).toEqual([7, 1, 3]);
  });

  test('writes what came of each batch, and a manifest that lists it', async () => {
    const world = new WorkflowWorld();
    world.script.fold = [() => ({ rows: 7 })];
    await world.run();
    const [manifest, succeeded] = (await results(world, 'fold'))
      .map(({ key }) => key)
      .sort((a, b) => (a.endsWith('manifest.json') ? -1 : b.length - a.length));
    expect(await world.read(manifest ?? '')).toMatchObject({
      DestinationBucket: 'lake',
      ResultFiles: { FAILED: [], PENDING: [], SUCCEEDED: [{ Key: succeeded, Size: expect.any(Number) }] },
    });
    const list = (await world.read(succeeded ?? '')) as { readonly Input: string; readonly Status: string }[];
    expect(list.map(({ Input }) => (JSON.parse(Input) as { readonly Items: unknown }).Items).sort()).toEqual([[{ at: 0 }], [{ at: 1 }]]);
    expect(list).toMatchObject([{ Status: 'SUCCEEDED' }, { Status: 'SUCCEEDED' }]);
  });

  test('that fails writes the failure and what was not begun', async () => {
    const world = new WorkflowWorld();
    world.itemCount = 4;
    world.script.fold = [() => undefined, named('LakeError', 'gone')];
    await world.run({ input: { request: { mode: 'correct' }, concurrency: 1 } });
    const keys = (await results(world, 'fold')).map(({ key }) => key);
    const read = async (status: string): Promise<unknown> => world.read(keys.find((key) => key.endsWith(`${status}_0.json`)) ?? '');
    expect(await read('FAILED')).toMatchObject([{ Error: 'LakeError', Cause: expect.stringContaining('gone') }]);
    expect(await read('SUCCEEDED')).toHaveLength(1);
    expect(await read('PENDING')).toHaveLength(2);
  });

  test('that fails stops the batches that run beside, and waits until they have stopped', async () => {
    const world = new WorkflowWorld();
    let stopped = false;
    world.script.fold = [
      (_, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () =>
            setTimeout(() => {
              stopped = true;
              reject(named('AbortError'));
            }, 20),
          ),
        ),
      named('LakeError'),
    ];
    const seen: boolean[] = [];
    world.script.report = [() => void seen.push(stopped)];
    expect(await world.run()).toMatchObject({ error: 'LakeError' });
    expect(seen).toEqual([true]);
  });
});

describe('an execution that is stopped', () => {
  test.each(['plan', 'fold', 'publish'] as const)('at %s begins nothing more and is over when its calls are', async (step) => {
    const world = new WorkflowWorld();
    const stop = new AbortController();
    let ended = false;
    world.script[step] = [
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () =>
            setTimeout(() => {
              ended = true;
              reject(named('AbortError'));
            }, 10),
          );
          setImmediate(() => stop.abort());
        }),
    ];
    expect(await world.run({ signal: stop.signal, input: { request: { mode: 'correct' }, concurrency: 1 } })).toMatchObject({
      status: 'aborted',
    });
    expect([ended, world.calls.at(-1)]).toEqual([true, step]);
  });

  test('before it began does nothing', async () => {
    const world = new WorkflowWorld();
    expect(await world.run({ signal: AbortSignal.abort() })).toMatchObject({ status: 'aborted' });
    expect(world.calls).toEqual([]);
  });
});

test('a payload that the service would not hand on ends the execution by name', async () => {
  const world = new WorkflowWorld();
  world.script.shuffle = [() => ({ rows: 'x'.repeat(256 * 1024) })];
  expect(await world.run()).toMatchObject({ status: 'failed', error: 'States.DataLimitExceeded' });
});
