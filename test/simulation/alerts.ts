import type { Alert, AlertSubscriber, StateWrite } from '../../core/ports.ts';
import type { Random } from '../../core/random.ts';
import type { TableStreamEvent } from '../../functions/deliver-alerts/event.ts';
import { ALERT_PK_PREFIX } from '../../functions/deliver-alerts/keys.ts';
import { listedIds } from '../../functions/deliver-alerts/messages.ts';
import type { KinesisBatchResponse } from '../../functions/kinesis-event.ts';
import { insertOf } from '../functions/deliver-alerts/table-records.ts';
import type { Actor } from './actor.ts';
import type { VirtualTime } from './clock.ts';
import type { FaultPlan } from './faults.ts';

/** A subscriber of alerts that is down at times. */
export class SimSubscriber {
  readonly name: string;
  /** Alerts that it was told, by themselves or in a list, and what told it first: an alert's own id, or that of a summary. */
  readonly taken = new Map<string, string>();
  /** Alerts that two different messages told. */
  readonly twice = new Set<string>();
  private downUntilMs = 0;
  private readonly world: { readonly time: VirtualTime; readonly random: Random; readonly faults: FaultPlan };

  constructor(name: string, world: { readonly time: VirtualTime; readonly random: Random; readonly faults: FaultPlan }) {
    this.name = name;
    this.world = world;
  }

  seenBy(actor: Actor): AlertSubscriber {
    const take = (alerts: readonly Alert[]): void => {
      for (const alert of alerts) {
        for (const id of alert.row['kind'] === 'summary' ? listedIds(alert) : [alert.id]) {
          if ((this.taken.get(id) ?? alert.id) !== alert.id) this.twice.add(id);
          this.taken.set(id, alert.id);
        }
      }
    };
    return {
      name: this.name,
      send: async (alerts) => {
        const { time, random, faults } = this.world;
        if (faults.happens('subscriber')) this.downUntilMs = time.nowMs + random.below(DOWN_MS_MAX);
        if (time.nowMs < this.downUntilMs) throw new Error(`${this.name} is down`);
        await actor.call('send', { whole: () => take(alerts), part: () => take(alerts.slice(0, 1)) });
      },
    };
  }

  recover(): void {
    this.downUntilMs = 0;
  }
}

const DOWN_MS_MAX = 600_000;
const BATCH_MAX = 10;
const POLL_MS = 1_000;
const TIMEOUT_MS = 60_000;
/** The function leaves itself that much to finish, ms. */
const DEADLINE_MS = 40_000;

/** What the delivery of alerts runs on. */
export interface AlertWorld {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly faults: FaultPlan;
  /** Time between two looks at what waits, ms. */
  readonly tickMs: () => number;
  /** A handler in a new instance. */
  readonly open: () => {
    readonly actor: Actor;
    readonly handle: (event: TableStreamEvent | { readonly Records?: undefined }, deadlineMs: number) => Promise<KinesisBatchResponse>;
  };
}

/** The mapping of the state table's stream to the delivery of alerts, and the schedule that makes it look at what waits. */
export class SimAlerts {
  private readonly changes: StateWrite[] = [];
  private done = 0;
  private isIdle = true;
  private readonly world: AlertWorld;

  constructor(world: AlertWorld) {
    this.world = world;
  }

  applied(write: StateWrite, isNew: boolean): void {
    if (!isNew || !write.pk.startsWith(ALERT_PK_PREFIX)) return;
    this.changes.push(write);
    if (this.isIdle) this.poll(POLL_MS);
  }

  start(): void {
    this.tick(this.world.tickMs());
  }

  /** Alerts put into the outbox. */
  get count(): number {
    return this.changes.length;
  }

  private poll(delayMs: number): void {
    this.isIdle = false;
    this.world.time.after(delayMs, () => void this.batch());
  }

  private tick(delayMs: number): void {
    this.world.time.after(delayMs, () => void this.call({}).then(() => this.tick(this.world.tickMs())));
  }

  private async batch(): Promise<void> {
    const { random, faults } = this.world;
    if (this.done === this.changes.length) {
      this.isIdle = true;
      return;
    }
    const again = this.done > 0 && faults.happens('redeliver') ? 1 + random.below(Math.min(this.done, BATCH_MAX)) : 0;
    const from = this.done - again;
    const records = this.changes
      .slice(from, from + again + 1 + random.below(BATCH_MAX))
      .map(({ pk, sk, body }, i) => insertOf(pk, sk, body, from + i));
    const response = await this.call({ Records: records });
    if (response !== undefined) {
      const [failed] = response.batchItemFailures;
      const at = records.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === failed?.itemIdentifier);
      this.done = Math.max(this.done, from + (failed === undefined ? records.length : Math.max(0, at)));
    }
    this.poll(POLL_MS);
  }

  /** The answer of one call; undefined if it failed. */
  private call(event: TableStreamEvent | { readonly Records?: undefined }): Promise<KinesisBatchResponse | undefined> {
    const { time } = this.world;
    const { actor, handle } = this.world.open();
    return new Promise((resolve) => {
      actor.onDeath = () => resolve(undefined);
      time.after(TIMEOUT_MS, () => resolve(undefined));
      handle(event, time.nowMs + DEADLINE_MS).then(resolve, () => resolve(undefined));
    });
  }
}
