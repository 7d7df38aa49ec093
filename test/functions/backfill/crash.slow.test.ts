import { cpSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCorrections } from '../../../functions/backfill/corrections.ts';
import type { BackfillEvent, ItemStep } from '../../../functions/backfill/events.ts';
import { createBackfill } from '../../../functions/backfill/handler.ts';
import type { BackfillPorts } from '../../../functions/backfill/ports.ts';
import type { BackfillReport } from '../../../functions/backfill/report.ts';
import { Crash, DoomedPorts } from '../../lake/compaction/world.ts';
import type { AtEnd } from '../../local/folder.ts';
import { tellStory } from './story.ts';
import { BackfillWorld } from './world.ts';

const REQUEST = { mode: 'correct', from: '2025-12-01', to: '2025-12-02', tables: ['minute', 'runs'] } as const;
const COMPUTING: readonly ItemStep[] = ['check', 'fold', 'merge', 'compare'];
const READ = 'SELECT * FROM minute ORDER BY ALL';

/** Steps of a process that may die: each is begun again by the next one, as the state machine begins what has failed. */
class Workflow {
  readonly one: BackfillWorld;

  constructor(one: BackfillWorld) {
    this.one = one;
  }

  async compute(ports: BackfillPorts): Promise<void> {
    const run = createBackfill(ports);
    await run({ step: 'plan', id: 'c', request: REQUEST });
    await run({ step: 'shuffle', id: 'c' });
    for (const step of COMPUTING) await this.items(run, step);
    await run({ step: 'summarise', id: 'c' });
  }

  async publish(ports: BackfillPorts): Promise<BackfillReport> {
    const run = createBackfill(ports);
    await this.items(run, 'publish');
    return this.report(ports);
  }

  async report(ports: BackfillPorts): Promise<BackfillReport> {
    return (await createBackfill(ports)({ step: 'report', id: 'c' })) as BackfillReport;
  }

  async takeBack(ports: BackfillPorts): Promise<void> {
    const run = createBackfill(ports);
    const failure = { Error: 'Crash', Cause: 'for a test' };
    await run({ step: 'compensate', id: 'c', failure });
    await run({ step: 'report', id: 'c', failure });
  }

  private async items(run: (event: BackfillEvent) => Promise<unknown>, step: ItemStep): Promise<void> {
    await run({ step, id: 'c', items: await this.one.json(`c/items/${step}.json`) });
  }
}

/** The same world over a copy of its folders. */
function copyOf(one: BackfillWorld, atEnd?: AtEnd): BackfillWorld {
  const copy = new BackfillWorld(one.world, atEnd);
  cpSync(one.root, copy.root, { recursive: true });
  return copy;
}

function doomed(
  at: number,
  death: 'before' | 'after',
): { readonly fate: DoomedPorts; readonly around: (ports: BackfillPorts) => BackfillPorts } {
  const fate = new DoomedPorts(at, death);
  const around = (ports: BackfillPorts): BackfillPorts => ({
    ...ports,
    lake: fate.around(ports.lake),
    work: { objects: fate.wrap(ports.work.objects), files: fileStore(fate, ports.work.files) },
  });
  return { fate, around };
}

function fileStore(fate: DoomedPorts, files: BackfillPorts['work']['files']): BackfillPorts['work']['files'] {
  const doomedFiles = fate.wrap(files);
  return {
    ...doomedFiles,
    open: doomedFiles.open,
    store: doomedFiles.store,
    part: files.part.bind(files),
    scratch: files.scratch.bind(files),
    release: files.release.bind(files),
  };
}

const cleanups: (() => void | Promise<void>)[] = [];
const atEnd: AtEnd = (clean) => void cleanups.push(clean);

afterAll(async () => {
  for (const clean of cleanups.toReversed()) await clean();
});

let told: BackfillWorld;
let computed: BackfillWorld;
let before: string[];
let corrected: string[];

beforeAll(async () => {
  told = new BackfillWorld(undefined, atEnd);
  await tellStory(told.world, { seed: 3, records: 110 });
  await told.land();
  before = await told.rows(READ);
  computed = copyOf(told, atEnd);
  await new Workflow(computed).compute(await computed.ports());
  const whole = copyOf(computed, atEnd);
  await new Workflow(whole).publish(await whole.ports());
  corrected = await whole.rows(READ);
  expect(corrected).not.toEqual(before);
}, 240_000);

/** Calls to die at: some of so many, other ones each day of the week. */
function someOf(count: number, wanted: number): number[] {
  const step = Math.max(1, Math.floor(count / wanted));
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => Math.min(count - 1, i * step + ((i * 7) % step)));
}

