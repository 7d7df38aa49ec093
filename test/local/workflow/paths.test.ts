import { describe, expect, test } from 'vitest';
import { ID, ITEM_STEPS, order, WorkflowWorld } from './world.ts';

const COMPUTING = ['plan', 'shuffle', 'check', 'fold', 'merge', 'judge', 'compare', 'summarise'];
const STATES = ['Plan', 'Shuffle', 'Check', 'Fold', 'Merge', 'HasDecisions', 'Judge', 'Compare', 'Summarise', 'WhatNext'];
const BEGIN = ['CheckInput', 'UsualConcurrency'];

describe('ways through the workflow', () => {
  test('without differences nothing is published, and the report is written', async () => {
    const world = new WorkflowWorld();
    world.next = 'done';
    const result = await world.run();
    expect(result).toMatchObject({ status: 'succeeded', states: [...BEGIN, ...STATES, 'Report', 'Succeeded'] });
    expect(order(world.calls)).toEqual([...COMPUTING, 'report']);
  });

  test('verify with differences fails by name, publishes nothing and has nothing to take back', async () => {
    const world = new WorkflowWorld();
    world.next = 'fail';
    const result = await world.run();
    expect(result).toMatchObject({ status: 'failed', error: 'VerificationDiffers' });
    expect(order(world.calls)).toEqual([...COMPUTING, 'report']);
    expect(world.events.at(-1)).toMatchObject({ step: 'report', id: ID, failure: { Error: 'VerificationDiffers' } });
  });

  test('what needs no approval is published', async () => {
    const world = new WorkflowWorld();
    const result = await world.run();
    expect(result.states).toEqual([...BEGIN, ...STATES, 'Publish', 'Report', 'Succeeded']);
    expect(order(world.calls)).toEqual([...COMPUTING, 'publish', 'report']);
  });

  test.each(['correct', 'rebuild'])('%s is published once a person has approved, whose name is in the output', async (mode) => {
    const world = new WorkflowWorld();
    world.next = 'ask';
    world.script.ask = [(event) => event.step === 'ask' && world.answers.approve(event.token, 'ada')];
    const result = await world.run({ input: { request: { mode } } });
    expect(result.states).toEqual([...BEGIN, ...STATES, 'AskApproval', 'Publish', 'Report', 'Succeeded']);
    expect(result).toMatchObject({ status: 'succeeded', output: { approval: { approvedBy: 'ada' } } });
    expect(order(world.calls)).toEqual([...COMPUTING, 'ask', 'publish', 'report']);
  });

  test('without decisions nothing is judged', async () => {
    const world = new WorkflowWorld();
    world.hasDecisions = false;
    expect((await world.run()).status).toBe('succeeded');
    expect(world.calls).not.toContain('judge');
  });

  test('every step is told the id of the backfill, items come once each, and the plan the request', async () => {
    const world = new WorkflowWorld();
    world.itemCount = 30;
    const request = { mode: 'correct', lastDays: 3 };
    await world.run({ input: { request, concurrency: 3 } });
    expect(new Set(world.events.map(({ id }) => id))).toEqual(new Set([ID]));
    expect(world.events[0]).toEqual({ step: 'plan', id: ID, request });
    for (const step of ITEM_STEPS) {
      const items = world.events.flatMap((event) => (event.step === step && 'items' in event ? event.items : []));
      expect(items.map(({ at }) => at)).toEqual(Array.from({ length: 30 }, (_, i) => i));
    }
  });

  test('what is handed from state to state are references and the verdict', async () => {
    const world = new WorkflowWorld();
    world.itemCount = 500;
    const result = await world.run();
    expect(result).toMatchObject({ status: 'succeeded' });
    const { output } = result as { readonly output: Record<string, unknown> };
    expect(Object.keys(output).sort()).toEqual(['concurrency', 'plan', 'request', 'summary']);
    expect(JSON.stringify(output).length).toBeLessThan(1_000);
  });

  test.each([[{}], [{ request: { mode: 'verify' }, concurrency: 0 }], [{ request: { mode: 'verify' }, concurrency: '8' }]])(
    'an input that is not one is refused before anything is done: %j',
    async (input) => {
      const world = new WorkflowWorld();
      expect(await world.run({ input })).toMatchObject({ status: 'failed', error: 'UsageError' });
      expect(world.calls).toEqual([]);
    },
  );

  test('a verdict that the workflow does not know publishes nothing', async () => {
    const world = new WorkflowWorld();
    world.next = 'perhaps';
    expect(await world.run()).toMatchObject({ status: 'failed', error: 'BackfillError' });
    expect(order(world.calls)).toEqual([...COMPUTING, 'report']);
  });
});
