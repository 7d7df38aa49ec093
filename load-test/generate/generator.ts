import { createRandom, type Random } from '../../core/random.ts';
import { Arrivals } from '../profile/arrivals.ts';
import type { RateSegment } from '../profile/rate.ts';
import type { EventDials, Profile } from '../profile/schema.ts';
import { AliasTable, zipfWeights } from './alias.ts';
import { Episodes } from './episodes.ts';
import { KIND } from './kinds.ts';
import { broken, Chunk, EVENT_BYTES_MAX, type Label, type Payment, Renderer } from './render.ts';
import { Town } from './town.ts';

/** Which events one producer makes. */
export interface GeneratorOptions {
  readonly dials: EventDials;
  readonly arrivals: Profile['arrivals'];
  readonly segments: readonly RateSegment[];
  readonly seed: number;
  /** Short name of the run, part of all ids: two runs share no customer. */
  readonly run: string;
  /** Epoch ms of the schedule's start. */
  readonly startMs: number;
  /** This producer, from 0, of so many: each has customers of its own, so that the events of one come in order. */
  readonly producer: number;
  readonly producers: number;
}

/** Bytes are written into chunks of this size; a reader may keep a part of one as long as it needs it. */
const CHUNK_BYTES = 256 * 1024;
/** A repeat is one of this many latest payments: producers repeat what they have just sent. */
const REPEATABLE = 64;
/** Large amounts lie between these, in euro: the handbook calls every amount above 220 fraud. */
const LARGE_AMOUNT = { from: 22_001, to: 60_000 } as const;
/** Of a compromised customer one payment in three is a fraud, of five times the usual amount. */
const STOLEN = { share: 1 / 3, factor: 5 } as const;
/** Labels that were sent are dropped so many at a time. */
const LABELS_READ_MAX = 1_024;
/** Before this a shard may have seen no event yet, and nothing is late. */
const LATE_FROM_MS = 2_000;

/** The part of all customers' traffic that one producer's customers make. */
export function producerShare({ customers, skew }: EventDials, producer: number, producers: number): number {
  const own = zipfWeights(skew, { first: producer, step: producers, end: customers });
  const all = zipfWeights(skew, { first: 0, step: 1, end: customers });
  const sum = (weights: Float64Array): number => weights.reduce((total, weight) => total + weight, 0);
  return sum(own) / sum(all);
}

/** Events of one producer by byte templates, in the order they are sent. What `next` has made stands in the fields. */
export class TemplateGenerator {
  /** Number of its kind, as in `KINDS`. */
  kind: number = KIND.transaction;
  customer = 0;
  /** When it is meant to be sent, epoch ms with fractions. */
  intendedMs = 0;
  /** Ordinal of a payment that is no repeat; -1 for all others. */
  ordinal = -1;
  /** Minor units of a valid payment in euro; 0 for all others. */
  euroMinor = 0;
  chunk = new Chunk(CHUNK_BYTES);
  start = 0;
  end = 0;

  private readonly options: GeneratorOptions;
  private readonly bounds: Bounds;
  private readonly random: Random;
  private readonly arrivals: Arrivals;
  private readonly customers: AliasTable;
  private readonly town: Town;
  private readonly renderer: Renderer;
  private readonly terminalEpisodes: Episodes | undefined;
  private readonly customerEpisodes: Episodes | undefined;
  private readonly drawn: Payment = { ordinal: 0, timeMs: 0.5, customer: 0, terminal: 0, amountMinor: 0, tail: 0 };
  /** Filled again and again: an object for each event would keep the garbage collector busy. */
  private readonly recent: Payment[] = [];
  private remembered = 0;
  private readonly labels: Label[] = [];
  private labelsRead = 0;
  private arrivalMs: number;
  private count = 0;

