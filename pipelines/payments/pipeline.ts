import { keyFeature, tileFeature } from '../../core/definition/features.ts';
import { currency, fixed, flag, money, text, time } from '../../core/definition/fields.ts';
import { count, distinct, max, mean, min, quantile, sum } from '../../core/definition/measures.ts';
import { definePipeline } from '../../core/definition/pipeline.ts';
import { hopping, session, tumbling } from '../../core/definition/windows.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

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
        device_id: text({ optional: true, personal: true, maxLength: 128 }),
        lat: fixed({ optional: true, personal: true, scale: 6 }),
        lon: fixed({ optional: true, personal: true, scale: 6 }),
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
  features: {
    customer_count_1h: keyFeature({
      description: 'Earlier payments of the customer in the last hour.',
      over: 'transaction',
      measure: 'count',
      windowMs: HOUR_MS,
      tileMs: MINUTE_MS,
    }),
    customer_count_30d: keyFeature({
      description: 'Earlier payments of the customer in the same currency in the last 30 days.',
      over: 'transaction',
      measure: 'count',
      windowMs: 30 * DAY_MS,
      tileMs: DAY_MS,
      per: ['currency'],
    }),
    customer_mean_minor_30d: keyFeature({
      description: 'Mean amount of those payments, in minor units.',
      over: 'transaction',
      measure: 'mean',
      field: 'amount',
      windowMs: 30 * DAY_MS,
      tileMs: DAY_MS,
      per: ['currency'],
    }),
    terminal_frauds_28d: tileFeature({
      description: 'Fraud labels of the terminal that became known in the last 28 days.',
      over: 'label',
      where: { fraud: true },
      by: 'terminal_id',
      measure: 'count',
      windowMs: 28 * DAY_MS,
      tileMs: HOUR_MS,
      delayMs: 2 * HOUR_MS,
    }),
  },
  decision: { over: 'transaction', reviewPoints: 4, declinePoints: 10 },
  alerts: { amount: 'amount' },
  // No keptDays: the archive is what a backfill recomputes everything from, and decisions, labels and the ledger are what an audit asks for;
  // hours are of event time, so payments of past years, fed for a back-test, would leave at once. Cheaper tiers do for what is old. Whoever
  // must forget says so by table, and keeps the archive at least as long as anything that is to be recomputed.
  lake: { generationsDays: 7, tieringAfterDays: 90 },
});
