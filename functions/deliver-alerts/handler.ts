import type { Alert, AlertSubscriber, Clock, StateStore } from '../../core/ports.ts';
import type { KinesisBatchResponse } from '../kinesis-event.ts';
import { type DeliveryReport, SubscriberDelivery } from './delivery.ts';
import { alertOf, type TableRecord, type TableStreamEvent, type TickEvent } from './event.ts';

/** What the delivery of alerts needs from outside. */
export interface DeliverAlertsPorts {
  readonly store: StateStore;
  readonly subscribers: readonly AlertSubscriber[];
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Hears what became of the alerts of a call, once for each subscriber. */
  readonly observe?: (report: DeliveryReport) => void;
  /** Hears of an alert item that holds no alert row; `eventId` names the change. It stays in the table. */
  readonly onBroken?: (eventId: string) => void;
  /** Hears of a store that failed when part of the batch was done; the rest is handed out again. */
  readonly onStoreError?: (error: unknown) => void;
}

/** Handler of the mapping of the state table's stream, and of the ticks that hand over what waits. */
export type DeliverAlerts = (event: TableStreamEvent | TickEvent, deadlineMs: number) => Promise<KinesisBatchResponse>;

const DONE: KinesisBatchResponse = { batchItemFailures: [] };

/**
 * Makes the delivery of alerts. Each subscriber takes an alert at least once, in its own time: one that is down has its alerts parked
 * and keeps nobody waiting. Only a store that fails makes a batch fail, from the first record that is not done; it throws if that is
 * the first of all. Past `deadlineMs` (epoch ms) nothing more is sent, and what is left is parked.
 */
export function createDeliverAlerts(ports: DeliverAlertsPorts): DeliverAlerts {
  return async (event, deadlineMs) => {
    const deliveries = ports.subscribers.map((subscriber) => new SubscriberDelivery(ports, subscriber));
    try {
      if (event.Records === undefined) return await tick(deliveries, deadlineMs);
      return await batch(ports, deliveries, event.Records, deadlineMs);
    } finally {
      for (const { report } of deliveries) ports.observe?.(report);
    }
  };
}

async function tick(deliveries: readonly SubscriberDelivery[], deadlineMs: number): Promise<KinesisBatchResponse> {
  const ends = await Promise.allSettled(deliveries.map((one) => one.drain(deadlineMs)));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return DONE;
}

async function batch(
  ports: DeliverAlertsPorts,
  deliveries: readonly SubscriberDelivery[],
  records: readonly TableRecord[],
  deadlineMs: number,
): Promise<KinesisBatchResponse> {
  const alerts: Alert[] = [];
  const sources: TableRecord[] = [];
  for (const record of records) {
    const alert = alertOf(record);
    if (alert === 'broken') ports.onBroken?.(record.eventID);
    if (typeof alert === 'string') continue;
    alerts.push(alert);
    sources.push(record);
  }
  if (alerts.length === 0) return DONE;
  const ends = await Promise.allSettled(deliveries.map((one) => one.take(alerts, deadlineMs)));
  const failed = ends.find((end) => end.status === 'rejected');
  const done = Math.min(alerts.length, ...deliveries.map((one) => one.done));
  const undone = sources[done];
  if (failed !== undefined && done === 0) throw failed.reason;
  if (failed !== undefined) ports.onStoreError?.(failed.reason);
  return undone === undefined ? DONE : { batchItemFailures: [{ itemIdentifier: undone.dynamodb.SequenceNumber }] };
}
