import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KinesisRecord } from '../../functions/kinesis-event.ts';
import { busyStream, closeAll, countersOf, runAll, SHARD, truth } from './busy-stream.ts';
import { at, atMs, paymentsWorld, transaction } from './payments-world.ts';
import { recordOf, tablesOfLake, type World } from './world.ts';

describe('one shard', () => {
  test('an accepted transaction lands with its decision, alert and archive row', async () => {
    const world = paymentsWorld();
    await world.process({ Records: [recordOf(SHARD, 1, [transaction('a', 0, { amount: '99.00' })])] });
    const lake = tablesOfLake(world.lake.tables);
    expect(lake['transactions']).toHaveLength(1);
    expect(lake['decisions']?.[0]).toContain('"outcome":"review"');
    expect(lake['alerts']?.[0]).toContain('busy-or-dear/c1/a');
    expect(lake['archive']).toHaveLength(2);
    expect(lake['archive']?.join()).toContain('"kind":"context"');
  });

  test('a repeat of an event id is a duplicate and counts nowhere', async () => {
    const world = paymentsWorld();
    const events = [transaction('a', 0), transaction('a', 0), transaction('b', 1)];
    await world.process({ Records: events.map((event, n) => recordOf(SHARD, n + 1, [event])) });
    await world.close({ kind: 'end' });
    expect(await countersOf(world)).toMatchObject({ seen: 3, accepted: 2, duplicate: 1 });
    expect(tablesOfLake(world.lake.tables)['payments_1m']?.[0]).toContain('"count":2');
  });

  test('an event exactly at the lateness bound is accepted, one millisecond below is late', async () => {
    const world = paymentsWorld();
    const bound = 3600 - 60 - 600;
    const events = [
      transaction('a', 3600),
      transaction('on', bound),
      transaction('below', bound, { event_time: new Date(atMs(bound) - 1).toISOString() }),
    ];
    await world.process({ Records: events.map((event, n) => recordOf(SHARD, n + 1, [event])) });
    expect(await countersOf(world)).toMatchObject({ accepted: 2, late: 1 });
    const lake = tablesOfLake(world.lake.tables);
    expect(lake['late_events']?.[0]).toContain('below');
    expect(lake['decisions']?.find((row) => row.includes('below'))).toContain('"lane":"late"');
  });

  test('a duplicate is judged before late', async () => {
    const world = paymentsWorld();
    const events = [transaction('a', 2900), transaction('b', 3600 + 60), transaction('a', 2900)];
    await world.process({ Records: events.map((event, n) => recordOf(SHARD, n + 1, [event])) });
    expect(await countersOf(world)).toMatchObject({ accepted: 2, duplicate: 1, late: 0 });
  });

  test('bad data is quarantined and the rest goes on', async () => {
    const world = paymentsWorld();
    const records = [recordOf(SHARD, 1, ['not json']), recordOf(SHARD, 2, [transaction('a', 0)])];
    expect(await world.process({ Records: records })).toEqual({ batchItemFailures: [] });
    expect(await countersOf(world)).toMatchObject({ seen: 2, quarantined: 1, accepted: 1 });
  });

  test('the sums balance and equal the rows of each lane', async () => {
    const world = paymentsWorld();
    await runAll(world, busyStream(), [7]);
    const counters = await countersOf(world);
    expect(counters['seen']).toBe(
      (counters['accepted'] ?? 0) + (counters['late'] ?? 0) + (counters['duplicate'] ?? 0) + (counters['quarantined'] ?? 0),
    );
    const archive = tablesOfLake(world.lake.tables)['archive'] ?? [];
    for (const lane of ['accepted', 'late', 'duplicate', 'quarantined']) {
      expect(archive.filter((row) => row.includes(`"lane":"${lane}"`))).toHaveLength(counters[lane] ?? -1);
      expect(counters[lane]).toBeGreaterThan(0);
    }
  });
});

