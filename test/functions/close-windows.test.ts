import { describe, expect, test } from 'vitest';
import { atMs, paymentsWorld, transaction } from './payments-world.ts';
import { recordOf, tablesOfLake, type World } from './world.ts';

const A = 'shardId-000000000000';
const B = 'shardId-000000000001';
const C = 'shardId-000000000002';
const LATENESS_S = 600;
const DISORDER_S = 60;
const IDLE_MS = 60_000;

let sequence = 0;

function nextSequence(): number {
  sequence += 1;
  return sequence;
}

async function put(world: World, shardId: string, id: string, seconds: number): Promise<void> {
  await world.process({ Records: [recordOf(shardId, nextSequence(), [transaction(id, seconds, { customer_id: `c-${shardId}-${id}` })])] });
}

const rowsOf = (world: World, table: string): string[] => tablesOfLake(world.lake.tables)[table] ?? [];

function twoShards(): World {
  const world = paymentsWorld();
  world.shards = [
    { shardId: A, parents: [], open: true },
    { shardId: B, parents: [], open: true },
  ];
  return world;
}

async function shardItem(world: World, shardId: string): Promise<{ floorMs: number | null } | undefined> {
  const item = (await world.store.query('shards#1')).find(({ sk }) => sk === shardId);
  return item === undefined ? undefined : (JSON.parse(item.body) as { floorMs: number | null });
}

describe('closing', () => {
  test('a window closes when the watermark is strictly past its end plus the lateness, not when it is there', async () => {
    const world = paymentsWorld();
    await put(world, A, 'a', 0);
    await put(world, A, 'b', 60 + LATENESS_S + DISORDER_S);
    await world.close({ kind: 'live' });
    expect(rowsOf(world, 'payments_1m')).toHaveLength(0);
    await put(world, A, 'c', 60 + LATENESS_S + DISORDER_S + 0.001);
    await world.close({ kind: 'live' });
    expect(rowsOf(world, 'payments_1m')).toHaveLength(1);
  });

  test('an event of an accepted shard never meets a closed window: the slowest shard holds the close', async () => {
    const world = twoShards();
    await put(world, A, 'a', 0);
    await put(world, B, 'b', 7_200);
    await world.close({ kind: 'live' });
    expect(rowsOf(world, 'payments_1m')).toHaveLength(0);
    await put(world, A, 'a2', 30);
    await put(world, A, 'a3', 7_200);
    await world.close({ kind: 'live' });
    expect(rowsOf(world, 'payments_1m').find((row) => row.includes(`"window_start":${atMs(0)}`))).toContain('"count":2');
  });

  test('a hopping window merges its slices once and each event is in size over advance windows', async () => {
    const world = paymentsWorld();
    await put(world, A, 'a', 0);
    await put(world, A, 'b', 1_800);
    await world.close({ kind: 'end' });
    const rows = rowsOf(world, 'payments_1h');
    expect(rows.filter((row) => row.includes('"count":2'))).toHaveLength(6);
    expect(rows.reduce((sum, row) => sum + Number(/"count":(\d+)/.exec(row)?.[1]), 0)).toBe(24);
  });

  test('the end of input closes every window just enough, and later events below that are late', async () => {
    const world = paymentsWorld();
    await put(world, A, 'a', 0);
    const { closedMs } = await world.close({ kind: 'end' });
    expect(closedMs).toBe(atMs(3_600 + LATENESS_S) + 1);
    for (const table of ['payments_1m', 'payments_1h', 'terminal_1h', 'customer_session'])
      expect(rowsOf(world, table).length).toBeGreaterThan(0);
    await put(world, A, 'later', 3_599);
    expect(rowsOf(world, 'late_events')).toHaveLength(1);
  });

  test('sessions within the gap are one row, beyond it two, and are emitted once', async () => {
    const world = paymentsWorld();
    const same = (id: string, seconds: number) => recordOf(A, nextSequence(), [transaction(id, seconds, { customer_id: 'c' })]);
    await world.process({ Records: [same('a', 0), same('b', 1_800), same('c', 3_601)] });
    await world.process({ Records: [same('d', 20_000)] });
    await world.close({ kind: 'live' });
    await world.close({ kind: 'end' });
    const rows = rowsOf(world, 'customer_session').map((row) =>
      [/"count":(\d+)/.exec(row)?.[1], /"duration_ms":(\d+)/.exec(row)?.[1]].join(' '),
    );
    expect(rows.sort()).toEqual(['1 0', '1 0', '2 1800000']);
    expect(world.lake.conflicts).toEqual([]);
  });
});

