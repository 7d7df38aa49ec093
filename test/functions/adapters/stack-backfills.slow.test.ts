import { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { StackBackfills } from '../../../functions/adapters/stack-backfills.ts';
import { answerTask, Executions } from '../../../functions/adapters/step-functions.ts';
import { taskAnswer } from '../../../functions/backfill/approval.ts';
import type { BackfillEvent } from '../../../functions/backfill/events.ts';
import { createBackfill } from '../../../functions/backfill/handler.ts';
import { localDefinition } from '../../../local/backfill/run.ts';
import { tellStory } from '../backfill/story.ts';
import { BackfillWorld } from '../backfill/world.ts';
import { patientRetry } from './json-server.ts';
import { MACHINE, StatesService } from './states-service.ts';

const ALL = { from: '2025-12-01', to: '2025-12-02' };
const CORRECT = { mode: 'correct', ...ALL, approveAbove: 0 } as const;
const ROWS = 'SELECT * FROM minute ORDER BY ALL';
const nobody = { answer: async () => undefined };
const said = (isApproved: boolean) => ({ isApproved, by: 'ann', atMs: 1 });

interface Called {
  readonly world: BackfillWorld;
  readonly backfills: StackBackfills;
  readonly states: StatesService;
  readonly steps: string[];
  readonly lines: string[];
}

/** A stack: the real steps behind the service's own calls. `before` is done before each step. */
async function deployed(before: (event: BackfillEvent) => Promise<void> = async () => {}, definition = localDefinition()): Promise<Called> {
  const world = new BackfillWorld();
  await tellStory(world.world, { seed: 7, records: 60 });
  await world.land();
  const steps: string[] = [];
  let client: SFNClient | undefined;
  const retry = patientRetry(3);
  const goOn: Parameters<typeof world.ports>[0] = (ports) => ({
    ...ports,
    goOn: async (id, token, answer) => {
      if (client !== undefined) await answerTask(client, retry, { token, answer: taskAnswer(id, answer) });
    },
  });
  const run = createBackfill(await world.ports(goOn));
  const step = async (event: BackfillEvent): Promise<unknown> => {
    steps.push(event.step);
    await before(event);
    return JSON.parse(JSON.stringify((await run(event)) ?? {}));
  };
  const states = new StatesService({ definition, objects: world.work, invoke: step });
  client = new SFNClient((await states.listen()).settings);
  const lines: string[] = [];
  const backfills = new StackBackfills({
    executions: new Executions({ client, machineArn: MACHINE, retry }),
    tell: async (token, answer) => answerTask(client as SFNClient, retry, { token, answer }),
    work: { objects: world.work, files: world.work },
    step,
    clock: Date.now,
    pause: () => new Promise((resolve) => setTimeout(resolve, 20)),
    say: (line) => lines.push(line),
  });
  return { world, backfills, states, steps, lines };
}

describe('backfills of a stack', () => {
  test('an execution is started, followed, and reported; an estimate begins nothing', async () => {
    const { world, backfills, steps } = await deployed();
    const request = { mode: 'verify', ...ALL } as const;
    expect(await backfills.plan(request)).toMatchObject({ id: 'dry-run', mode: 'verify' });
    expect([steps, await backfills.ids()]).toEqual([['estimate'], []]);
    const ended = await backfills.run('v', request, nobody);
    expect(ended).toMatchObject({ end: 'succeeded', message: undefined, report: { added: 0, changed: 0, removed: 0, published: 0 } });
    expect(await backfills.ids()).toEqual(['v']);
    const { failure: _none, ...here } = await world.backfill('here', request);
    expect({ ...ended.report, id: 'here' }).toEqual(here);
    await expect(backfills.run('v', request, nobody)).rejects.toThrow(
      '--id: got "v"; allowed: an id that no backfill of the last 90 days had',
    );
    await expect(backfills.run('never', undefined, nobody)).rejects.toThrow('backfill: got "never"');
  });

  test('one that has to be approved waits, is approved once, and publishes', async () => {
    const { world, backfills } = await deployed();
    const rows = await world.rows(ROWS);
    expect(await backfills.run('c', CORRECT, nobody)).toMatchObject({ end: 'waiting', report: undefined });
    expect(await world.rows(ROWS)).toEqual(rows);
    await backfills.answer('c', said(true));
    await expect(backfills.answer('c', said(false))).rejects.toThrow(
      'backfill c: got "a second answer"; allowed: one: ann has approved it',
    );
    const done = await backfills.run('c', undefined, nobody);
    expect(done).toMatchObject({ end: 'succeeded', report: { published: expect.any(Number) } });
    expect(done.report?.published).toBeGreaterThan(0);
    expect(await world.rows(ROWS)).not.toEqual(rows);
    await expect(backfills.answer('c', said(true))).rejects.toThrow('an answer after its end (it succeeded)');
  });

  test('a refusal ends it by name, and nothing is published', async () => {
    const { world, backfills } = await deployed();
    const ended = await backfills.run('c', CORRECT, { answer: async () => said(false) });
    expect(ended).toMatchObject({
      end: 'failed',
      message: 'ann refused backfill c: nothing was published',
      report: { published: 0, failure: { Error: 'ApprovalRefused' } },
    });
    expect(await world.lake.list('minute/gen=')).toEqual([]);
  });

  test('an approval that comes when its time is up is refused by name', async () => {
    const text = localDefinition().replaceAll(/"TimeoutSeconds":604800/g, '"TimeoutSeconds":1');
    const { world, backfills, states } = await deployed(undefined, text);
    expect(await backfills.run('c', CORRECT, nobody)).toMatchObject({ end: 'waiting' });
    await expect.poll(() => states.executions.get('c')?.result?.status, { timeout: 10_000 }).toBe('failed');
    await expect(backfills.answer('c', said(true))).rejects.toThrow(
      /an answer after its end \(it failed with ApprovalExpired: Nobody approved/,
    );
    expect(await backfills.run('c', undefined, nobody)).toMatchObject({ end: 'failed', report: { failure: { Error: 'ApprovalExpired' } } });
    expect(await world.lake.list('minute/gen=')).toEqual([]);
  });

  test('an answer that was written down and not told is told by whoever comes next', async () => {
    const { world, backfills } = await deployed();
    await backfills.run('c', CORRECT, nobody);
    // The command that took the answer died here.
    await backfills.answer('c', said(true));
    expect(await backfills.run('c', undefined, nobody)).toMatchObject({ end: 'succeeded' });
    expect((await world.lake.list('minute/gen=')).length).toBeGreaterThan(0);
  });

  test('one that was stopped while it waited goes on: the answer it has is told to its new question', async () => {
    const { world, backfills, states, steps } = await deployed();
    await backfills.run('c', CORRECT, nobody);
    states.executions.get('c')?.stop.abort();
    await expect.poll(() => states.executions.get('c')?.result?.status).toBe('aborted');
    await backfills.answer('c', said(true));
    expect(await backfills.run('c', undefined, nobody)).toMatchObject({ end: 'succeeded' });
    expect(steps.filter((one) => one === 'ask')).toHaveLength(2);
    expect((await world.lake.list('minute/gen=')).length).toBeGreaterThan(0);
  });

  test('one that is given up while it publishes: its last calls are waited for, then all is taken back', async () => {
    let stop = (): void => {};
    const { world, backfills, states, lines } = await deployed(async ({ step }) => {
      if (step === 'publish') stop();
    });
    const rows = await world.rows(ROWS);
    stop = () => states.executions.get('c')?.stop.abort();
    const ended = await backfills.run('c', CORRECT, { answer: async () => said(true) });
    expect(ended).toMatchObject({ end: 'stopped' });
    stop = () => {};
    expect(await world.rows(ROWS)).not.toEqual(rows);
    await backfills.abandon('c', 'bob');
    expect(lines.join()).toMatch(/^Its last calls may run until /);
    expect(await world.rows(ROWS)).toEqual(rows);
    expect(await backfills.look('c')).toMatchObject({ report: { published: 0, failure: { Error: 'Abandoned', Cause: 'bob gave it up' } } });
    await expect(backfills.run('c', undefined, nobody)).rejects.toThrow('begin it again under another --id');
    expect(await backfills.run('again', CORRECT, { answer: async () => said(true) })).toMatchObject({ end: 'succeeded' });
  });

  test('an error of a step has its name and message, and the command that is stopped leaves it at work', async () => {
    const { backfills, world } = await deployed();
    const early = await backfills.run('early', { mode: 'verify', from: '2027-01-01', to: '2027-01-02' }, nobody);
    expect(early).toMatchObject({ end: 'failed', message: expect.stringMatching(/^NOTHING_FINAL: windows are final up to /) });
    const left = await backfills.run('l', { mode: 'verify', ...ALL }, { ...nobody, signal: AbortSignal.abort() });
    expect(left.end).toBe('left');
    expect(await backfills.run('l', undefined, nobody)).toMatchObject({ end: 'succeeded' });
    expect(await world.json('l/report.json')).toMatchObject({ published: 0 });
  });
});
