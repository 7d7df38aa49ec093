import { currency, fixed, flag, money, text, time } from '../../core/definition/fields.ts';
import { count, distinct, max, mean, min, quantile, sum } from '../../core/definition/measures.ts';
import { definePipeline } from '../../core/definition/pipeline.ts';
import { hopping, session, tumbling } from '../../core/definition/windows.ts';
import { decision } from './decision.ts';
import { features } from './features.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const amountMeasures = {
  count: count(),
  sum_minor: sum('amount'),
  min_minor: min('amount'),
  max_minor: max('amount'),
  mean_minor: mean('amount'),
  distinct_customers: distinct('customer_id'),
  p50_minor: quantile('amount', 0.5),
  p95_minor: quantile('amount', 0.95),
  p99_minor: quantile('amount', 0.99),
};

const byPlaceAndChannel = ['currency', { field: 'country', missing: 'unknown' }, { field: 'channel', missing: 'unknown' }];

/** Card payments and what was later learnt about them. */
export const pipeline = definePipeline({
  name: 'payments',
  version: 1,
  eventTypes: {
    transaction: {
      description: 'A payment by a customer at a terminal.',
      table: 'transactions',
      key: 'customer_id',
      fields: {
        customer_id: text({ maxLength: 128 }),
        terminal_id: text({ maxLength: 128 }),
        amount: money({ currencyField: 'currency' }),
        currency: currency(),
        merchant_id: text({ optional: true, maxLength: 128 }),
        country: text({ optional: true, maxLength: 64 }),
        mcc: text({ optional: true, maxLength: 16 }),
        channel: text({ optional: true, maxLength: 64 }),
        device_id: text({ optional: true, personal: 'pseudonym', maxLength: 128 }),
        lat: fixed({ optional: true, personal: 'drop', scale: 6 }),
        lon: fixed({ optional: true, personal: 'drop', scale: 6 }),
        // Where the terminal stands (a fact of the acceptor, as terminal_id is); lat and lon are where the payer was.
        terminal_lat: fixed({ optional: true, scale: 6 }),
        terminal_lon: fixed({ optional: true, scale: 6 }),
        // Country of the issuer (ISO 8583, element 20), as `country` is that of the acceptor.
        card_country: text({ optional: true, maxLength: 64 }),
        // Whether the issuer said yes (element 39).
        approved: flag({ optional: true }),
        // Account that the money goes to (element 103), as a token.
        payee_id: text({ optional: true, maxLength: 128 }),
      },
    },
    label: {
      description: 'What was learnt later about a transaction; event time is when it became known.',
      table: 'labels',
      key: 'customer_id',
      fields: {
        transaction_id: text({ maxLength: 128 }),
        transaction_time: time(),
        customer_id: text({ maxLength: 128 }),
        terminal_id: text({ maxLength: 128 }),
        fraud: flag(),
        scenario: text({ optional: true, maxLength: 64 }),
        merchant_id: text({ optional: true, maxLength: 128 }),
      },
    },
  },
  aggregates: {
    payments_1m: {
      description: 'Payments per minute by currency, country and channel.',
      over: 'transaction',
      window: tumbling(MINUTE_MS),
      groupBy: byPlaceAndChannel,
      measures: amountMeasures,
    },
    payments_1h: {
      description: 'Payments of the last hour, every five minutes, by currency, country and channel.',
      over: 'transaction',
      window: hopping(HOUR_MS, 5 * MINUTE_MS),
      groupBy: byPlaceAndChannel,
      measures: amountMeasures,
    },
    terminal_1h: {
      description: 'Payments per hour and terminal.',
      over: 'transaction',
      window: tumbling(HOUR_MS),
      groupBy: ['terminal_id', 'currency'],
      measures: amountMeasures,
    },
    customer_session: {
      description: 'Runs of payments of one customer with pauses of at most 30 minutes.',
      over: 'transaction',
      window: session(30 * MINUTE_MS),
      groupBy: ['customer_id', 'currency'],
      measures: amountMeasures,
    },
  },
  features,
  decision,
  alerts: { amount: 'amount' },
  // No keptDays: the archive is what a backfill recomputes everything from, and decisions, labels and the ledger are what an audit asks for;
  // hours are of event time, so payments of past years, fed for a back-test, would leave at once. Cheaper tiers do for what is old. Whoever
  // must forget says so by table, and keeps the archive at least as long as anything that is to be recomputed.
  lake: { generationsDays: 7, tieringAfterDays: 90 },
});
