import { type FeatureSpec, keyFeature } from '../../core/definition/features.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const lastHour = { over: 'payment', windowMs: HOUR_MS, tileMs: MINUTE_MS } as const;
/** As long as any file of the benchmark: all that was seen of the card. */
const ever = { over: 'payment', windowMs: 30 * DAY_MS, tileMs: 30 * DAY_MS } as const;

/** What the ten rules read of the card's earlier payments. */
export const features: Readonly<Record<string, FeatureSpec>> = {
  count_1m: keyFeature({
    ...{ over: 'payment', windowMs: MINUTE_MS, tileMs: 5 * SECOND_MS },
    description: 'Earlier payments of the card in the last minute.',
    measure: 'count',
  }),
  count_1h: keyFeature({ ...lastHour, description: 'Earlier payments of the card in the last hour.', measure: 'count' }),
  sum_1h: keyFeature({ ...lastHour, description: 'Sum of those payments.', measure: 'sum', field: 'amount' }),
  least_1h: keyFeature({ ...lastHour, description: 'Smallest of those payments.', measure: 'min', field: 'amount' }),
  speed_kmh: keyFeature({
    ...{ ...ever, place: ['lat', 'lon'] },
    description: 'How fast one would have had to travel from the latest earlier payment, km/h.',
    measure: 'speed_kmh',
  }),
  seen: keyFeature({ ...ever, description: 'Earlier payments of the card.', measure: 'count' }),
  mean: keyFeature({ ...ever, description: 'Mean amount of those payments.', measure: 'mean', field: 'amount' }),
  deviation: keyFeature({ ...ever, description: 'Standard deviation of those amounts.', measure: 'stddev', field: 'amount' }),
  seen_on_device: keyFeature({
    ...{ ...ever, per: ['device_id'] },
    description: 'Earlier payments of the card from the same device.',
    measure: 'count',
  }),
  seen_in_country: keyFeature({
    ...{ ...ever, per: ['country'] },
    description: 'Earlier payments of the card in the same country.',
    measure: 'count',
  }),
};
