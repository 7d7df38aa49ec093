import { describe, expect, test } from 'vitest';
import type { Alert, AlertSubscriber } from '../../core/ports.ts';

/** A subscriber under test and a way to see what it was told; undefined where nobody can look. */
export interface SubscriberUnderTest {
  readonly subscriber: AlertSubscriber;
  /** Rows of the alerts it has taken, repeats included. */
  readonly arrived: (() => Promise<readonly Alert['row'][]>) | undefined;
}

/** An alert as the row builder makes it. */
export function alertNo(n: number, more: Alert['row'] = {}): Alert {
  const id = `busy-or-dear/kåre ${n}/e${n}`;
  const row = {
    alert_id: id,
    rule_id: 'busy-or-dear',
    rule_version: 1,
    event_id: `e${n}`,
    event_time: 1_765_000_000_000 + n,
    outcome: 'review',
  };
  return { id, row: { ...row, customer_id: `kåre ${n}`, reason: `"${n}" in an hour`, rule_values: '{"features.n":5}', ...more } };
}

/** What every subscriber must do; `open` gives one that was told of nothing. */
export function alertSubscriberContract(name: string, open: () => Promise<SubscriberUnderTest>): void {
  const idsOf = (rows: readonly Alert['row'][]): string[] => [...new Set(rows.map((row) => String(row['alert_id'])))].sort();

  describe(`alert subscriber: ${name}`, () => {
    test('every alert arrives with every value as it was', async () => {
      const { subscriber, arrived } = await open();
      const alerts = Array.from({ length: 25 }, (_, i) => alertNo(i));
      await subscriber.send(alerts.slice(0, 1));
      await subscriber.send(alerts.slice(1));
      if (arrived === undefined) return;
      const rows = await arrived();
      expect(idsOf(rows)).toEqual(idsOf(alerts.map(({ row }) => row)));
      expect(rows).toContainEqual(alertNo(7).row);
    });

    test('an alert may be handed over again', async () => {
      const { subscriber, arrived } = await open();
      for (let i = 0; i < 2; i += 1) await subscriber.send([alertNo(1)]);
      if (arrived !== undefined) expect(idsOf(await arrived())).toEqual([alertNo(1).id]);
    });

    test('a call without alerts is fine', async () => {
      const { subscriber, arrived } = await open();
      await subscriber.send([]);
      if (arrived !== undefined) expect(await arrived()).toEqual([]);
    });

    test('an alert too large for a message arrives with who, what and when', async () => {
      const { subscriber, arrived } = await open();
      await subscriber.send([alertNo(0), alertNo(1, { reason: 'é'.repeat(200_000) }), alertNo(2)]);
      if (arrived === undefined) return;
      const rows = await arrived();
      expect(idsOf(rows)).toEqual([0, 1, 2].map((n) => alertNo(n).id));
      expect(rows[1]).toMatchObject({ rule_id: 'busy-or-dear', event_id: 'e1', customer_id: 'kåre 1', event_time: 1_765_000_000_001 });
    });

    test('the name can be part of a state key', async () => {
      const { subscriber } = await open();
      expect(subscriber.name).toMatch(/^[a-z][a-z0-9-]*$/);
    });
  });
}