async function callsOf(one: BackfillWorld, work: (flow: Workflow, ports: BackfillPorts) => Promise<unknown>): Promise<number> {
  const { fate, around } = doomed(Number.POSITIVE_INFINITY, 'after');
  await work(new Workflow(one), await one.ports(around));
  return fate.calls;
}

/** What was taken back whole: a later verification finds every row as it must be. */
async function expectVerified(one: BackfillWorld): Promise<void> {
  expect(await one.backfill('v', { ...REQUEST, mode: 'verify' })).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0 });
}

/** Every row that a reader sees is as it was, or as it will be. */
async function expectNoMix(one: BackfillWorld): Promise<void> {
  const known = new Set([...before, ...corrected]);
  for (const row of await one.rows(READ)) expect(known).toContain(row);
}

describe('a backfill that dies at any of its calls', () => {
  test.each(['before', 'after'] as const)(
    'while it computes: nothing is published, and the next process goes on (%s)',
    { timeout: 120_000 },
    async (death) => {
      const calls = await callsOf(copyOf(told), (flow, ports) => flow.compute(ports));
      for (const at of someOf(calls, 5)) {
        const one = copyOf(told);
        const { fate, around } = doomed(at, death);
        await expect(new Workflow(one).compute(await one.ports(around))).rejects.toThrow(Crash);
        expect(fate.hasDied).toBe(true);
        expect(await one.rows(READ)).toEqual(before);
        await new Workflow(one).compute(await one.ports());
        await new Workflow(one).publish(await one.ports());
        expect(await one.rows(READ)).toEqual(corrected);
      }
    },
  );

  test.each(['before', 'after'] as const)(
    'while it publishes: each hour is the old or the new one, and the next process finishes (%s)',
    { timeout: 120_000 },
    async (death) => {
      const calls = await callsOf(copyOf(computed), (flow, ports) => flow.publish(ports));
      for (const at of someOf(calls, 12)) {
        const one = copyOf(computed);
        await expect(new Workflow(one).publish(await one.ports(doomed(at, death).around))).rejects.toThrow(Crash);
        await expectNoMix(one);
        const done = await new Workflow(one).publish(await one.ports());
        expect(await one.rows(READ)).toEqual(corrected);
        expect(done.published).toBeGreaterThan(0);
      }
    },
  );

  test.each(['before', 'after'] as const)(
    'while it takes back what it has published: again finishes that (%s)',
    { timeout: 120_000 },
    async (death) => {
      const published = copyOf(computed);
      const run = createBackfill(await published.ports());
      await run({ step: 'publish', id: 'c', items: await published.json('c/items/publish.json') });
      expect(await published.rows(READ)).toEqual(corrected);
      const calls = await callsOf(copyOf(published), (flow, ports) => flow.takeBack(ports));
      for (const at of someOf(calls, 10)) {
        const one = copyOf(published);
        await expect(new Workflow(one).takeBack(await one.ports(doomed(at, death).around))).rejects.toThrow(Crash);
        await expectNoMix(one);
        await new Workflow(one).takeBack(await one.ports());
        expect(await one.rows(READ)).toEqual(before);
        await expectVerified(one);
      }
    },
  );

  test.each(['before', 'after'] as const)(
    'at any call of its report: taken back, it leaves nothing that a later verification would go by (%s)',
    { timeout: 240_000 },
    async (death) => {
      const published = copyOf(computed);
      const run = createBackfill(await published.ports());
      await run({ step: 'publish', id: 'c', items: await published.json('c/items/publish.json') });
      const calls = await callsOf(copyOf(published), (flow, ports) => flow.report(ports));
      const verified = new Set(someOf(calls, 5));
      let listed = 0;
      for (let at = 0; at < calls; at += 1) {
        const one = copyOf(published);
        await expect(new Workflow(one).report(await one.ports(doomed(at, death).around))).rejects.toThrow(Crash);
        listed += (await readCorrections(one.lake)).length;
        await new Workflow(one).takeBack(await one.ports());
        expect(await readCorrections(one.lake)).toEqual([]);
        if (verified.has(at)) await expectVerified(one);
      }
      expect(listed).toBeGreaterThan(0);
    },
  );
});

test('one that ended well and is taken back leaves what a verification expects', async () => {
  const one = copyOf(computed);
  await new Workflow(one).publish(await one.ports());
  expect(await readCorrections(one.lake)).toHaveLength(1);
  await new Workflow(one).takeBack(await one.ports());
  expect(await one.rows(READ)).toEqual(before);
  await expectVerified(one);
});

test('work of a backfill that was given up can be begun again under another name', async () => {
  const one = copyOf(computed);
  await new Workflow(one).takeBack(await one.ports());
  const again = await one.backfill('d', REQUEST);
  expect(again.published).toBeGreaterThan(0);
  expect(await one.rows(READ)).toEqual(corrected);
});
