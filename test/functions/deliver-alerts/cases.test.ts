import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../../core/ports.ts';
import { dropAlerts, dropEntity } from '../../../functions/deliver-alerts/drop.ts';
import { caseKey } from '../../../functions/deliver-alerts/keys.ts';
import { alertOf, CaseWorld, HOUR_MS, MINUTE_MS, START_MS } from './desk.ts';

const idsOf = (alerts: readonly Alert[]): string[] => alerts.map(({ id }) => id);

describe('a case', () => {
  test('tells the first and what is worse, and lists the others when its cool-down ends', async () => {
    const world = new CaseWorld();
    await world.fire(alertOf('ada', 0));
    world.nowMs += MINUTE_MS;
    await world.fire(alertOf('ada', 1), alertOf('ada', 2, { outcome: 'decline', score: 12 }), alertOf('bob', 3));
    expect(world.told()).toEqual(['dear/ada/e0', 'dear/ada/e2', 'dear/bob/e3']);
    expect(world.bus.taken[1]?.row).toMatchObject({ follows: 'dear/ada/e0', entity: 'card=ada', delivery: 'told' });
    await world.tick(HOUR_MS - MINUTE_MS);
    expect(world.summaries()).toEqual([]);
    await world.tick();
    await world.tick();
    expect(world.summaries().map(({ row }) => row)).toMatchObject([
      {
        ...{ kind: 'summary', because: 'cool-down', entity: 'card=ada', count: 1, outcome: 'review', follows: 'dear/ada/e2' },
        reason: expect.stringContaining('1 of card=ada more, none worse than what was told') as string,
      },
    ]);
    expect(world.listed()).toEqual(['dear/ada/e1']);
    expect(world.bus.taken).toHaveLength(4);
    expect(world.fates).toEqual({ told: 3, folded: 1, snoozed: 0, over_budget: 0 });
  });

  test('of three rules on one event is told once', async () => {
    const world = new CaseWorld();
    await world.fire(...['a', 'b', 'c'].map((rule_id) => alertOf('ada', 0, { rule_id })));
    expect(world.told()).toHaveLength(1);
    expect(world.fates).toMatchObject({ told: 1, folded: 2 });
  });

  test('a repeat changes nothing, however late it comes', async () => {
    const world = new CaseWorld();
    const alerts = [0, 1, 2].map((n) => alertOf('ada', n));
    await world.fire(...alerts);
    await world.batch(alerts);
    for (let i = 0; i < 3; i += 1) await world.tick(HOUR_MS);
    const before = world.bus.taken.length;
    await world.batch(alerts);
    await world.tick(2 * HOUR_MS);
    expect(world.bus.taken).toHaveLength(before);
    expect(world.fates).toMatchObject({ told: 1, folded: 2 });
  });

  test('a summary comes whichever call of a tick takes into the next minute', async () => {
    let calls = 1;
    for (let n = 1; n <= calls; n += 1) {
      const world = new CaseWorld();
      world.nowMs += 10_000;
      await world.fire(alertOf('ada', 0), alertOf('ada', 1));
      world.faults.calls = 0;
      world.faults.failAt = n;
      world.faults.meanwhile = async () => {
        world.nowMs += 90_000;
      };
      // It is over within the minute in which the tick begins, and not yet.
      await world.tick(HOUR_MS - 5_000);
      calls = world.faults.calls;
      for (let i = 0; i < 10; i += 1) await world.tick();
      expect(world.listed(), `call ${n}`).toEqual(['dear/ada/e1']);
    }
    expect(calls).toBeGreaterThan(3);
  });

  test('a summary comes whichever call of a batch takes past the end of the case, and ticks pass meanwhile', async () => {
    let calls = 1;
    for (let n = 1; n <= calls; n += 1) {
      const world = new CaseWorld();
      const alerts = [alertOf('ada', 0), alertOf('ada', 1)];
      await world.put(alerts);
      world.faults.calls = 0;
      world.faults.failAt = n;
      world.faults.meanwhile = async () => {
        for (let i = 0; i < 70; i += 1) await world.tick();
      };
      await world.batch(alerts);
      calls = Math.max(calls, Math.min(n + 1, world.faults.calls));
      for (let i = 0; i < 70; i += 1) await world.tick();
      // Ticks take a call that long for dead, so the first may be told twice.
      expect(new Set([...world.told(), ...world.listed()]), `call ${n}`).toEqual(new Set(['dear/ada/e0', 'dear/ada/e1']));
    }
    expect(calls).toBeGreaterThan(3);
  });

  test('a summary waits for a subscriber that is down', async () => {
    const world = new CaseWorld();
    await world.fire(alertOf('ada', 0), alertOf('ada', 1));
    world.topic.isDown = true;
    await world.tick(HOUR_MS);
    world.topic.isDown = false;
    for (let i = 0; i < 3; i += 1) await world.tick();
    expect(world.summaries(world.topic)).toEqual(world.summaries(world.bus));
    expect(world.listed(world.topic)).toEqual(['dear/ada/e1']);
  });
});

