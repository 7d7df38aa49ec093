import type { Alert, AlertSubscriber } from '../../core/ports.ts';
import { Breaker, type BreakerPorts } from './breaker.ts';
import { type Parked, ParkedAlerts } from './parked.ts';

/** What became of the alerts of one call, for one subscriber. */
export interface DeliveryReport {
  readonly subscriber: string;
  /** Alerts it took, those parked before among them. */
  delivered: number;
  /** Alerts parked by this call. */
  parked: number;
  /** Parked alerts that were looked at and still wait; younger ones may wait besides. */
  waiting: number;
  /** Parked alerts that were dropped, since their items had expired. */
  expired: number;
  /** Whether the circuit is open at the end. */
  isOpen: boolean;
  /** Why it did not take something. */
  failure: unknown;
}

/** Alerts handed over in one call: what both services take at once, and what a failure sends again. */
const PART_MAX = 10;
/** Parked alerts handed over in one tick at most: a minute's worth at the pace of one call after another. */
const DRAIN_MAX = 1_000;

/** Delivery to one subscriber during one call: each alert is taken or parked. */
export class SubscriberDelivery {
  readonly report: DeliveryReport;
  /** How many of the alerts given to `take` are taken or parked. */
  done = 0;
  private readonly ports: BreakerPorts;
  private readonly subscriber: AlertSubscriber;
  private readonly breaker: Breaker;
  private readonly parking: ParkedAlerts;
  private permit: 'all' | 'probe' | 'none' = 'none';

  constructor(ports: BreakerPorts, subscriber: AlertSubscriber) {
    const { name } = subscriber;
    this.ports = ports;
    this.subscriber = subscriber;
    this.breaker = new Breaker(ports, name);
    this.parking = new ParkedAlerts(ports.store, ports.clock, name);
    this.report = { subscriber: name, delivered: 0, parked: 0, waiting: 0, expired: 0, isOpen: false, failure: undefined };
  }

  /** Hands new alerts over, or parks them. Throws only when the store fails; `done` says how far it came. */
  async take(alerts: readonly Alert[], deadlineMs: number): Promise<void> {
    this.permit = await this.breaker.permit();
    while (this.done < alerts.length) {
      const rest = alerts.slice(this.done);
      const part = this.permit === 'none' ? rest : rest.slice(0, this.permit === 'probe' ? 1 : PART_MAX);
      // A slow subscriber is none to wait for: what it did not take in time waits for the next tick.
      const isTaken = this.ports.clock() <= deadlineMs && (await this.send(part));
      const left = isTaken ? [] : rest;
      await this.parking.park(left);
      this.report.parked += left.length;
      this.done += isTaken ? part.length : rest.length;
    }
    this.report.isOpen = await this.breaker.isOpen();
  }

  /** Hands over what was parked, the oldest first, until the deadline or a failure. */
  async drain(deadlineMs: number): Promise<void> {
    this.permit = await this.breaker.permit();
    const wasProbe = this.permit === 'probe';
    let looked = 0;
    for (const minute of await this.parking.minutes()) {
      const names = await this.parking.namesOf(minute);
      const done = await this.drainMinute(minute, names.slice(0, DRAIN_MAX - looked), deadlineMs);
      looked += names.length;
      this.report.waiting += names.length - done;
      if (done < names.length || looked >= DRAIN_MAX) break;
    }
    // Whatever opened the circuit was parked; if nothing is, others were quicker, and the next alert is the probe.
    if (wasProbe && looked === 0) await this.breaker.released();
    this.report.isOpen = await this.breaker.isOpen();
  }

  private async drainMinute(minute: string, names: readonly string[], deadlineMs: number): Promise<number> {
    let done = 0;
    while (done < names.length && this.permit !== 'none' && this.ports.clock() <= deadlineMs) {
      const size = this.permit === 'probe' ? 1 : PART_MAX;
      const parked = await this.parking.load(minute, names.slice(done, done + size));
      const alerts = parked.flatMap(({ alert }) => (alert === undefined ? [] : [alert]));
      if (alerts.length > 0 && !(await this.send(alerts))) break;
      await this.parking.release(parked);
      this.report.expired += countExpired(parked);
      done += parked.length;
    }
    return done;
  }

  /** Whether the subscriber took the alerts. */
  private async send(alerts: readonly Alert[]): Promise<boolean> {
    if (this.permit === 'none') return false;
    try {
      await this.subscriber.send(alerts);
    } catch (error) {
      this.report.failure = error;
      // The next call may try again; within this one, waiting for each part would eat up its time.
      this.permit = 'none';
      await this.breaker.failed();
      return false;
    }
    this.permit = 'all';
    this.report.delivered += alerts.length;
    await this.breaker.succeeded();
    return true;
  }
}

function countExpired(parked: readonly Parked[]): number {
  return parked.filter(({ alert }) => alert === undefined).length;
}
