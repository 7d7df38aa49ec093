import { currencyExponent } from '../core/events/currency.ts';
import type { Random } from '../core/random.ts';

/** A generated transaction before it becomes JSON. */
export interface GeneratedTransaction {
  readonly type: 'transaction';
  readonly event_id: string;
  readonly event_time: string;
  readonly customer_id: string;
  readonly terminal_id: string;
  readonly amount: string;
  readonly currency: string;
  readonly country?: string;
  readonly channel?: string;
}

/** Who pays where: fixed for a seed, so that customers have habits. */
export interface Population {
  readonly customers: readonly Customer[];
  readonly terminals: number;
}

interface Customer {
  readonly id: string;
  readonly currency: string;
  readonly country: string;
  /** Logarithm of the amount this customer typically pays. */
  readonly amountLog: number;
  /** Terminals this customer goes to. */
  readonly terminals: readonly string[];
}

/** Mostly one currency; one of them has no decimals. */
const HOMES = [
  ...Array.from({ length: 8 }, () => ['EUR', 'DE'] as const),
  ...Array.from({ length: 4 }, () => ['EUR', 'NL'] as const),
  ['GBP', 'GB'],
  ['JPY', 'JP'],
] as const;
const CHANNELS = ['chip', 'contactless', 'online'];
const TERMINALS_PER_CUSTOMER = 8;
/** Median amount near 40, half of the customers between 27 and 60. */
const AMOUNT_LOG_MEAN = 3.7;
const AMOUNT_LOG_DEVIATION = 0.6;
const PAYMENT_LOG_DEVIATION = 0.5;
/** A fraud takes this many times the customer's usual amount. */
const FRAUD_FACTOR = 8;
/** Yen for one of the others, so that amounts are plausible. */
const JPY_FACTOR = 150;
/** Producers leave optional fields out now and then. */
const MISSING_SHARE = 0.1;

/** Makes the customers and terminals of a seed. */
export function createPopulation(random: Random, customers: number, terminals: number): Population {
  const all = Array.from({ length: customers }, (_, i) => {
    const [currency, country] = random.pick(HOMES);
    const amountLog = AMOUNT_LOG_MEAN + AMOUNT_LOG_DEVIATION * random.normal();
    const visited = Array.from({ length: TERMINALS_PER_CUSTOMER }, () => `t-${random.below(terminals)}`);
    return { id: `c-${i}`, currency, country, amountLog, terminals: visited };
  });
  return { customers: all, terminals };
}

/** Draws one transaction of any customer; frauds go anywhere and take far more than usual. */
export function drawTransaction(
  random: Random,
  { customers, terminals }: Population,
  given: { readonly id: string; readonly timeMs: number; readonly isFraud: boolean },
): GeneratedTransaction {
  const customer = random.pick(customers);
  const usual = Math.exp(customer.amountLog + PAYMENT_LOG_DEVIATION * random.normal());
  const amount = usual * (given.isFraud ? FRAUD_FACTOR : 1) * (customer.currency === 'JPY' ? JPY_FACTOR : 1);
  return {
    type: 'transaction',
    event_id: given.id,
    event_time: new Date(given.timeMs).toISOString(),
    customer_id: customer.id,
    terminal_id: given.isFraud ? `t-${random.below(terminals)}` : random.pick(customer.terminals),
    amount: Math.max(1, amount).toFixed(currencyExponent(customer.currency) ?? 2),
    currency: customer.currency,
    ...(random.chance(MISSING_SHARE) ? {} : { country: customer.country }),
    ...(random.chance(MISSING_SHARE) ? {} : { channel: random.pick(CHANNELS) }),
  };
}

/** Breaks a transaction in one of the ways that real producers do; each gives bytes that are not a valid event. */
export function breakTransaction(random: Random, transaction: GeneratedTransaction): string {
  const { customer_id: _, ...withoutCustomer } = transaction;
  return random.pick([
    () => JSON.stringify(transaction).slice(0, -12),
    () => JSON.stringify(withoutCustomer),
    () => JSON.stringify({ ...transaction, amount: '12,5' }),
    () => JSON.stringify({ ...transaction, currency: 'EURO' }),
    () => JSON.stringify({ ...transaction, event_time: '1970-01-01T00:00:00Z' }),
    () => JSON.stringify({ ...transaction, type: 'payment' }),
  ])();
}
