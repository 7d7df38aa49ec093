import type { Fate } from '../../../core/alerts/case.ts';
import type { Snooze } from '../../../core/alerts/snooze.ts';
import { currency, money, text } from '../../../core/definition/fields.ts';
import { definePipeline, type Pipeline } from '../../../core/definition/pipeline.ts';
import type { Alert, Row, StateStore } from '../../../core/ports.ts';
import { createDeliverAlerts, type DeliverAlerts } from '../../../functions/deliver-alerts/handler.ts';
import { listedIds } from '../../../functions/deliver-alerts/messages.ts';
import { StateOutbox } from '../../../functions/deliver-alerts/outbox.ts';
import { MemoryDelivery } from '../../../local/delivery/memory.ts';
import { MemoryStateStore } from '../../../local/state/memory.ts';
import { MemorySubscriber } from '../memory-subscriber.ts';
import { Faults } from '../world.ts';
import { eventOf } from './table-records.ts';

export const START_MS = Date.parse('2026-01-05T10:00:00Z');
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

/** Payments that are judged, with an amount on each alert, and perhaps a budget. */
export function pipelineWith(perDay: number | undefined): Pipeline {
  return definePipeline({
    name: 'cards',
    version: 1,
    eventTypes: {
      payment: {
        description: 'A payment.',
        table: 'payments',
        key: 'card',
        fields: { card: text(), shop: text({ optional: true }), amount: money({ currencyField: 'currency' }), currency: currency() },
      },
    },
    aggregates: {},
    decision: { over: 'payment', reviewPoints: 4, declinePoints: 10 },
    alerts: { amount: 'amount', ...(perDay === undefined ? {} : { budget: { perDay, currency: 'EUR' } }) },
  });
}

/** An alert of a card, as the row builder makes it. */
export function alertOf(card: string, n: number, more: Row = {}): Alert {
  const rule = String(more['rule_id'] ?? 'dear');
  const id = `${rule}/${card}/e${n}`;
  const row = {
    ...{ alert_id: id, rule_id: rule, rule_version: 1, event_id: `e${n}`, event_time: START_MS + n, outcome: 'review' },
    ...{ card, alert_group: card, points: 4, score: 4, amount_minor: 10_000, currency: 'EUR', reason: 'dear', rule_set_version: 'v1' },
  };
  return { id, row: { ...row, ...more } };
}

/** The real delivery of alerts over memory, as several instances would run it. */
export class CaseWorld {
  nowMs = START_MS;
  readonly bus = new MemorySubscriber('bus');
  readonly topic = new MemorySubscriber('topic');
  readonly faults = new Faults();
  readonly delivery = new MemoryDelivery();
  readonly fates: Record<Fate, number> = { told: 0, folded: 0, snoozed: 0, over_budget: 0 };
  readonly store: StateStore = new MemoryStateStore(() => this.nowMs);
  snoozes: Snooze[] = [];
  readonly pipeline: Pipeline;
  private readonly handle: DeliverAlerts;

  constructor(perDay?: number) {
    this.pipeline = pipelineWith(perDay);
    this.handle = createDeliverAlerts({
      store: this.faults.store(this.store),
      delivery: this.faults.delivery(this.delivery),
      subscribers: [this.bus, this.topic],
      clock: () => this.nowMs,
      random: () => 0.5,
      pipeline: this.pipeline,
      ruleAlertOf: async () => ({ groupBy: 'card', coolDownMs: HOUR_MS }),
      snoozes: async () => this.snoozes,
      onFates: (fates) => {
        for (const [fate, count] of Object.entries(fates)) this.fates[fate as Fate] += count;
      },
    });
  }

  /** Puts alerts as the stream processor does. */
  async put(alerts: readonly Alert[]): Promise<void> {
    await new StateOutbox(this.store, () => this.nowMs).put(alerts.map(({ row }) => row));
  }

  async batch(alerts: readonly Alert[]): Promise<void> {
    await this.handle(eventOf(alerts), this.nowMs + MINUTE_MS);
  }

  async fire(...alerts: readonly Alert[]): Promise<void> {
    await this.put(alerts);
    await this.batch(alerts);
  }

  async tick(afterMs = MINUTE_MS): Promise<void> {
    this.nowMs += afterMs;
    await this.handle({}, this.nowMs + MINUTE_MS);
  }

  /** Ids that a subscriber was told by themselves. */
  told({ taken }: MemorySubscriber = this.bus): string[] {
    return taken.filter(({ row }) => row['kind'] !== 'summary').map(({ id }) => id);
  }

  /** Summaries that a subscriber was told, repeats once. */
  summaries({ taken }: MemorySubscriber = this.bus): Alert[] {
    const byId = new Map(taken.filter(({ row }) => row['kind'] === 'summary').map((one) => [one.id, one]));
    return [...byId.values()];
  }

  listed(subscriber: MemorySubscriber = this.bus): string[] {
    return this.summaries(subscriber).flatMap(listedIds);
  }

  /** What the table of deliveries says of each alert; more than one fate only if repeats differ. */
  recorded(): Map<string, Set<string>> {
    const found = new Map<string, Set<string>>();
    for (const row of this.delivery.rows('alert_deliveries')) {
      const id = String(row['alert_id']);
      found.set(id, (found.get(id) ?? new Set()).add(JSON.stringify(row)));
    }
    return found;
  }

  fateOf(id: string): string {
    const [row] = this.recorded().get(id) ?? [];
    return String((JSON.parse(row ?? '{}') as Row)['delivery']);
  }
}
