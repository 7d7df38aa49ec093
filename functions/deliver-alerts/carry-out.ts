import type { Decided, Fate } from '../../core/alerts/case.ts';
import type { Pipeline } from '../../core/definition/pipeline.ts';
import type { Alert, Clock, Delivery, Row, StateItem, StateStore } from '../../core/ports.ts';
import { ALERT_DELIVERY_TABLE } from '../../lake/tables.ts';
import type { Arrival } from './arrival.ts';
import type { CaseDesk, StoredCase } from './cases.ts';
import { alertKey, alertName, KEPT_MS } from './keys.ts';
import { decidedRow, deliveryRow, isDecided, summaryAlert } from './messages.ts';
import { alertRowOf } from './outbox.ts';

/** What carrying decisions out needs from outside. */
export interface CarryOutPorts {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly pipeline: Pipeline;
  readonly delivery: Delivery;
  readonly onFates?: (fates: Readonly<Record<Fate, number>>) => void;
}

interface Task {
  readonly decided: Decided;
  readonly item: StateItem;
  /** The alert's row before it was marked. */
  readonly row: Row;
  /** The row with what became of it. */
  readonly marked: Row;
  /** Place among what came. */
  readonly order: number;
}

/**
 * Carries out what was decided in one call: gives the messages, and once they are taken or parked, records the fates and marks the alerts.
 * The mark on an alert's item is what makes a repeat of it change nothing; until it is there, the case remembers the decision.
 */
export class CarryOut {
  private readonly ports: CarryOutPorts;
  private readonly arrivals: readonly Arrival[];
  private cases: readonly StoredCase[] = [];
  private tasks: Task[] = [];

  constructor(ports: CarryOutPorts, arrivals: readonly Arrival[]) {
    this.ports = ports;
    this.arrivals = arrivals;
  }

  /** Takes what was decided. */
  async open(cases: readonly StoredCase[]): Promise<void> {
    this.cases = cases;
    const all = cases.flatMap(({ entity, open }) => open.map((decided) => ({ entity, decided })));
    const items = await this.itemsOf(all.map(({ decided }) => decided.id));
    const places = new Map(this.arrivals.map(({ alert }, i) => [alert.id, i]));
    const tasks = all.flatMap(({ entity, decided }): Task[] => {
      const item = items.get(decided.id);
      const row = alertRowOf(item?.body ?? '');
      if (item === undefined || row === undefined || isDecided(row)) return [];
      return [{ decided, item, row, marked: decidedRow(row, decided, entity), order: places.get(decided.id) ?? -1 }];
    });
    this.tasks = tasks.sort((a, b) => a.order - b.order);
  }

  /** What subscribers are to be told: alerts in the order they came in, then summaries. */
  messages(): Alert[] {
    const told = this.tasks
      .filter(({ decided }) => decided.fate === 'told')
      .map(({ decided: { id, follows }, marked }) => ({ id, row: { ...marked, follows } }));
    return [...told, ...this.cases.flatMap(({ entity, state }) => state.summaries.map((one) => summaryAlert(one, entity)))];
  }

  /** Records and marks what was done; summaries that were handed over leave their cases. */
  async close(desk: CaseDesk): Promise<void> {
    await this.record();
    await this.mark();
    for (const { entity, state } of this.cases)
      if (state.summaries.length > 0) await desk.told(entity, new Set(state.summaries.map(({ id }) => id)));
    this.count();
  }

  private async record(): Promise<void> {
    const { pipeline, delivery } = this.ports;
    const key = pipeline.eventTypes[pipeline.decision?.over ?? '']?.key ?? 'key';
    const rows = this.tasks.map(({ row, decided }) => deliveryRow(row, decided, key));
    if (rows.length > 0) await delivery.deliver([{ table: ALERT_DELIVERY_TABLE, rows }]);
  }

  private async mark(): Promise<void> {
    if (this.tasks.length === 0) return;
    const expiresAtMs = this.ports.clock() + KEPT_MS;
    const written = await this.ports.store.put(
      this.tasks.map(({ item: { pk, sk, version }, marked }) => ({
        ...{ pk, sk, expectedVersion: version, body: JSON.stringify(marked), expiresAtMs },
      })),
    );
    // Marked meanwhile by another call, which has counted it.
    this.tasks = this.tasks.filter((_, i) => written[i] === true);
  }

  private count(): void {
    const fates: Record<Fate, number> = { told: 0, folded: 0, snoozed: 0, over_budget: 0 };
    for (const { decided } of this.tasks) fates[decided.fate] += 1;
    if (this.tasks.length > 0) this.ports.onFates?.(fates);
  }

  private async itemsOf(ids: readonly string[]): Promise<Map<string, StateItem>> {
    const items = ids.length === 0 ? [] : await this.ports.store.get(ids.map((id) => alertKey(alertName(id))));
    return new Map(ids.flatMap((id, i) => (items[i] === undefined ? [] : [[id, items[i]] as const])));
  }
}
