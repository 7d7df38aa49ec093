import { type FeatureSpec, keyFeature, tileFeature } from '../../core/definition/features.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const lastHour = { over: 'transaction', windowMs: HOUR_MS, tileMs: MINUTE_MS } as const;
const lastDay = { over: 'transaction', windowMs: DAY_MS, tileMs: HOUR_MS } as const;
const last30Days = { over: 'transaction', windowMs: 30 * DAY_MS, tileMs: DAY_MS } as const;
/** Whether something was there before, for which wide tiles do: few bytes for each device, country and payee of a customer. */
const known30Days = { over: 'transaction', measure: 'count', windowMs: 30 * DAY_MS, tileMs: 10 * DAY_MS } as const;
const online = { ...lastHour, where: { channel: 'online' }, per: ['currency'] } as const;
const withdrawals = { ...lastDay, where: { channel: 'atm' }, per: ['currency'] } as const;
/** Positions that are not older than a day or two. */
const travel = { over: 'transaction', place: ['terminal_lat', 'terminal_lon'], windowMs: DAY_MS, tileMs: DAY_MS } as const;
const hourly = { tileMs: HOUR_MS, delayMs: 2 * HOUR_MS } as const;
const labels28Days = { ...hourly, over: 'label', windowMs: 28 * DAY_MS } as const;
/** What became known of a terminal, without frauds that explain themselves: a stolen card says nothing about the terminal where it was used. */
const run28Days = {
  ...labels28Days,
  where: { explained: false },
  of: { fraud: true },
  since: 'transaction_time',
  by: 'terminal_id',
} as const;

/** What rules can know of a customer's earlier payments. */
const ofCustomers: Readonly<Record<string, FeatureSpec>> = {
  customer_count_1h: keyFeature({ ...lastHour, description: 'Earlier payments of the customer in the last hour.', measure: 'count' }),
  customer_count_30d: keyFeature({
    ...last30Days,
    description: 'Earlier payments of the customer in the same currency in the last 30 days.',
    measure: 'count',
    per: ['currency'],
  }),
  customer_mean_minor_30d: keyFeature({
    ...last30Days,
    description: 'Mean amount of those payments, in minor units.',
    measure: 'mean',
    field: 'amount',
    per: ['currency'],
  }),
  customer_ratio_30d: keyFeature({
    ...last30Days,
    description: 'How many times the usual amount of the customer it is: of the last 30 days, without the tenth part with the largest.',
    measure: 'ratio',
    field: 'amount',
    per: ['currency'],
    usual: { dropOneIn: 10, prior: 5_500 },
  }),
  customer_ratio_max_14d: keyFeature({
    over: 'transaction',
    description: 'The largest such ratio that an earlier payment of the last 14 days had.',
    measure: 'max',
    field: 'features.customer_ratio_30d',
    windowMs: 14 * DAY_MS,
    tileMs: DAY_MS,
  }),
  customer_online_count_1h: keyFeature({
    ...online,
    description: 'Earlier online payments of the customer in the same currency in the last hour.',
    measure: 'count',
  }),
  customer_online_mean_minor_1h: keyFeature({
    ...online,
    description: 'Mean amount of those payments, in minor units.',
    measure: 'mean',
    field: 'amount',
  }),
  customer_declines_1h: keyFeature({
    ...lastHour,
    description: 'Earlier payments of the customer that the issuer declined in the last hour.',
    measure: 'count',
    where: { approved: false },
  }),
  customer_atm_count_1d: keyFeature({
    ...withdrawals,
    description: 'Earlier withdrawals of the customer in the same currency in the last day.',
    measure: 'count',
  }),
  customer_atm_sum_minor_1d: keyFeature({
    ...withdrawals,
    description: 'Sum of those withdrawals, in minor units.',
    measure: 'sum',
    field: 'amount',
  }),
  customer_device_count_30d: keyFeature({
    ...known30Days,
    description: 'Earlier payments of the customer from the same device in the last 30 days.',
    field: 'device_id',
    per: ['device_id'],
  }),
  customer_country_count_30d: keyFeature({
    ...known30Days,
    description: 'Earlier payments of the customer in the same country in the last 30 days.',
    field: 'country',
    per: ['country'],
  }),
  customer_payee_count_30d: keyFeature({
    ...known30Days,
    description: 'Earlier payments of the customer to the same payee in the last 30 days.',
    field: 'payee_id',
    per: ['payee_id'],
  }),
  customer_distance_km_1d: keyFeature({
    ...travel,
    description: 'Distance from the terminal of the latest earlier payment of the last day, km.',
    measure: 'distance_km',
  }),
  customer_speed_kmh_1d: keyFeature({
    ...travel,
    description: 'How fast one would have had to travel from there, km/h.',
    measure: 'speed_kmh',
  }),
  // The longest memory: a backfill of decisions reads as much history before its range.
  customer_since_last_60d: keyFeature({
    over: 'transaction',
    description: 'Time since the latest earlier payment of the last 60 days.',
    measure: 'since_last',
    windowMs: 60 * DAY_MS,
    tileMs: 20 * DAY_MS,
  }),
};

/** What rules can know of terminals, merchants and payees, from closed tiles. */
const ofOthers: Readonly<Record<string, FeatureSpec>> = {
  terminal_frauds_28d: tileFeature({
    ...labels28Days,
    description: 'Fraud labels of the terminal that became known in the last 28 days.',
    where: { fraud: true },
    by: 'terminal_id',
    measure: 'count',
  }),
  terminal_unexplained_frauds_28d: tileFeature({
    ...labels28Days,
    description: 'Those of them whose payment was not unusual in itself.',
    where: { fraud: true, explained: false },
    by: 'terminal_id',
    measure: 'count',
  }),
  terminal_run_28d: tileFeature({
    ...run28Days,
    description: 'Such frauds in a row at the end of what became known of the terminal in the last 28 days.',
    measure: 'run',
  }),
  terminal_run_age_days_28d: tileFeature({
    ...run28Days,
    description: 'Days since the payment of the first of those frauds.',
    measure: 'run_age_days',
  }),
  merchant_frauds_28d: tileFeature({
    ...labels28Days,
    description: 'Fraud labels of the merchant that became known in the last 28 days.',
    where: { fraud: true },
    by: 'merchant_id',
    measure: 'count',
  }),
  merchant_fraud_share_28d: tileFeature({
    ...labels28Days,
    description: 'Share of frauds among all labels of the merchant that became known in the last 28 days.',
    of: { fraud: true },
    by: 'merchant_id',
    measure: 'share',
  }),
  merchant_declines_1d: tileFeature({
    ...hourly,
    over: 'transaction',
    description: 'Payments at the merchant that issuers declined within a day, up to two hours before.',
    where: { approved: false },
    by: 'merchant_id',
    measure: 'count',
    windowMs: DAY_MS,
  }),
  payee_count_1d: tileFeature({
    ...hourly,
    over: 'transaction',
    description: 'Payments to the payee within a day, up to two hours before.',
    by: 'payee_id',
    measure: 'count',
    windowMs: DAY_MS,
  }),
};

/** All features of payments. What reads an optional field costs nothing where no event has it. */
export const features: Readonly<Record<string, FeatureSpec>> = { ...ofCustomers, ...ofOthers };