  constructor(options: GeneratorOptions) {
    const { dials, seed, producer, producers } = options;
    this.options = options;
    this.bounds = boundsOf(dials);
    this.random = createRandom(seed * 4_096 + producer);
    this.arrivals = new Arrivals(options.segments, {
      share: producerShare(dials, producer, producers),
      arrivals: options.arrivals,
      exponential: this.random.exponential,
      offset: (producer + 1) / producers,
    });
    this.customers = new AliasTable(zipfWeights(dials.skew, { first: producer, step: producers, end: dials.customers }));
    this.town = new Town({ seed, ...dials });
    this.renderer = new Renderer(options.run, producer, this.town);
    this.terminalEpisodes = episodesOf(dials.frauds.terminals, seed + 1, dials.terminals);
    this.customerEpisodes = episodesOf(dials.frauds.customers, seed + 2, dials.customers);
    this.arrivalMs = options.startMs + this.arrivals.next();
  }

  /** When the next event is due, epoch ms; Infinity when the schedule is over. Labels that would come after the end are not sent. */
  get dueMs(): number {
    const label = this.labels[this.labelsRead];
    return label !== undefined && label.knownMs < this.arrivalMs && this.arrivalMs !== Number.POSITIVE_INFINITY
      ? label.knownMs
      : this.arrivalMs;
  }

  /** Makes the next event. Call it only while `dueMs` is finite. */
  next(): void {
    this.start = this.end;
    if (this.start + EVENT_BYTES_MAX > this.chunk.bytes.length) {
      this.chunk = new Chunk(CHUNK_BYTES);
      this.start = 0;
    }
    this.ordinal = -1;
    this.euroMinor = 0;
    const label = this.labels[this.labelsRead];
    if (label !== undefined && label.knownMs < this.arrivalMs) {
      this.label(label);
      return;
    }
    this.intendedMs = this.arrivalMs;
    this.arrivalMs = this.options.startMs + this.arrivals.next();
    const special = this.random.unit();
    if (special < this.bounds.duplicates && this.recent.length > 0) this.repeat();
    else this.payment(special);
  }

  private payment(special: number): void {
    const { bounds } = this;
    const sentMs = Math.floor(this.intendedMs);
    const elapsedMs = sentMs - this.options.startMs;
    const isBroken = special >= bounds.duplicates && special < bounds.poison;
    const isLate = special >= bounds.poison && special < bounds.late && elapsedMs >= LATE_FROM_MS;
    const isBehind = special >= bounds.late && special < bounds.behind;
    const payment = this.draw(sentMs - (isLate ? bounds.lateByMs : isBehind ? this.behindMs(special) : 0));
    this.customer = payment.customer;
    if (isBroken) {
      this.broken(payment);
      return;
    }
    this.kind = isLate ? KIND.late : KIND.transaction;
    const chance = this.random.unit();
    const scenario = this.defraud(payment, chance, elapsedMs);
    this.ordinal = payment.ordinal;
    this.euroMinor = this.town.isEuro(payment.tail) ? payment.amountMinor : 0;
    this.end = this.renderer.payment(this.chunk, this.start, payment);
    if (isLate) return;
    this.remember(payment);
    if (scenario >= 0 || chance >= bounds.labelled) this.labels.push(this.labelOf(payment, sentMs, scenario));
  }

  private draw(timeMs: number): Payment {
    const { town, random, drawn } = this;
    // Its place among this producer's customers, then its number among all.
    const customer = this.options.producer + this.options.producers * this.customers.draw(random.unit());
    const unit = random.unit();
    drawn.ordinal = this.count++;
    drawn.timeMs = timeMs;
    drawn.customer = customer;
    drawn.tail = town.tail(customer, random.unit());
    drawn.amountMinor = town.amount(customer, unit);
    // The amount reads the first bits of the draw, the terminal others.
    drawn.terminal = town.terminal(customer, unit * 0x1000_0000);
    return drawn;
  }

  private remember(payment: Payment): void {
    const slot = this.recent[this.remembered++ % REPEATABLE];
    if (slot === undefined) this.recent.push({ ...payment });
    else copyPayment(payment, slot);
  }

