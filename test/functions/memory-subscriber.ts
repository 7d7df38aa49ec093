import type { Alert, AlertSubscriber } from '../../core/ports.ts';

/** A subscriber in memory that can be down. */
export class MemorySubscriber implements AlertSubscriber {
  readonly name: string;
  /** Alerts it took, in order, repeats included. */
  readonly taken: Alert[] = [];
  /** Sizes of all calls, those it refused among them. */
  readonly calls: number[] = [];
  isDown = false;

  constructor(name: string) {
    this.name = name;
  }

  async send(alerts: readonly Alert[]): Promise<void> {
    this.calls.push(alerts.length);
    if (this.isDown) throw new Error(`${this.name} is down`);
    this.taken.push(...alerts);
  }

  get ids(): string[] {
    return this.taken.map(({ id }) => id);
  }
}
