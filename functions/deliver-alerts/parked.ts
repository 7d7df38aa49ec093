import type { Alert, Clock, ItemKey, StateStore } from '../../core/ports.ts';
import { alertKey, alertName, isSummaryName, KEPT_MS, minuteName, parkedMinutesPk, parkedPk, summaryKey } from './keys.ts';
import { alertRowOf } from './outbox.ts';

/** A parked alert: `alert` is undefined once its item has expired. */
export interface Parked {
  readonly minute: string;
  readonly name: string;
  readonly alert: Alert | undefined;
}

const MINUTE_MS = 60_000;
/** An empty minute is forgotten only when no call that began in it can still write: calls end after one minute. */
const MINUTE_OPEN_MS = 5 * MINUTE_MS;

/**
 * Alerts that wait for one subscriber: pointers to alert items, by the minute they were parked in. So the oldest are found without
 * reading all, and no partition takes more than one minute's writes (a partition takes 1,000 a second; past that, writes are throttled
 * and the batch is tried again).
 */
export class ParkedAlerts {
  private readonly store: StateStore;
  private readonly clock: Clock;
  private readonly subscriber: string;

  constructor(store: StateStore, clock: Clock, subscriber: string) {
    this.store = store;
    this.clock = clock;
    this.subscriber = subscriber;
  }

  /** Parks alerts; durable on return. An alert parked again by a repeat waits once for each minute it was parked in. */
  async park(alerts: readonly Alert[]): Promise<void> {
    if (alerts.length === 0) return;
    const nowMs = this.clock();
    const minute = minuteName(nowMs);
    const pointer = { expectedVersion: 0, body: 'null', expiresAtMs: nowMs + KEPT_MS };
    await this.store.put([
      { ...pointer, pk: parkedMinutesPk(this.subscriber), sk: minute },
      // What waits is what the pointers point at: alerts are items already, summaries are not.
      ...alerts.flatMap(({ id, row }) =>
        isSummaryName(id) ? [{ ...pointer, ...summaryKey(this.subscriber, id), body: JSON.stringify(row) }] : [],
      ),
      ...alerts.map(({ id }) => ({ ...pointer, pk: parkedPk(this.subscriber, minute), sk: alertName(id) })),
    ]);
  }

  private keyOf(name: string): ItemKey {
    return isSummaryName(name) ? summaryKey(this.subscriber, name) : alertKey(name);
  }

  /** Minutes that may hold parked alerts, the oldest first. */
  async minutes(): Promise<string[]> {
    return (await this.store.query(parkedMinutesPk(this.subscriber))).map(({ sk }) => sk);
  }

  /** Names of what was parked in a minute; a minute that is empty for good is forgotten. */
  async namesOf(minute: string): Promise<string[]> {
    const names = (await this.store.query(parkedPk(this.subscriber, minute))).map(({ sk }) => sk);
    const isOver = this.clock() - Number(minute) * MINUTE_MS > MINUTE_OPEN_MS;
    if (names.length === 0 && isOver) await this.store.remove([{ pk: parkedMinutesPk(this.subscriber), sk: minute }]);
    return names;
  }

  /** Loads the alerts behind pointers of one minute. */
  async load(minute: string, names: readonly string[]): Promise<Parked[]> {
    const items = await this.store.get(names.map((name) => this.keyOf(name)));
    return names.map((name, i) => {
      const row = alertRowOf(items[i]?.body ?? '');
      return { minute, name, alert: row === undefined ? undefined : { id: String(row['alert_id']), row } };
    });
  }

  /** Forgets what was delivered. */
  async release(parked: readonly Parked[]): Promise<void> {
    const summaries = parked.filter(({ name }) => isSummaryName(name)).map(({ name }) => this.keyOf(name));
    await this.store.remove([...parked.map(({ minute, name }) => ({ pk: parkedPk(this.subscriber, minute), sk: name })), ...summaries]);
  }
}