describe('a snooze', () => {
  const snooze = { field: 'card', value: 'ada', fromMs: START_MS, untilMs: START_MS + 5 * HOUR_MS, by: 'eve', why: 'test card' };

  test('holds back what is not much worse, and ends with a list', async () => {
    const world = new CaseWorld();
    world.snoozes = [snooze];
    await world.fire(alertOf('ada', 0), alertOf('bob', 0));
    await world.fire(alertOf('ada', 1, { outcome: 'decline', score: 12 }));
    expect(world.told()).toEqual(['dear/bob/e0', 'dear/ada/e1']);
    expect(world.bus.taken[1]?.row).toMatchObject({ through_snooze: true });
    await world.tick(5 * HOUR_MS);
    expect(world.summaries().map(({ row }) => row)).toMatchObject([{ because: 'snooze', count: 1 }]);
    expect(world.listed()).toEqual(['dear/ada/e0']);
    expect(world.fates).toEqual({ told: 2, folded: 0, snoozed: 1, over_budget: 0 });
  });

  test('that somebody ends has its list told at the next tick', async () => {
    const world = new CaseWorld();
    world.snoozes = [snooze];
    await world.fire(alertOf('ada', 0));
    world.nowMs += HOUR_MS;
    world.snoozes = [{ ...snooze, untilMs: world.nowMs, wokenBy: 'bob' }];
    await world.tick();
    expect(world.listed()).toEqual(['dear/ada/e0']);
    await world.tick(5 * HOUR_MS);
    expect(world.summaries()).toHaveLength(1);
  });
});

test('a budget tells so many cases a day, an open case costs nothing, and what is over it is on record', async () => {
  const world = new CaseWorld(2);
  for (const [n, card] of ['a', 'b', 'c'].entries())
    await world.fire(alertOf(card, n, { outcome: 'decline', amount_minor: 10_000 * 2 ** n }));
  await world.fire(alertOf('a', 9, { outcome: 'decline', score: 30 }));
  const told = new Set(world.told().map((id) => id.split('/')[1]));
  expect(told.size).toBeLessThanOrEqual(2);
  expect(world.told()).toContain('dear/a/e9');
  expect(world.fates.over_budget).toBeGreaterThan(0);
  expect(world.fateOf('dear/c/e2')).toBe('over_budget');
  expect([...world.recorded().keys()]).toHaveLength(4);
});

test('what is erased is in no list, whoever it is told to', async () => {
  const world = new CaseWorld();
  // Alerts of two cards at one shop are one case.
  const shop = (card: string, n: number): Alert => alertOf(card, n, { alert_group: 'shop-1' });
  world.topic.isDown = true;
  await world.fire(shop('ada', 0), shop('bob', 1), shop('ada', 2));
  await dropAlerts(world.store, ['dear/ada/e0', 'dear/ada/e2']);
  await dropEntity(world.store, { field: 'card', value: 'ada', pseudonym: 'erased-x' });
  const [item] = await world.store.get([caseKey('card=shop-1')]);
  expect(item?.body).toContain('bob');
  expect(item?.body).not.toContain('/ada/');
  await world.batch([shop('ada', 2)]);
  await world.tick(HOUR_MS);
  expect(world.listed()).toEqual(['dear/bob/e1']);
  expect(world.told(world.topic)).toEqual([]);
});

