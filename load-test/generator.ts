import { usageError } from '../core/errors.ts';
import { createRandom, type Random } from '../core/random.ts';
import { breakTransaction, createPopulation, drawTransaction, type GeneratedTransaction, type Population } from './payments.ts';
import { openSchedule } from './schedule.ts';

/** What a generated event is meant to be; the pipeline must come to the same. */
export type GeneratedKind = 'transaction' | 'label' | 'duplicate' | 'malformed' | 'late';

/** One event on its way to the stream. */
export interface GeneratedEvent {
  readonly kind: GeneratedKind;
  /** When it is offered to the stream, epoch ms; never falls from one event to the next. */
  readonly sendMs: number;
  /** Its event time, epoch ms: at or before `sendMs`. */
  readonly timeMs: number;
  /** Kinesis partition key. */
  readonly key: string;
  readonly json: string;
}

/** Dials of the generator; shares are of all transactions, in [0, 1]. */
export interface GeneratorOptions {
  /** Whole number; equal options give equal events. */
  readonly seed: number;
  readonly startMs: number;
  /** Transactions per second. */
  readonly eventsPerSecond: number;
  readonly customers?: number;
  readonly terminals?: number;
  readonly outOfOrderShare?: number;
  /** How far back out-of-order events lie at most; keep it within the pipeline's out-of-orderness. */
  readonly outOfOrderMaxMs?: number;
  readonly duplicateShare?: number;
  readonly malformedShare?: number;
  readonly lateShare?: number;
  /** How far back late events lie; past out-of-orderness and allowed lateness. */
  readonly lateByMs?: number;
  readonly fraudShare?: number;
  /** Share of genuine payments that get a label too; frauds always do. */
  readonly labelShare?: number;
  readonly labelDelayMs?: number;
}

/** A quiet town: some disorder, few mistakes, labels after two minutes. */
export const GENERATOR_DEFAULTS: Required<Omit<GeneratorOptions, 'seed' | 'startMs' | 'eventsPerSecond'>> = {
  customers: 500,
  terminals: 100,
  outOfOrderShare: 0.05,
  outOfOrderMaxMs: 30_000,
  duplicateShare: 0.01,
  malformedShare: 0.005,
  lateShare: 0.002,
  lateByMs: 900_000,
  fraudShare: 0.005,
  labelShare: 0.05,
  labelDelayMs: 120_000,
};

const SHARES = ['outOfOrderShare', 'duplicateShare', 'malformedShare', 'lateShare', 'fraudShare', 'labelShare'] as const;
/** A repeat is one of this many latest events: producers repeat what they have just sent. */
const REPEATABLE = 64;

/** Payments and labels of a seeded town, without end, in the order they are sent. Throws UsageError when a dial is out of range. */
export function* generateEvents(options: GeneratorOptions): Generator<GeneratedEvent, never> {
  const town = new Town({ ...GENERATOR_DEFAULTS, ...options });
  for (;;) yield* town.next();
}

class Town {
  private readonly dials: Required<GeneratorOptions>;
  private readonly random: Random;
  private readonly slots: Generator<number, never>;
  private readonly population: Population;
  private readonly idPrefix: string;
  private readonly labels: GeneratedEvent[] = [];
  private readonly recent: GeneratedEvent[] = [];
  private ordinal = 0;

  constructor(dials: Required<GeneratorOptions>) {
    checkDials(dials);
    this.dials = dials;
    this.random = createRandom(dials.seed);
    this.slots = openSchedule(this.random, dials);
    this.population = createPopulation(this.random, dials.customers, dials.terminals);
    // The start is part of each id, so that two loads of one seed are no duplicates of each other.
    this.idPrefix = `g${dials.seed.toString(36)}-${Math.floor(dials.startMs).toString(36)}`;
  }

  /** What is sent up to and with the next payment. */
  next(): GeneratedEvent[] {
    const sendMs = Math.floor(this.slots.next().value);
    const due = this.labels.findIndex((label) => label.sendMs > sendMs);
    const labels = this.labels.splice(0, due < 0 ? this.labels.length : due);
    return [...labels, this.payment(sendMs)];
  }

  private payment(sendMs: number): GeneratedEvent {
    const { dials, random } = this;
    const repeated = random.chance(dials.duplicateShare) && this.recent.length > 0 ? random.pick(this.recent) : undefined;
    if (repeated !== undefined) return { ...repeated, kind: 'duplicate', sendMs };
    const isLate = random.chance(dials.lateShare);
    const isBehind = random.chance(dials.outOfOrderShare);
    const behindMs = isLate ? dials.lateByMs : isBehind ? random.below(dials.outOfOrderMaxMs + 1) : 0;
    const isFraud = random.chance(dials.fraudShare);
    const timeMs = sendMs - behindMs;
    const transaction = drawTransaction(random, this.population, { id: `${this.idPrefix}-${this.ordinal++}`, timeMs, isFraud });
    const base = { sendMs, timeMs, key: transaction.customer_id };
    if (random.chance(dials.malformedShare)) return { ...base, kind: 'malformed', json: breakTransaction(random, transaction) };
    const event = { ...base, kind: isLate ? ('late' as const) : ('transaction' as const), json: JSON.stringify(transaction) };
    if (!isLate) this.remember(event, transaction, isFraud);
    return event;
  }

  private remember(event: GeneratedEvent, transaction: GeneratedTransaction, isFraud: boolean): void {
    this.recent.push(event);
    if (this.recent.length > REPEATABLE) this.recent.shift();
    if (isFraud || this.random.chance(this.dials.labelShare)) this.labels.push(this.label(event, transaction, isFraud));
  }

  private label({ sendMs, key }: GeneratedEvent, transaction: GeneratedTransaction, isFraud: boolean): GeneratedEvent {
    const knownMs = sendMs + this.dials.labelDelayMs;
    const json = JSON.stringify({
      type: 'label',
      event_id: `${transaction.event_id}-label`,
      event_time: new Date(knownMs).toISOString(),
      transaction_id: transaction.event_id,
      transaction_time: transaction.event_time,
      customer_id: transaction.customer_id,
      terminal_id: transaction.terminal_id,
      fraud: isFraud,
      ...(isFraud ? { scenario: 'large-amount' } : {}),
    });
    return { kind: 'label', sendMs: knownMs, timeMs: knownMs, key, json };
  }
}

function checkDials(dials: Required<GeneratorOptions>): void {
  for (const name of SHARES) {
    if (!(dials[name] >= 0 && dials[name] <= 1)) throw usageError(name, dials[name], 'a share in 0..1');
  }
  for (const name of ['customers', 'terminals'] as const) {
    if (!(Number.isSafeInteger(dials[name]) && dials[name] > 0)) throw usageError(name, dials[name], 'a whole number, at least 1');
  }
  for (const name of ['seed', 'outOfOrderMaxMs', 'lateByMs', 'labelDelayMs'] as const) {
    if (!(Number.isSafeInteger(dials[name]) && dials[name] >= 0)) throw usageError(name, dials[name], 'a whole number, at least 0');
  }
}
