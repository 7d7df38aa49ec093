import type { AlertOutbox, Clock, Row, StateStore } from '../../core/ports.ts';
import { alertKey, alertName, KEPT_MS } from './keys.ts';

/** Keeps alerts as items of the state table; the table's stream tells the delivery of new ones. An alert that is there stays as it is. */
export class StateOutbox implements AlertOutbox {
  private readonly store: StateStore;
  private readonly clock: Clock;

  constructor(store: StateStore, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  async put(alerts: readonly Row[]): Promise<void> {
    if (alerts.length === 0) return;
    const expiresAtMs = this.clock() + KEPT_MS;
    // A lost condition means that an earlier attempt put it: the row is the same.
    await this.store.put(
      alerts.map((row) => ({
        ...alertKey(alertName(String(row['alert_id']))),
        expectedVersion: 0,
        body: JSON.stringify(row),
        expiresAtMs,
      })),
    );
  }
}

/** The row in the body of an alert item; undefined if it is none. */
export function alertRowOf(body: string): Row | undefined {
  try {
    const row: unknown = JSON.parse(body);
    return typeof row === 'object' && row !== null && 'alert_id' in row ? (row as Row) : undefined;
  } catch {
    return undefined;
  }
}
