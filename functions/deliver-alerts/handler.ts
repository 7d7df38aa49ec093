import { dueOf, type Fate } from '../../core/alerts/case.ts';
import type { Alert, AlertSubscriber, Delivery } from '../../core/ports.ts';
import type { KinesisBatchResponse } from '../kinesis-event.ts';
import { type Arrival, arrivalOf, type RuleAlertOf } from './arrival.ts';
import type { BreakerPorts } from './breaker.ts';
import { CarryOut } from './carry-out.ts';
import { CaseDesk, type CasePorts } from './cases.ts';
import { type DeliveryReport, SubscriberDelivery } from './delivery.ts';
import { DueCases } from './due.ts';
import { alertOf, type TableStreamEvent, type TickEvent } from './event.ts';
import { recentlyWoken } from './woken.ts';

/** What the delivery of alerts needs from outside. */
export interface DeliverAlertsPorts extends CasePorts, BreakerPorts {
  readonly subscribers: readonly AlertSubscriber[];
  readonly ruleAlertOf: RuleAlertOf;
  /** Takes rows of the table of deliveries. */
  readonly delivery: Delivery;
  /** Hears what became of the alerts of a call, once for each subscriber. */
  readonly observe?: (report: DeliveryReport) => void;
  /** Hears how many alerts met which fate, once for each call that was carried out; repeats are not among them. */
  readonly onFates?: (fates: Readonly<Record<Fate, number>>) => void;
  /** Hears of an alert item that holds no alert row; `eventId` names the change. It stays in the table. */
  readonly onBroken?: (eventId: string) => void;
}

/** Handler of the mapping of the state table's stream, and of the ticks that hand over what waits. */
export type DeliverAlerts = (event: TableStreamEvent | TickEvent, deadlineMs: number) => Promise<KinesisBatchResponse>;

const DONE: KinesisBatchResponse = { batchItemFailures: [] };

/**
 * Makes the delivery of alerts. First it is decided what becomes of each alert; then each subscriber takes what is to be told at least once,
 * in its own time: one that is down has it parked and keeps nobody waiting. Only a store that fails makes a call fail, and all of it is
 * handed out again: decisions stand, repeats have the ids they had. Past `deadlineMs` (epoch ms) nothing more is sent, and what is left is
 * parked.
 */
export function createDeliverAlerts(ports: DeliverAlertsPorts): DeliverAlerts {
  const desk = new CaseDesk(ports);
  const due = new DueCases(ports.store, ports.clock);
  return async (event, deadlineMs) => {
    const deliveries = ports.subscribers.map((subscriber) => new SubscriberDelivery(ports, subscriber));
    try {
      const isTick = event.Records === undefined;
      if (isTick) await all(deliveries.map((one) => one.drain(deadlineMs)));
      const noted = isTick ? await due.list() : [];
      const also = isTick
        ? [...new Set([...noted.map(({ entity }) => entity), ...recentlyWoken(await ports.snoozes(), ports.clock())])]
        : [];
      const arrivals = isTick ? [] : await arrivalsOf(ports, event);
      const work = new CarryOut(ports, arrivals);
      const stored = await desk.decide(arrivals, also);
      await work.open(stored);
      const messages: Alert[] = work.messages();
      if (messages.length > 0) await all(deliveries.map((one) => one.take(messages, deadlineMs)));
      await work.close(desk);
      await due.forget(noted, new Map(stored.map(({ entity, state }) => [entity, dueOf(state)])));
      return DONE;
    } finally {
      for (const { report } of deliveries) ports.observe?.(report);
    }
  };
}

async function arrivalsOf(ports: DeliverAlertsPorts, { Records: records }: TableStreamEvent): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  for (const record of records) {
    const alert = alertOf(record);
    if (alert === 'broken') ports.onBroken?.(record.eventID);
    if (typeof alert !== 'string') arrivals.push(await arrivalOf(alert, ports.pipeline, ports.ruleAlertOf));
  }
  return arrivals;
}

/** Waits for all, and then throws what the first of those that failed threw. */
async function all(ends: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(ends)).find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
