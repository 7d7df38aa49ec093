import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CompactOutcome, createCompact } from '../../../functions/compact/handler.ts';
import { COMPACT_NOW } from '../../../lake/compaction/request.ts';
import { kindsRows } from '../../contract/kinds-table.ts';
import { HOUR_MS, KEPT_MS, LakeWorld } from '../../lake/compaction/world.ts';

const TICK = { source: 'aws.events', 'detail-type': 'Scheduled Event', time: '2026-11-24T10:15:00Z' };
const NIGHT_TICK = { ...TICK, time: '2026-11-24T03:00:00Z' };
const going = new AbortController().signal;
const landedEvent = (key: string): object => ({ 'detail-type': 'Object Created', detail: { object: { key: `lake/${key}` } } });

interface Deployed {
  readonly world: LakeWorld;
  call(event: object, signal?: AbortSignal): Promise<CompactOutcome>;
  /** Lets the landing files be so old. */
  age(ms: number): Promise<void>;
}

async function deployed(): Promise<Deployed> {
  const world = new LakeWorld();
  await world.land(kindsRows(0, 10));
  const compact = createCompact({ ...world.ports(), tables: [world.table], keptMs: KEPT_MS });
  return {
    world,
    call: (event, signal = going) => compact(event, signal),
    age: async (ms) => {
      const at = new Date(world.nowMs - ms);
      for (const { key } of await world.store.list('kinds/landing/')) utimesSync(join(world.lakeDir, key), at, at);
    },
  };
}

describe('on a tick', () => {
  test('hours that are over and quiet become generations; others wait, and their age is told', async () => {
    const { world, call, age } = await deployed();
    const early = await call(TICK);
    expect([early.compacted.length, early.waiting]).toEqual([0, 1]);
    await age(HOUR_MS / 6 + 1);
    const due = await call(TICK);
    expect(due).toMatchObject({ waiting: 0, oldestWaitingMs: 0, isComplete: true, failed: [] });
    expect(due.compacted.map(({ rows }) => rows)).toEqual([10]);
    expect((await world.catalogue.list('kinds', '0000-01-01', '9999-12-31')).map(({ folder }) => folder)).toEqual([
      'kinds/gen=1/dt=2026-03-01/hour=00/',
    ]);
  });

  test('a file that keeps being followed by others waits for an hour at most', async () => {
    const { world, call, age } = await deployed();
    await age(HOUR_MS);
    await world.land(kindsRows(10, 12));
    expect((await call(TICK)).compacted).toHaveLength(1);
  });

  test('nothing is begun when the time is up; the next tick goes on', async () => {
    const { call, age } = await deployed();
    await age(HOUR_MS);
    expect(await call(TICK, AbortSignal.abort())).toMatchObject({ compacted: [], isComplete: false });
    expect((await call(TICK)).compacted).toHaveLength(1);
  });

  test('once a night what nobody needs is removed', async () => {
    const { world, call } = await deployed();
    await call({ 'detail-type': COMPACT_NOW });
    world.nowMs += KEPT_MS + 2 * HOUR_MS;
    await call(TICK);
    expect(await world.keys('gen', 'manifest')).toHaveLength(1);
    await call(NIGHT_TICK);
    expect(await world.keys('gen', 'manifest')).toEqual([]);
  });
});

test('an operator has everything compacted at once', async () => {
  const { call } = await deployed();
  expect((await call({ 'detail-type': COMPACT_NOW })).compacted).toHaveLength(1);
  expect((await call({ 'detail-type': COMPACT_NOW })).compacted).toHaveLength(0);
});

test('an operator has an hour made anew whose published file is damaged between intact ends', async () => {
  const { world, call } = await deployed();
  await call({ 'detail-type': COMPACT_NOW });
  const path = join(world.lakeDir, 'kinds/gen=1/dt=2026-03-01/hour=00/part-00000.parquet');
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(7, bytes.length - 200, bytes.length - 8));
  expect((await call({ 'detail-type': COMPACT_NOW })).compacted).toMatchObject([{ generation: 2, rows: 10 }]);
  expect(await world.read()).toMatchObject({ warnings: [] });
});

describe('on a landing file', () => {
  const fileOf = async (world: LakeWorld): Promise<string> => (await world.keys('gen', 'manifest')).at(-1) ?? '';

  test('of an hour that is not published nothing is done: its tick will come', async () => {
    const { world, call } = await deployed();
    expect((await call(landedEvent(await fileOf(world)))).compacted).toEqual([]);
  });

  test('of a published hour that hour is compacted again, but not within five minutes', async () => {
    const { world, call } = await deployed();
    await call({ 'detail-type': COMPACT_NOW });
    await world.land(kindsRows(8, 14));
    expect((await call(landedEvent(await fileOf(world)))).compacted).toEqual([]);
    world.nowMs += 5 * 60_000;
    expect((await call(landedEvent(await fileOf(world)))).compacted).toMatchObject([{ generation: 2, rows: 14, repeatsDropped: 2 }]);
    expect((await world.read()).ids).toHaveLength(14);
  });

  test.each(['kinds/gen=1/dt=2026-03-01/hour=00/part-00000.parquet', 'other/landing/dt=2026-03-01/hour=00/x.parquet', ''])(
    'of no table nothing is done: %s',
    async (key) => {
      const { call } = await deployed();
      expect(await call(landedEvent(key))).toMatchObject({ compacted: [], failed: [] });
    },
  );

  test('an hour that fails is in the outcome', async () => {
    const { world, call } = await deployed();
    await call({ 'detail-type': COMPACT_NOW });
    world.nowMs += HOUR_MS;
    await world.store.put('kinds/landing/dt=2026-03-01/hour=00/torn.parquet', Buffer.from('PAR1'));
    const { failed } = await call(landedEvent('kinds/landing/dt=2026-03-01/hour=00/torn.parquet'));
    expect(failed.map(({ error }) => String(error))).toEqual([expect.stringContaining('FILE_UNREADABLE')]);
  });
});
