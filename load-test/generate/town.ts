import { createRandom, type Random } from '../../core/random.ts';
import { AliasTable } from './alias.ts';

/** Homes of customers, as often as there are entries: currency, country, decimals, and what an amount is multiplied by to be plausible. */
const HOMES = [
  { currency: 'EUR', country: 'DE', exponent: 2, factor: 100, weight: 8 },
  { currency: 'EUR', country: 'NL', exponent: 2, factor: 100, weight: 4 },
  { currency: 'GBP', country: 'GB', exponent: 2, factor: 100, weight: 1 },
  { currency: 'JPY', country: 'JP', exponent: 0, factor: 150, weight: 1 },
] as const;
const CHANNELS = ['chip', 'contactless', 'online'] as const;
const TERMINALS_PER_CUSTOMER = 8;
/** Logarithms of amounts: median near 40, half of the customers between 27 and 60. */
const AMOUNT_LOG = { mean: 3.7, deviation: 0.6, payment: 0.5 };
/** Amounts are drawn from so many made beforehand: their mean is within a percent, and no logarithm is taken for an event. */
const DRAWN = 8_192;
const TAILS_PER_HOME = 8;
const TWO_TO_32 = 4_294_967_296;
const HOME_OF = HOMES.flatMap(({ weight }, home) => Array.from({ length: weight }, () => home));

/** What stands behind the amount of a transaction, and how its minor units become text. */
export interface Tail {
  readonly bytes: Uint8Array;
  readonly exponent: number;
}

/** What a town is made of. */
export interface TownOptions {
  readonly seed: number;
  readonly customers: number;
  readonly terminals: number;
  /** Share of payments without country, and of those without channel. */
  readonly missing: number;
}

/** Customers with habits: each has a home, a usual amount and a few terminals, all drawn from its number and the seed alone. */
export class Town {
  readonly terminals: number;
  /** For each home: with all its fields in three channels, without channel, and the same without country. */
  readonly tails: readonly Tail[];
  private readonly seed: number;
  private readonly homes: Uint8Array;
  /** Minor units that each customer usually pays. */
  private readonly usual: Float64Array;
  private readonly payments: Float64Array;
  private readonly fields: AliasTable;

  constructor({ seed, customers, terminals, missing }: TownOptions) {
    const random: Random = createRandom(seed);
    this.seed = Math.floor(random.unit() * 2 ** 31);
    this.terminals = terminals;
    this.payments = Float64Array.from({ length: DRAWN }, () => Math.exp(AMOUNT_LOG.payment * random.normal()));
    this.homes = Uint8Array.from({ length: customers }, () => random.pick(HOME_OF));
    this.usual = Float64Array.from(this.homes, (home) => {
      const amount = Math.exp(AMOUNT_LOG.mean + AMOUNT_LOG.deviation * random.normal());
      return amount * (HOMES[home]?.factor ?? 1);
    });
    this.tails = HOMES.flatMap(({ currency, country, exponent }) =>
      [country, undefined].flatMap((place) => [...CHANNELS, undefined].map((channel) => tailOf({ currency, place, channel, exponent }))),
    );
    const present = 1 - missing;
    const channels = [present / 3, present / 3, present / 3, missing];
    this.fields = new AliasTable(Float64Array.from([present, missing].flatMap((place) => channels.map((channel) => place * channel))));
  }

  /** Place among the tails for a payment of a customer; `unit` is uniform in [0, 1). */
  tail(customer: number, unit: number): number {
    return (this.homes[customer] ?? 0) * TAILS_PER_HOME + this.fields.draw(unit);
  }

  /** Whether a payment is in euro, which limits are in. */
  isEuro(tail: number): boolean {
    return tail < 2 * TAILS_PER_HOME;
  }

  /** One of the terminals of a customer, numbered from 0; any more bits of the slot do not count. */
  terminal(customer: number, slot: number): number {
    const bits = mixed(customer * TERMINALS_PER_CUSTOMER + (slot & (TERMINALS_PER_CUSTOMER - 1)), this.seed);
    return Math.floor((bits / TWO_TO_32) * this.terminals);
  }

  /** Minor units of a payment; `unit` is uniform in [0, 1). */
  amount(customer: number, unit: number): number {
    const minor = (this.usual[customer] ?? 1) * (this.payments[(unit * DRAWN) | 0] ?? 1);
    return Math.max(1, (minor + 0.5) | 0);
  }
}

function tailOf(one: { currency: string; place: string | undefined; channel: string | undefined; exponent: number }): Tail {
  const country = one.place === undefined ? '' : `,"country":"${one.place}"`;
  const channel = one.channel === undefined ? '' : `,"channel":"${one.channel}"`;
  return { bytes: new TextEncoder().encode(`","currency":"${one.currency}"${country}${channel}}`), exponent: one.exponent };
}

/** Bits of a number that look like chance: the finish of MurmurHash3. */
function mixed(value: number, seed: number): number {
  let x = (value + Math.imul(seed, 0x9e37_79b1)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