describe('redelivery', () => {
  test('any batch boundaries give the same rows, however often slices are merged, and leave no window state', async () => {
    const expected = await truth();
    const sizes = fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom(undefined, 0, 900), async (batchSizes, compactLength) => {
        const world = paymentsWorld(compactLength);
        await runAll(world, busyStream(), batchSizes);
        await closeAll(world);
        expect(tablesOfLake(world.lake.tables)).toEqual(expected.lake);
        expect(await countersOf(world)).toEqual(expected.counters);
        expect(await world.slicesLeft()).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  test('a finished batch that comes again changes nothing', async () => {
    const world = paymentsWorld();
    const records = busyStream();
    await runAll(world, records, [20]);
    const before = await countersOf(world);
    await runAll(world, records.slice(10, 50), [9]);
    expect(await countersOf(world)).toEqual(before);
    await closeAll(world);
    expect(tablesOfLake(world.lake.tables)).toEqual((await truth()).lake);
  });

  test.each([undefined, 0])(
    'an instance that wakes up at any I/O call, after others went on, changes nothing, merging slices past %s',
    async (compactLength) => {
      const expected = await truth();
      const records = busyStream();
      const batches = [records.slice(0, 15), records.slice(15, 40), records.slice(40)];
      const clean = paymentsWorld(compactLength);
      await clean.process({ Records: batches[0] ?? [] });
      const before = clean.faults.calls;
      await clean.process({ Records: batches[1] ?? [] });
      const calls = clean.faults.calls - before;
      for (let at = 1; at <= calls; at += 1) {
        for (const wakesAfter of [0, 1, 2]) {
          const world = paymentsWorld(compactLength);
          await world.process({ Records: batches[0] ?? [] });
          let wake = (): void => {};
          world.faults.wakeUp = new Promise((resolve) => {
            wake = resolve;
          });
          world.faults.failAt = world.faults.calls + at;
          const overdue = world.process({ Records: batches[1] ?? [] }).catch((error: unknown) => String(error));
          await new Promise((resolve) => setImmediate(resolve));
          world.restart();
          // Another cut than the overdue one has, before or after which that one wakes up.
          const rest = [records.slice(15, 28), records.slice(28, 40), ...batches.slice(2)];
          for (const [i, batch] of rest.entries()) {
            if (i === wakesAfter) {
              wake();
              await overdue;
            }
            await runAll(world, batch, [batch.length]);
          }
          await closeAll(world);
          expect(tablesOfLake(world.lake.tables), `asleep at ${at}`).toEqual(expected.lake);
          expect(await countersOf(world)).toEqual(expected.counters);
          expect(world.lake.conflicts).toEqual([]);
        }
      }
    },
    60_000,
  );

  test('a retry is judged by the context recorded before, even if the closer went on meanwhile', async () => {
    const fraud = {
      type: 'label',
      event_id: 'l1',
      event_time: at(0),
      transaction_id: 'x',
      transaction_time: at(-700_000),
      customer_id: 'c1',
      terminal_id: 't1',
      fraud: true,
    };
    const decisionOn = (world: World, id: string): string | undefined =>
      tablesOfLake(world.lake.tables)['decisions']?.find((row) => row.includes(`"event_id":"${id}"`));
    let retried = 0;
    for (let call = 1; call <= 12; call += 1) {
      const world = paymentsWorld();
      await world.process({ Records: [recordOf(SHARD, 1, [fraud]), recordOf(SHARD, 2, [transaction('w', 3 * 3600)])] });
      world.faults.failAt = world.faults.calls + call;
      const next = [recordOf(SHARD, 3, [transaction('a', 4 * 3600)])];
      const isCut = await world.process({ Records: next }).then(
        () => false,
        () => true,
      );
      world.faults.failAt = Number.POSITIVE_INFINITY;
      const decision = decisionOn(world, 'a');
      // The label's tile closes in between: a fresh context would now see the fraud.
      expect((await world.close({ kind: 'live' })).closedMs).toBe(atMs(isCut ? 3 * 3600 - 60 : 4 * 3600 - 60));
      world.restart();
      await world.process({ Records: next });
      await world.process({ Records: [recordOf(SHARD, 4, [transaction('b', 4 * 3600 + 1)])] });
      expect(world.lake.conflicts).toEqual([]);
      expect(decisionOn(world, 'b')).toContain('\\"terminal_frauds_28d\\":1');
      if (!isCut || decision === undefined) continue;
      retried += 1;
      expect(decision).toContain('\\"terminal_frauds_28d\\":0');
      expect(decisionOn(world, 'a')).toBe(decision);
    }
    expect(retried).toBeGreaterThan(0);
  });
});

describe('a busy key', () => {
  test('ids spill out of the profile and repeats of spilled ones are still duplicates, also for a new instance', async () => {
    const world = paymentsWorld();
    const records: KinesisRecord[] = [];
    for (let i = 0; i < 1_300; i += 1) records.push(recordOf(SHARD, i + 1, [transaction(`hot-${i}`, i)]));
    await runAll(world, records, [300]);
    const items = await world.store.query('profile#c1');
    expect(items.map(({ sk }) => sk.replace(/#.*/, ''))).toEqual(['ids', 'ids', 'profile']);
    expect(items.at(-1)?.body.length).toBeLessThan(64 * 1024);
    world.restart();
    const repeats = [0, 450, 900, 1_299].map((i, n) => recordOf(SHARD, 2_000 + n, [transaction(`hot-${i}`, i)]));
    await runAll(world, repeats, [2]);
    expect(await countersOf(world)).toMatchObject({ accepted: 1_300, duplicate: 4 });
  });

  test('ids are forgotten once they lie behind the duplicate memory of the whole pipeline, and the repeat is late then', async () => {
    const world = paymentsWorld();
    const memory = 3_600 + 60;
    const events = [transaction('a', 0), transaction('b', memory + 1), transaction('c', memory + 2), transaction('a', 0)];
    await runAll(
      world,
      events.map((event, n) => recordOf(SHARD, n + 1, [event])),
      [1],
    );
    expect(await countersOf(world)).toMatchObject({ accepted: 3, late: 1, duplicate: 0 });
    const remembered = async (): Promise<boolean> => (await world.store.query('profile#c1'))[0]?.body.includes('"a"') === true;
    // Another shard may be behind: only the closer knows that none is.
    expect(await remembered()).toBe(true);
    await world.close({ kind: 'barrier', floorMs: atMs(memory + 2) });
    await runAll(world, [recordOf(SHARD, 9, [transaction('d', memory + 3)])], [1]);
    expect(await remembered()).toBe(false);
  });
});