const FIRINGS = fc.array(
  fc.record({
    card: fc.constantFrom('a', 'b', 'c', 'd'),
    rule_id: fc.constantFrom('dear', 'busy'),
    outcome: fc.constantFrom('approve', 'review', 'decline'),
    score: fc.nat(20),
    amount_minor: fc.nat(100_000),
  }),
  { minLength: 1, maxLength: 8 },
);
const STEP = fc.record({
  firings: FIRINGS,
  failAfter: fc.option(fc.nat(14)),
  isAfter: fc.boolean(),
  busDown: fc.boolean(),
  isRepeated: fc.boolean(),
  isConcurrent: fc.boolean(),
  restMs: fc.constantFrom(1_000, 10 * MINUTE_MS, 2 * HOUR_MS, 23 * HOUR_MS),
});

test.each([
  ['without a budget', undefined],
  ['with a budget of two a day', 2],
])('whatever crashes, repeats and overlaps, %s: each alert meets one fate, none is lost, and the counts balance', async (_, perDay) => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 1, maxLength: 8 }), async (steps) => {
      const world = new CaseWorld(perDay);
      const all: Alert[] = [];
      const openedOn = new Map<number, Set<string>>();
      for (const { firings, failAfter, isAfter, busDown, isRepeated, isConcurrent, restMs } of steps) {
        const alerts = firings.map(({ card, ...more }, i) => alertOf(card, all.length + i, more));
        all.push(...alerts);
        await world.put(alerts);
        world.bus.isDown = busDown;
        world.faults.isAfter = isAfter;
        world.faults.failAt = failAfter === null ? Number.POSITIVE_INFINITY : world.faults.calls + failAfter;
        const half = Math.ceil(alerts.length / 2);
        const parts = isConcurrent ? [alerts.slice(0, half), alerts.slice(half), alerts] : [alerts];
        await Promise.allSettled(parts.map((part) => world.batch(part)));
        for (let tries = 0; tries < 3; tries += 1) await world.batch(alerts).catch(() => undefined);
        if (isRepeated) await world.batch(all).catch(() => undefined);
        await world.tick(restMs).catch(() => undefined);
      }
      world.bus.isDown = false;
      world.faults.failAt = Number.POSITIVE_INFINITY;
      await world.batch(all);
      for (let ticks = 0; ticks < 40; ticks += 1) await world.tick(10 * MINUTE_MS);
      const ids = idsOf(all).sort();
      const recorded = world.recorded();
      expect([...recorded.keys()].sort()).toEqual(ids);
      for (const rows of recorded.values()) expect(rows.size).toBe(1);
      const fates = { told: 0, folded: 0, snoozed: 0, over_budget: 0 };
      for (const id of ids) fates[world.fateOf(id) as keyof typeof fates] += 1;
      // A call that dies after its last write has counted nothing.
      if (steps.every(({ failAfter }) => failAfter === null)) expect(world.fates).toEqual(fates);
      for (const [fate, count] of Object.entries(world.fates)) expect(count).toBeLessThanOrEqual(fates[fate as keyof typeof fates]);
      for (const subscriber of [world.bus, world.topic]) {
        expect([...new Set(world.told(subscriber))].sort()).toEqual(ids.filter((id) => world.fateOf(id) === 'told'));
        expect(world.listed(subscriber).sort()).toEqual(ids.filter((id) => world.fateOf(id) === 'folded'));
      }
      for (const { row } of world.topic.taken) {
        if (row['kind'] === 'summary' || (row['follows'] ?? null) !== null) continue;
        const day = Math.floor(Number(row['decided_at']) / (24 * HOUR_MS));
        openedOn.set(day, (openedOn.get(day) ?? new Set()).add(String(row['entity'])));
      }
      for (const opened of openedOn.values()) expect(opened.size).toBeLessThanOrEqual(perDay ?? 4);
    }),
    { numRuns: 60 },
  );
});
