import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert, StateStore } from '../../../core/ports.ts';
import type { DeliveryReport } from '../../../functions/deliver-alerts/delivery.ts';
import { createDeliverAlerts } from '../../../functions/deliver-alerts/handler.ts';
import { parkedMinutesPk } from '../../../functions/deliver-alerts/keys.ts';
import { StateOutbox } from '../../../functions/deliver-alerts/outbox.ts';
import { MemoryDelivery } from '../../../local/delivery/memory.ts';
import { MemoryStateStore } from '../../../local/state/memory.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { alertNo, alertSubscriberContract } from '../../contract/alert-subscriber.ts';
import { MemorySubscriber } from '../memory-subscriber.ts';
import { Faults } from '../world.ts';
import { eventOf, insertOf } from './table-records.ts';

const START_MS = Date.parse('2026-01-05T10:00:00Z');
const MINUTE_MS = 60_000;

alertSubscriberContract('memory', async () => {
  const subscriber = new MemorySubscriber('bus');
  return { subscriber, arrived: async () => subscriber.taken.map(({ row }) => row) };
});

/** Alerts, two subscribers and the real handler over memory. */
class Desk {
  readonly bus = new MemorySubscriber('bus');
  readonly topic = new MemorySubscriber('topic');
  readonly faults = new Faults();
  readonly reports: DeliveryReport[] = [];
  readonly broken: string[] = [];
  nowMs = START_MS;
  /** Late answers of subscribers move the clock by so much. */
  readonly store: StateStore = new MemoryStateStore(() => this.nowMs);
  readonly handle = createDeliverAlerts({
    store: this.faults.store(this.store),
    subscribers: [this.bus, this.topic],
    clock: () => this.nowMs,
    pipeline,
    // No rule is known: each alert is a case of its own key.
    ruleAlertOf: async () => undefined,
    snoozes: async () => [],
    delivery: new MemoryDelivery(),
    random: () => 0.5,
    observe: (report) => this.reports.push(report),
    onBroken: (eventId) => this.broken.push(eventId),
  });

  /** Puts alerts as the stream processor does, without telling the handler. */
  async fire(from: number, to: number): Promise<Alert[]> {
    const alerts = Array.from({ length: to - from }, (_, i) => alertNo(from + i));
    await new StateOutbox(this.store, () => this.nowMs).put(alerts.map(({ row }) => row));
    return alerts;
  }

  batch(alerts: readonly Alert[]) {
    return this.handle(eventOf(alerts), this.nowMs + MINUTE_MS);
  }

  async tick(): Promise<void> {
    this.nowMs += MINUTE_MS;
    await this.handle({ 'detail-type': 'Scheduled Event' }, this.nowMs + MINUTE_MS);
  }

  async waiting(subscriber: string): Promise<number> {
    const minutes = await this.store.query(parkedMinutesPk(subscriber));
    const counts = await Promise.all(
      minutes.map(async ({ sk }) => (await this.store.query(`${parkedMinutesPk(subscriber)}#${sk}`)).length),
    );
    return counts.reduce((sum, one) => sum + one, 0);
  }
}

const idsOf = (alerts: readonly Alert[]): string[] => alerts.map(({ id }) => id);

describe('subscribers that are well', () => {
  test('each takes every alert once, in order, and nothing waits', async () => {
    const desk = new Desk();
    const alerts = await desk.fire(0, 25);
    expect(await desk.batch(alerts)).toEqual({ batchItemFailures: [] });
    expect(desk.bus.ids).toEqual(idsOf(alerts));
    expect(desk.topic.ids).toEqual(idsOf(alerts));
    expect(await desk.waiting('bus')).toBe(0);
    expect(desk.bus.taken[3]).toMatchObject(alertNo(3));
  });

  test('a body that is stored compressed arrives as it was', async () => {
    const desk = new Desk();
    const long = alertNo(1, { reason: 'over the limit, '.repeat(200) });
    await new StateOutbox(desk.store, () => desk.nowMs).put([long.row]);
    await desk.batch([long]);
    expect(desk.bus.taken).toMatchObject([long]);
  });

  test('changes that are no new alerts are passed over, and an item that is no alert is told of', async () => {
    const desk = new Desk();
    const other = insertOf('profile#ada', 'profile', '{"alert_id":"x"}', 0);
    const changed = { ...insertOf('alert#x', 'alert', '{"alert_id":"x"}', 1), eventName: 'MODIFY' as const };
    const bad = ['{', '[]', '7', '{}'].map((body, i) => insertOf('alert#x', 'alert', body, 2 + i));
    expect(await desk.handle({ Records: [other, changed, ...bad] }, START_MS)).toEqual({ batchItemFailures: [] });
    expect(desk.bus.calls).toEqual([]);
    expect(desk.broken).toEqual(['change-2', 'change-3', 'change-4', 'change-5']);
  });
});

