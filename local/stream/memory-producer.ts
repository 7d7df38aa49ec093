import type { EventProducer, ProducedEvent } from '../../core/ports.ts';
import { checkEvents } from '../../functions/adapters/event-limits.ts';

/** Sent events in memory, for tests. */
export class MemoryProducer implements EventProducer {
  /** All events in the order they were sent. */
  readonly sent: ProducedEvent[] = [];

  async send(events: readonly ProducedEvent[]): Promise<void> {
    checkEvents(events);
    for (const { partitionKey, data } of events) this.sent.push({ partitionKey, data: data.slice() });
  }
}
