import type { PutRecordsRequestEntry } from '@aws-sdk/client-kinesis';
import { KplPacker } from '../../../core/decode/kpl-pack.ts';
import type { Random } from '../../../load-test/random.ts';
import type { Truth } from './truth.ts';

/** One record to put. */
export type Entry = Required<Pick<PutRecordsRequestEntry, 'PartitionKey'>> & { readonly Data: Buffer };

/** Event time of a load: of its first payment, epoch ms, and between two payments, ms. */
export interface EventTimes {
  readonly startMs: number;
  readonly stepMs: number;
}

/** A second between payments: windows of an hour fill and close while the soak runs. */
const EVENT_TIMES: EventTimes = { startMs: Date.parse('2025-01-06T00:00:00Z'), stepMs: 1_000 };
const CUSTOMERS = 50;
const TERMINALS = 40;
/** Customers change now and then, so that sessions end. */
const CUSTOMERS_CHANGE_EVERY = 3_000;
const AGGREGATED_MAX = 8;
/** Most repeats come soon, as of a producer that tries again. */
const REPEAT_SOON_MAX = 50;
/** The others come when windows of theirs have closed, but before ids are forgotten, an hour of event time back. */
const REPEAT_BACK_MAX = 3_000;
const SHARES = { aggregate: 0.2, repeat: 0.06, repeatLong: 0.3, repeatInside: 0.1, bad: 0.03, label: 0.05 } as const;

/** Makes records as producers do: plain and aggregated payments, labels, some of them twice, some bad. Notes in the truth what it made. */
export class Load {
  private readonly truth: Truth;
  private readonly random: Random;
  private readonly times: EventTimes;
  private readonly recent: Entry[] = [];
  private next = 0;

  constructor(truth: Truth, random: Random, times: EventTimes = EVENT_TIMES) {
    this.truth = truth;
    this.random = random;
    this.times = times;
  }

  /** The next record; event times never go back, but for repeats. */
  record(): Entry {
    const { random, truth } = this;
    if (random.chance(SHARES.bad)) return this.bad();
    if (random.chance(SHARES.repeat) && this.recent.length > 0) return this.repeat();
    if (random.chance(SHARES.aggregate)) return this.aggregate();
    const isLabel = random.chance(SHARES.label) && truth.payments.length > 0;
    return this.remember(isLabel ? this.label() : this.payment(this.customer()));
  }

  private customer(): string {
    return `c${Math.floor(this.next / CUSTOMERS_CHANGE_EVERY)}-${this.random.below(CUSTOMERS)}`;
  }

  private payment(customer: string): Entry {
    const i = this.next;
    this.next += 1;
    const payment = {
      id: `e${i}`,
      timeMs: this.times.startMs + i * this.times.stepMs,
      customer,
      terminal: `t${i % TERMINALS}`,
      amountMinor: 1 + this.random.below(90_000),
    };
    this.truth.addPayment(payment);
    return entry(customer, {
      type: 'transaction',
      event_id: payment.id,
      event_time: new Date(payment.timeMs).toISOString(),
      customer_id: customer,
      terminal_id: payment.terminal,
      amount: (payment.amountMinor / 100).toFixed(2),
      currency: 'EUR',
    });
  }

  /** Several payments of one customer, since an aggregator packs what goes to one shard; now and then one of them twice. */
  private aggregate(): Entry {
    const customer = this.customer();
    const packer = new KplPacker();
    for (let i = 1 + this.random.below(AGGREGATED_MAX); i > 0; i -= 1) {
      const { Data } = this.remember(this.payment(customer));
      packer.add(customer, Data);
      if (!this.random.chance(SHARES.repeatInside)) continue;
      packer.add(customer, Data);
      this.truth.repeats += 1;
    }
    return { PartitionKey: customer, Data: Buffer.from(packer.finish()) };
  }

  private label(): Entry {
    const { payments, labels, newestMs } = this.truth;
    const of = this.random.pick(payments.slice(-REPEAT_SOON_MAX));
    const id = `l${labels.size}`;
    labels.add(id);
    return entry(of.customer, {
      type: 'label',
      event_id: id,
      event_time: new Date(newestMs).toISOString(),
      transaction_id: of.id,
      transaction_time: new Date(of.timeMs).toISOString(),
      customer_id: of.customer,
      terminal_id: of.terminal,
      fraud: this.random.chance(0.5),
    });
  }

  private bad(): Entry {
    const n = this.truth.bad.size;
    const text = this.random.pick([
      `no json ${n}`,
      `[${n}`,
      `{"type":"nothing","n":${n}}`,
      `{"type":"transaction","event_id":"b${n}"}`,
      `{"type":"transaction","event_id":"b${n}","event_time":"2025-01-06T00:00:00Z","customer_id":"c","terminal_id":"t","amount":"1,5","currency":"EUR"}`,
    ]);
    this.truth.bad.add(text);
    return { PartitionKey: `b${n}`, Data: Buffer.from(text) };
  }

  private repeat(): Entry {
    this.truth.repeats += 1;
    return this.random.pick(this.random.chance(SHARES.repeatLong) ? this.recent : this.recent.slice(-REPEAT_SOON_MAX));
  }

  private remember(made: Entry): Entry {
    this.recent.push(made);
    if (this.recent.length > REPEAT_BACK_MAX) this.recent.shift();
    return made;
  }
}

function entry(customer: string, event: object): Entry {
  return { PartitionKey: customer, Data: Buffer.from(JSON.stringify(event)) };
}
