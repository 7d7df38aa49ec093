import { setTimeout as sleep } from 'node:timers/promises';
import { PutRecordsCommand, type PutRecordsRequestEntry } from '@aws-sdk/client-kinesis';
import { KplPacker } from '../../../core/decode/kpl-pack.ts';
import type { Random } from '../../../core/random.ts';
import { streamClient } from '../../../local/stream/client.ts';
import type { Truth } from './truth.ts';

type Entry = Required<Pick<PutRecordsRequestEntry, 'PartitionKey'>> & { readonly Data: Buffer };

const START_MS = Date.parse('2026-01-05T00:00:00Z');
/** Event time between two payments: windows fill and close while the soak runs. */
const STEP_MS = 250;
const CUSTOMERS = 50;
const TERMINALS = 40;
/** Customers change now and then, so that sessions end. */
const CUSTOMERS_CHANGE_EVERY = 3_000;
const RECORDS_MAX = 20;
const AGGREGATED_MAX = 8;
/** Repeats are of events so many back at most. */
const REPEAT_BACK_MAX = 50;
const SHARES = { aggregate: 0.2, repeat: 0.04, bad: 0.03, label: 0.05 } as const;
const PAUSE_MS = 5;
const RETRY_MS = 50;

/** Puts events through the SDK as fast as they are taken; what is not acknowledged is put again until it is, in its order. */
export class Producer {
  private readonly client;
  private readonly truth: Truth;
  private readonly random: Random;
  private readonly recent: Entry[] = [];
  private next = 0;
  private isPaused = false;
  private idle: Promise<void> = Promise.resolve();
  /** Entries that the stream has not acknowledged yet. */
  private unsent: Entry[] = [];
  private isGivenUp = false;

  constructor(endpoint: string, truth: Truth, random: Random) {
    this.client = streamClient({ endpoint });
    this.truth = truth;
    this.random = random;
  }

  /** Puts until paused. */
  start(): void {
    this.isPaused = false;
    this.isGivenUp = false;
    this.idle = this.loop();
  }

  /** Stops making events; resolves once all that were made are acknowledged. */
  async pause(): Promise<void> {
    this.isPaused = true;
    await this.idle;
  }

  /** Stops putting at once; what is not acknowledged is put first at the next start. */
  async giveUp(): Promise<void> {
    this.isGivenUp = true;
    await this.pause();
  }

  close(): void {
    this.client.destroy();
  }

  private async loop(): Promise<void> {
    while (!this.isGivenUp && (this.unsent.length > 0 || !this.isPaused)) {
      if (this.unsent.length === 0) this.unsent = this.make();
      await this.put();
    }
  }

  private async put(): Promise<void> {
    try {
      const { Records = [] } = await this.client.send(new PutRecordsCommand({ StreamName: 'payments', Records: this.unsent }));
      // From the first entry that was not taken on: a later one of the same key must not overtake it.
      const failed = Records.findIndex(({ ErrorCode }) => ErrorCode !== undefined);
      this.unsent = failed < 0 ? [] : this.unsent.slice(failed);
      await sleep(PAUSE_MS);
    } catch {
      await sleep(RETRY_MS);
    }
  }

  private make(): Entry[] {
    return Array.from({ length: 1 + this.random.below(RECORDS_MAX) }, () => this.record());
  }

  private record(): Entry {
    const { random } = this;
    if (random.chance(SHARES.bad)) return this.bad();
    const [repeat] = random.chance(SHARES.repeat) && this.recent.length > 0 ? [random.pick(this.recent)] : [];
    if (repeat !== undefined) {
      this.truth.repeats += 1;
      return repeat;
    }
    if (random.chance(SHARES.aggregate)) return this.aggregate();
    return random.chance(SHARES.label) && this.truth.payments.length > 0 ? this.label() : this.remember(this.payment(this.customer()));
  }

  private customer(): string {
    return `c${Math.floor(this.next / CUSTOMERS_CHANGE_EVERY)}-${this.random.below(CUSTOMERS)}`;
  }

  private payment(customer: string): Entry {
    const i = this.next;
    this.next += 1;
    const payment = {
      id: `e${i}`,
      timeMs: START_MS + i * STEP_MS,
      customer,
      terminal: `t${i % TERMINALS}`,
      amountMinor: 1 + this.random.below(90_000),
    };
    this.truth.addPayment(payment);
    const event = {
      type: 'transaction',
      event_id: payment.id,
      event_time: new Date(payment.timeMs).toISOString(),
      customer_id: customer,
      terminal_id: payment.terminal,
      amount: (payment.amountMinor / 100).toFixed(2),
      currency: 'EUR',
    };
    return { PartitionKey: customer, Data: Buffer.from(JSON.stringify(event)) };
  }

  /** Several payments of one customer: an aggregator packs what goes to one shard. */
  private aggregate(): Entry {
    const customer = this.customer();
    const packer = new KplPacker();
    for (let i = 1 + this.random.below(AGGREGATED_MAX); i > 0; i -= 1) packer.add(customer, this.remember(this.payment(customer)).Data);
    return { PartitionKey: customer, Data: Buffer.from(packer.finish()) };
  }

  private label(): Entry {
    const of = this.truth.payments.at(-1 - this.random.below(Math.min(REPEAT_BACK_MAX, this.truth.payments.length)));
    const id = `l${this.truth.labels.size}`;
    this.truth.labels.add(id);
    const time = new Date(this.truth.newestMs).toISOString();
    const event = {
      type: 'label',
      event_id: id,
      event_time: time,
      transaction_id: of?.id,
      transaction_time: new Date(of?.timeMs ?? 0).toISOString(),
      customer_id: of?.customer,
      terminal_id: of?.terminal,
      fraud: this.random.chance(0.5),
    };
    return { PartitionKey: of?.customer ?? '', Data: Buffer.from(JSON.stringify(event)) };
  }

  private bad(): Entry {
    const n = this.truth.bad.size;
    const text = this.random.pick([`no json ${n}`, `{"type":"transaction","event_id":"b${n}"}`, `{"type":"nothing","n":${n}}`, `[${n}`]);
    this.truth.bad.add(text);
    return { PartitionKey: `b${n}`, Data: Buffer.from(text) };
  }

  private remember(entry: Entry): Entry {
    this.recent.push(entry);
    if (this.recent.length > REPEAT_BACK_MAX) this.recent.shift();
    return entry;
  }
}
