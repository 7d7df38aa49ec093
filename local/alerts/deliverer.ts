import { join } from 'node:path';
import type { AlertOutbox, Clock, Delivery, ObjectStore, Row, StateStore } from '../../core/ports.ts';
import { ruleAlerts } from '../../functions/deliver-alerts/arrival.ts';
import { createDeliverAlerts, type DeliverAlerts } from '../../functions/deliver-alerts/handler.ts';
import { alertKey, alertName, QUEUE_PK } from '../../functions/deliver-alerts/keys.ts';
import { StateOutbox } from '../../functions/deliver-alerts/outbox.ts';
import { cachedSnoozes } from '../../lake/snoozes.ts';
import type { LoadedPipeline } from '../pipeline.ts';
import { FileSubscriber } from './file-subscriber.ts';
import { insertRecord } from './table-stream.ts';

/** What the delivery of alerts of one machine works on. */
export interface DelivererOptions {
  readonly loaded: LoadedPipeline;
  readonly dataDir: string;
  readonly store: StateStore;
  readonly delivery: Delivery;
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly onFailure: (message: string) => void;
}

/** File of a data folder that alerts are told to. */
export const ALERTS_FILE = 'alerts.ndjson';

/** Alerts handed over in one call, as on AWS. */
const BATCH_MAX = 100;
/** Time for one call, ms, as on AWS. */
const CALL_MS = 60_000;

/**
 * Delivers alerts on one machine with the handler of the deployed function. The table of this machine has no stream: a queue beside the
 * alert items stands in for it, and is as durable as they are.
 */
export class AlertDeliverer implements AlertOutbox {
  private readonly options: DelivererOptions;
  private readonly outbox: StateOutbox;
  private readonly handle: DeliverAlerts;

  constructor(options: DelivererOptions) {
    const { loaded, dataDir, store, delivery, objects, clock, onFailure } = options;
    this.options = options;
    this.outbox = new StateOutbox(store, clock);
    const told = (error: unknown): void => onFailure(error instanceof Error ? error.message : String(error));
    this.handle = createDeliverAlerts({
      store,
      delivery,
      clock,
      pipeline: loaded.pipeline,
      ruleAlertOf: ruleAlerts(loaded.rules, objects),
      snoozes: cachedSnoozes(objects, clock, told),
      subscribers: [new FileSubscriber(join(dataDir, ALERTS_FILE))],
      random: Math.random,
      observe: ({ failure }) => (failure === undefined ? undefined : told(failure)),
    });
  }

  async put(alerts: readonly Row[]): Promise<void> {
    if (alerts.length === 0) return;
    await this.outbox.put(alerts);
    const names = alerts.map((row) => alertName(String(row['alert_id'])));
    await this.options.store.put(names.map((sk) => ({ pk: QUEUE_PK, sk, expectedVersion: 0, body: 'null' })));
  }

  /** Hands over what was put since the last time. */
  async pump(): Promise<void> {
    const { store, clock } = this.options;
    const queue = await store.query(QUEUE_PK);
    for (let at = 0; at < queue.length; at += BATCH_MAX) {
      const part = queue.slice(at, at + BATCH_MAX);
      const items = await store.get(part.map(({ sk }) => alertKey(sk)));
      const records = items.flatMap((item, i) => (item === undefined ? [] : [insertRecord(item, i)]));
      await this.handle({ Records: records }, clock() + CALL_MS);
      await store.remove(part.map(({ pk, sk }) => ({ pk, sk })));
    }
  }

  /** Looks at what waits and what is over; called each minute. */
  async tick(): Promise<void> {
    await this.handle({}, this.options.clock() + CALL_MS);
  }
}