  /** How far an event lies behind, ms: evenly over what the dial says. */
  private behindMs(special: number): number {
    const { late, behind, behindMaxMs } = this.bounds;
    return Math.floor(((special - late) / (behind - late)) * (behindMaxMs + 1));
  }

  /** Makes a payment a fraud where a scenario says so; number of the scenario, -1 for none. The last one that fits counts, as in the handbook. */
  private defraud(payment: Payment, chance: number, elapsedMs: number): number {
    const { town, random } = this;
    let scenario = -1;
    if (chance < this.bounds.large && town.isEuro(payment.tail)) {
      payment.amountMinor = LARGE_AMOUNT.from + random.below(LARGE_AMOUNT.to - LARGE_AMOUNT.from);
      scenario = 0;
    }
    if (this.terminalEpisodes?.holds(payment.terminal, elapsedMs) === true) scenario = 1;
    if (this.customerEpisodes?.holds(payment.customer, elapsedMs) === true && random.unit() < STOLEN.share) {
      payment.amountMinor *= STOLEN.factor;
      scenario = 2;
    }
    return scenario;
  }

  private repeat(): void {
    const payment = this.random.pick(this.recent);
    this.kind = KIND.duplicate;
    this.customer = payment.customer;
    this.end = this.renderer.payment(this.chunk, this.start, payment);
  }

  private broken(payment: Payment): void {
    this.kind = KIND.malformed;
    const end = this.renderer.payment(this.chunk, this.start, payment);
    const text = Buffer.from(this.chunk.bytes.buffer, this.start, end - this.start).toString('latin1');
    this.end = this.start + Buffer.from(this.chunk.bytes.buffer).write(broken(text, this.random.below(6)), this.start, 'latin1');
  }

  private labelOf({ ordinal, timeMs, customer, terminal }: Payment, sentMs: number, scenario: number): Label {
    return { ordinal, timeMs, customer, terminal, knownMs: sentMs + this.bounds.labelDelayMs, scenario };
  }

  private label(label: Label): void {
    this.kind = KIND.label;
    this.customer = label.customer;
    this.intendedMs = label.knownMs;
    this.end = this.renderer.label(this.chunk, this.start, label);
    if (++this.labelsRead < LABELS_READ_MAX) return;
    this.labels.splice(0, this.labelsRead);
    this.labelsRead = 0;
  }
}

/** What a uniform draw stands for: the kinds of an event lie one after the other in [0, 1), and each bound ends one. */
interface Bounds {
  readonly duplicates: number;
  readonly poison: number;
  readonly late: number;
  readonly behind: number;
  readonly large: number;
  readonly labelled: number;
  readonly lateByMs: number;
  readonly behindMaxMs: number;
  readonly labelDelayMs: number;
}

function boundsOf({ duplicates, poison, late, out_of_order, labels, frauds }: EventDials): Bounds {
  const [lateFrom, behindFrom] = [duplicates + poison, duplicates + poison + late.share];
  return {
    ...{ duplicates, poison: lateFrom, late: behindFrom, behind: behindFrom + out_of_order.share },
    ...{ large: frauds.large_amounts, labelled: 1 - labels.share },
    ...{
      lateByMs: Math.round(late.by_s * 1000),
      behindMaxMs: Math.round(out_of_order.up_to_s * 1000),
      labelDelayMs: Math.round(labels.delay_s * 1000),
    },
  };
}

function episodesOf(
  dial: { readonly every_s: number; readonly for_s: number; readonly count: number } | undefined,
  seed: number,
  of: number,
): Episodes | undefined {
  if (dial === undefined) return undefined;
  return new Episodes({ seed, of, everyMs: dial.every_s * 1000, forMs: dial.for_s * 1000, count: dial.count });
}

function copyPayment(from: Readonly<Payment>, to: Payment): void {
  to.ordinal = from.ordinal;
  to.timeMs = from.timeMs;
  to.customer = from.customer;
  to.terminal = from.terminal;
  to.amountMinor = from.amountMinor;
  to.tail = from.tail;
}
