import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { type GeneratedEvent, generateEvents } from '../load-test/generator.ts';
import { streamClient } from '../local/stream/client.ts';

/** What the demo load is told. */
export interface DemoOptions {
  readonly endpoint: string;
  readonly stream: string;
  /** Payments per second. */
  readonly eventsPerSecond: number;
  readonly clock: () => number;
  /** Hears of events that could not be put. */
  readonly onFailure: (message: string) => void;
}

/** A small generated load on its way into a stream. */
export interface Demo {
  /** Ends the load and waits for the call in flight. */
  stop(): Promise<void>;
}

/** Time between two calls: the load looks alive, and a call carries a few events. */
const TICK_MS = 200;
/** Most records that one PutRecords call takes. */
const RECORDS_MAX = 500;
/** A machine that slept does not make up for the payments of the night: the load goes on from now. */
const BEHIND_MAX_MS = 10_000;

/** Starts a seeded load through the AWS SDK, as any producer would send it. */
export function startDemo(options: DemoOptions): Demo {
  const load = new DemoLoad(options);
  const timer = setInterval(() => load.tick(), TICK_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return load.close();
    },
  };
}

class DemoLoad {
  private readonly options: DemoOptions;
  private readonly client;
  private events: Iterator<GeneratedEvent, never>;
  private next: GeneratedEvent;
  private sending: Promise<void> | undefined;

  constructor(options: DemoOptions) {
    this.options = options;
    this.client = streamClient({ endpoint: options.endpoint });
    this.events = this.eventsFromNow();
    this.next = this.events.next().value;
  }

  /** Sends what is due, unless the call before is still in flight. */
  tick(): void {
    if (this.sending !== undefined) return;
    const due = this.takeDue();
    if (due.length === 0) return;
    this.sending = this.put(due)
      .catch((error: unknown) => this.options.onFailure(error instanceof Error ? error.message : String(error)))
      .finally(() => {
        this.sending = undefined;
      });
  }

  async close(): Promise<void> {
    await this.sending;
    this.client.destroy();
  }

  private eventsFromNow(): Iterator<GeneratedEvent, never> {
    const startMs = this.options.clock();
    return generateEvents({ seed: startMs, startMs, eventsPerSecond: this.options.eventsPerSecond });
  }

  private takeDue(): GeneratedEvent[] {
    const now = this.options.clock();
    if (now - this.next.sendMs > BEHIND_MAX_MS) {
      this.events = this.eventsFromNow();
      this.next = this.events.next().value;
    }
    const due: GeneratedEvent[] = [];
    while (this.next.sendMs <= now && due.length < RECORDS_MAX) {
      due.push(this.next);
      this.next = this.events.next().value;
    }
    return due;
  }

  private async put(events: readonly GeneratedEvent[]): Promise<void> {
    const records = events.map(({ key, json }) => ({ PartitionKey: key, Data: Buffer.from(json) }));
    const answer = await this.client.send(new PutRecordsCommand({ StreamName: this.options.stream, Records: records }));
    const refused = answer.FailedRecordCount ?? 0;
    if (refused > 0) this.options.onFailure(`the stream refused ${refused} of ${records.length} generated events`);
  }
}