describe('idle shards', () => {
  test('a silent shard holds the watermark until the idle timeout, then its floor follows the others', async () => {
    const world = twoShards();
    await put(world, A, 'a', 0);
    await put(world, A, 'b', 7_200);
    await put(world, B, 'c', 0);
    await world.close({ kind: 'live' });
    world.nowMs += IDLE_MS - 1;
    await put(world, A, 'd', 7_201);
    await world.close({ kind: 'live' });
    expect(rowsOf(world, 'payments_1m')).toHaveLength(0);
    world.nowMs += 1;
    await put(world, A, 'e', 7_202);
    await world.close({ kind: 'live' });
    expect(rowsOf(world, 'payments_1m')).toHaveLength(1);
    expect((await shardItem(world, B))?.floorMs).toBe(atMs(7_202 - DISORDER_S));
  });

  test('a throttled consumer is not an idle producer: unread records keep the shard in the minimum', async () => {
    const world = twoShards();
    await put(world, A, 'a', 7_200);
    await put(world, B, 'c', 0);
    world.unread.add(B);
    await world.close({ kind: 'live' });
    world.nowMs += 10 * IDLE_MS;
    await put(world, A, 'b', 7_201);
    await world.close({ kind: 'live' });
    expect(rowsOf(world, 'payments_1m')).toHaveLength(0);
  });

  test('a record that returns to an idle shard below its floor is late, not lost', async () => {
    const world = twoShards();
    await put(world, A, 'a', 0);
    await put(world, B, 'c', 0);
    await world.close({ kind: 'live' });
    world.nowMs += IDLE_MS;
    await put(world, A, 'b', 7_200);
    await world.close({ kind: 'live' });
    await put(world, B, 'd', 100);
    expect(rowsOf(world, 'late_events')).toHaveLength(1);
    expect(rowsOf(world, 'archive').filter((row) => row.includes('"kind":"context"')).length).toBeGreaterThan(2);
  });

  test('when all shards are silent the watermark goes on at the pace of the clock', async () => {
    const world = paymentsWorld();
    await put(world, A, 'a', 0);
    await world.close({ kind: 'live' });
    world.nowMs += IDLE_MS;
    await world.close({ kind: 'live' });
    world.nowMs += 2 * 3_600_000;
    await world.close({ kind: 'live' });
    for (const table of ['payments_1m', 'payments_1h', 'terminal_1h', 'customer_session'])
      expect(rowsOf(world, table).length).toBeGreaterThan(0);
  });
});

describe('resharding', () => {
  test('after a split the parent holds the watermark until both children have their items', async () => {
    const world = paymentsWorld();
    await put(world, A, 'a', 0);
    world.shards = [
      { shardId: A, parents: [], open: false },
      { shardId: B, parents: [A], open: true },
      { shardId: C, parents: [A], open: true },
    ];
    world.unread.add(A);
    await put(world, B, 'b', 7_200);
    await world.close({ kind: 'live' });
    expect(await shardItem(world, C)).toBeUndefined();
    expect(rowsOf(world, 'payments_1m')).toHaveLength(0);
    world.unread.delete(A);
    await world.close({ kind: 'live' });
    expect((await shardItem(world, C))?.floorMs).toBe(atMs(-DISORDER_S));
  });

  test('a child starts at the watermark of its parent', async () => {
    const world = paymentsWorld();
    await put(world, A, 'a', 7_200);
    world.shards = [
      { shardId: A, parents: [], open: false },
      { shardId: B, parents: [A], open: true },
    ];
    await put(world, B, 'b', 7_200 - DISORDER_S - LATENESS_S - 1);
    expect(rowsOf(world, 'late_events')).toHaveLength(1);
  });

  test('after a merge the child starts at the least watermark of both parents', async () => {
    const world = twoShards();
    await put(world, A, 'a', 7_200);
    await put(world, B, 'b', 3_600);
    world.shards = [
      { shardId: A, parents: [], open: false },
      { shardId: B, parents: [], open: false },
      { shardId: C, parents: [A, B], open: true },
    ];
    await world.close({ kind: 'live' });
    expect((await shardItem(world, C))?.floorMs).toBe(atMs(3_600 - DISORDER_S));
  });

  test('a repeat that straddles a reshard is still a duplicate', async () => {
    const world = paymentsWorld();
    const record = (shardId: string) => recordOf(shardId, nextSequence(), [transaction('same', 0)]);
    await world.process({ Records: [record(A)] });
    world.shards = [
      { shardId: A, parents: [], open: false },
      { shardId: B, parents: [A], open: true },
    ];
    await world.process({ Records: [record(B)] });
    const archive = rowsOf(world, 'archive').filter((row) => row.includes('"kind":"record"'));
    expect(archive.filter((row) => row.includes('"lane":"duplicate"'))).toHaveLength(1);
  });
});