describe('a subscriber that is down', () => {
  test('keeps neither the batch nor the other one waiting, and has its alerts parked', async () => {
    const desk = new Desk();
    desk.topic.isDown = true;
    const alerts = await desk.fire(0, 30);
    expect(await desk.batch(alerts)).toEqual({ batchItemFailures: [] });
    expect(desk.bus.ids).toEqual(idsOf(alerts));
    expect(desk.topic.calls).toEqual([10]);
    expect(await desk.waiting('topic')).toBe(30);
    expect(await desk.waiting('bus')).toBe(0);
  });

  test('is left alone after five failures until its rest is over, then gets one alert to try', async () => {
    const desk = new Desk();
    desk.bus.isDown = true;
    for (let i = 0; i < 8; i += 1) await desk.batch(await desk.fire(i * 3, i * 3 + 3));
    expect(desk.bus.calls).toEqual([3, 3, 3, 3, 3]);
    expect(desk.reports.filter(({ subscriber }) => subscriber === 'bus').map(({ isOpen }) => isOpen)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
    desk.nowMs += 10_000;
    await desk.batch(await desk.fire(30, 33));
    expect(desk.bus.calls).toHaveLength(5);
    desk.nowMs += 2_000;
    await desk.batch(await desk.fire(33, 36));
    expect(desk.bus.calls.slice(5)).toEqual([1]);
    await desk.batch(await desk.fire(36, 39));
    expect(desk.bus.calls).toHaveLength(6);
  });

  test('that comes back gets what waited, the oldest minute first, and then nothing waits', async () => {
    const desk = new Desk();
    desk.bus.isDown = true;
    const all: Alert[] = [];
    for (let i = 0; i < 7; i += 1) {
      const alerts = await desk.fire(i * 5, i * 5 + 5);
      all.push(...alerts);
      await desk.batch(alerts);
      desk.nowMs += MINUTE_MS;
    }
    expect(desk.bus.taken).toEqual([]);
    desk.bus.isDown = false;
    for (let i = 0; i < 10; i += 1) await desk.tick();
    const minuteOf = (id: string): number => Math.floor(idsOf(all).indexOf(id) / 5);
    expect([...desk.bus.ids].sort()).toEqual(idsOf(all).sort());
    expect(desk.bus.ids.map(minuteOf)).toEqual([...desk.bus.ids.map(minuteOf)].sort());
    expect(await desk.waiting('bus')).toBe(0);
    expect(await desk.store.query(parkedMinutesPk('bus'))).toEqual([]);
    expect(desk.reports.at(-2)).toMatchObject({ subscriber: 'bus', waiting: 0, isOpen: false });
  });

  test('is drained in bounded steps', async () => {
    const desk = new Desk();
    desk.bus.isDown = true;
    await desk.batch(await desk.fire(0, 1_500));
    desk.bus.isDown = false;
    await desk.tick();
    expect(desk.bus.taken).toHaveLength(1_000);
    expect(await desk.waiting('bus')).toBe(500);
    await desk.tick();
    expect(new Set(desk.bus.ids).size).toBe(1_500);
  });

  test('whose circuit is open with nothing left to try is trusted again, once', async () => {
    const desk = new Desk();
    desk.bus.isDown = true;
    for (let i = 0; i < 5; i += 1) await desk.batch(await desk.fire(i, i + 1));
    for (const { sk } of await desk.store.query(parkedMinutesPk('bus'))) {
      const pk = `${parkedMinutesPk('bus')}#${sk}`;
      await desk.store.remove((await desk.store.query(pk)).map((item) => ({ pk, sk: item.sk })));
    }
    await desk.tick();
    expect(desk.reports.at(-2)?.isOpen).toBe(false);
    await desk.batch(await desk.fire(10, 11));
    expect(desk.reports.at(-2)?.isOpen).toBe(true);
  });

  test('for more than a month loses only what the lake has', async () => {
    const desk = new Desk();
    desk.bus.isDown = true;
    await desk.batch(await desk.fire(0, 3));
    desk.nowMs += 31 * 24 * 60 * MINUTE_MS;
    desk.bus.isDown = false;
    await desk.tick();
    expect(desk.bus.taken).toEqual([]);
    expect(await desk.waiting('bus')).toBe(0);
  });
});

describe('time', () => {
  test('that runs out has the rest parked, and the circuit stays closed', async () => {
    const desk = new Desk();
    const alerts = await desk.fire(0, 25);
    expect(await desk.handle(eventOf(alerts), START_MS - 1)).toEqual({ batchItemFailures: [] });
    expect(desk.bus.calls).toEqual([]);
    await desk.tick();
    expect([...desk.bus.ids].sort()).toEqual(idsOf(alerts).sort());
  });
});

describe('a store that fails', () => {
  test('before anything was done fails the call', async () => {
    const desk = new Desk();
    desk.faults.failAt = 1;
    await expect(desk.batch(await desk.fire(0, 3))).rejects.toThrow('planned fault');
  });

  test('after a part was taken has all of it handed out again, under the same ids', async () => {
    const desk = new Desk();
    const alerts = await desk.fire(0, 25);
    let calls = 0;
    const { bus } = desk;
    const send = bus.send.bind(bus);
    bus.send = async (some) => {
      calls += 1;
      bus.isDown = calls === 2;
      desk.faults.failAt = calls === 2 ? desk.faults.calls + 1 : Number.POSITIVE_INFINITY;
      await send(some);
    };
    await expect(desk.batch(alerts)).rejects.toThrow('planned fault');
    expect(await desk.batch(alerts)).toEqual({ batchItemFailures: [] });
    await desk.tick();
    expect(new Set(bus.ids)).toEqual(new Set(idsOf(alerts)));
    const before = bus.taken.length;
    await desk.batch(alerts);
    expect(bus.taken).toHaveLength(before);
  });

  test('at any one call, before or after it took effect, loses no alert', async () => {
    for (const isAfter of [false, true]) {
      for (let failAt = 1; ; failAt += 1) {
        const desk = new Desk();
        const alerts = await desk.fire(0, 12);
        desk.topic.isDown = true;
        desk.faults.isAfter = isAfter;
        desk.faults.failAt = failAt;
        let left: readonly Alert[] = alerts;
        for (let tries = 0; left.length > 0 && tries < 4; tries += 1) left = await retried(desk, left);
        desk.topic.isDown = false;
        for (let ticks = 0; ticks < 10; ticks += 1) await desk.tick().catch(() => undefined);
        expect(new Set(desk.bus.ids)).toEqual(new Set(idsOf(alerts)));
        expect(new Set(desk.topic.ids)).toEqual(new Set(idsOf(alerts)));
        if (desk.faults.calls < failAt) break;
      }
    }
  });
});

/** One call of the mapping; what it must hand out again. */
async function retried(desk: Desk, alerts: readonly Alert[]): Promise<readonly Alert[]> {
  return desk.batch(alerts).then(
    () => [],
    () => alerts,
  );
}

test('whatever flaps, repeats and crashes: every subscriber has every alert in the end', async () => {
  const step = fc.record({
    busDown: fc.boolean(),
    topicDown: fc.boolean(),
    count: fc.integer({ min: 0, max: 24 }),
    failAfter: fc.option(fc.integer({ min: 1, max: 12 })),
    isAfter: fc.boolean(),
    isRepeated: fc.boolean(),
    restMs: fc.integer({ min: 0, max: 4 * MINUTE_MS }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
      const desk = new Desk();
      const all: Alert[] = [];
      for (const { busDown, topicDown, count, failAfter, isAfter, isRepeated, restMs } of steps) {
        desk.bus.isDown = busDown;
        desk.topic.isDown = topicDown;
        const alerts = await desk.fire(all.length, all.length + count);
        all.push(...alerts);
        desk.faults.isAfter = isAfter;
        desk.faults.failAt = failAfter === null ? Number.POSITIVE_INFINITY : desk.faults.calls + failAfter;
        let left: readonly Alert[] = alerts;
        while (left.length > 0) left = await retried(desk, left);
        if (isRepeated && count > 0) await retried(desk, alerts);
        desk.nowMs += restMs;
        await desk.tick().catch(() => undefined);
      }
      desk.bus.isDown = false;
      desk.topic.isDown = false;
      desk.faults.failAt = Number.POSITIVE_INFINITY;
      for (let ticks = 0; ticks < 30; ticks += 1) await desk.tick();
      for (const subscriber of [desk.bus, desk.topic]) {
        expect(new Set(subscriber.ids)).toEqual(new Set(idsOf(all)));
        expect(await desk.waiting(subscriber.name)).toBe(0);
      }
    }),
    { numRuns: 150 },
  );
});
