import { type FeatureSpec, keyFeature, tileFeature } from '../../../core/definition/features.ts';
import type { Pipeline } from '../../../core/definition/pipeline.ts';
import { paymentsPipeline } from '../../core/profiles/payments.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const hour = { over: 'payment', windowMs: HOUR_MS, tileMs: MINUTE_MS, description: 'x' } as const;
const days = { over: 'payment', windowMs: 3 * DAY_MS, tileMs: DAY_MS, description: 'x' } as const;
const euros = { ...days, field: 'amount', per: ['currency'] } as const;
const travel = { ...days, place: ['lat', 'lon'] as const };
const ofTerminal = { over: 'payment', windowMs: DAY_MS, tileMs: HOUR_MS, delayMs: 2 * HOUR_MS, by: 'terminal', description: 'x' } as const;
const labels = { ...ofTerminal, over: 'label', windowMs: 4 * DAY_MS } as const;
const run = { ...labels, of: { fraud: true }, since: 'payment_time' } as const;

/** Every measure, over the key and over another field, with every kind of filter. */
export const EVERY_FEATURE: Readonly<Record<string, FeatureSpec>> = {
  count_1h: keyFeature({ ...hour, measure: 'count' }),
  web_1h: keyFeature({ ...hour, measure: 'count', where: { channel: 'web', approved: true } }),
  items_two_1h: keyFeature({ ...days, measure: 'count', where: { items: 2, reading: -150 } }),
  amount_exact: keyFeature({ ...days, measure: 'count', where: { amount: 100, currency: 'EUR' } }),
  same_channel: keyFeature({ ...days, measure: 'count', field: 'channel', per: ['channel'] }),
  same_or_no_channel: keyFeature({ ...days, measure: 'count', per: ['channel', 'items'] }),
  odd_tiles: keyFeature({ ...days, measure: 'count', windowMs: 20 * DAY_MS, tileMs: 10 * DAY_MS }),
  labels_of_key: keyFeature({ ...days, over: 'label', measure: 'count', where: { fraud: true } }),
  frauds_since: keyFeature({ ...days, over: 'label', measure: 'since_last', where: { fraud: true } }),
  sum_days: keyFeature({ ...euros, measure: 'sum' }),
  mean_days: keyFeature({ ...euros, measure: 'mean' }),
  stddev_days: keyFeature({ ...euros, measure: 'stddev' }),
  min_days: keyFeature({ ...euros, measure: 'min' }),
  max_days: keyFeature({ ...euros, measure: 'max' }),
  ratio_days: keyFeature({ ...euros, measure: 'ratio', usual: { dropOneIn: 3, prior: 150 } }),
  ratio_max: keyFeature({ ...days, measure: 'max', field: 'features.ratio_days' }),
  reading_max_of: keyFeature({ ...days, measure: 'max', field: 'features.reading_ratio', where: { approved: true } }),
  reading_sum: keyFeature({ ...days, measure: 'sum', field: 'reading' }),
  reading_mean: keyFeature({ ...days, measure: 'mean', field: 'reading' }),
  reading_stddev: keyFeature({ ...days, measure: 'stddev', field: 'reading' }),
  reading_min: keyFeature({ ...days, measure: 'min', field: 'reading' }),
  reading_ratio: keyFeature({ ...days, measure: 'ratio', field: 'reading', usual: { dropOneIn: 2, prior: 100 } }),
  channels: keyFeature({ ...days, measure: 'distinct', field: 'channel' }),
  items_distinct: keyFeature({ ...hour, measure: 'distinct', field: 'items' }),
  approved_share: keyFeature({ ...days, measure: 'share', of: { approved: true } }),
  since: keyFeature({ ...days, measure: 'since_last' }),
  distance: keyFeature({ ...travel, measure: 'distance_km' }),
  speed: keyFeature({ ...travel, measure: 'speed_kmh' }),
  terminal_count: tileFeature({ ...ofTerminal, measure: 'count' }),
  terminal_declines: tileFeature({ ...ofTerminal, measure: 'count', where: { approved: false } }),
  terminal_sum: tileFeature({ ...ofTerminal, measure: 'sum', field: 'amount', where: { currency: 'EUR' } }),
  terminal_mean: tileFeature({ ...ofTerminal, measure: 'mean', field: 'reading' }),
  terminal_max: tileFeature({ ...ofTerminal, measure: 'max', field: 'items' }),
  terminal_stddev: tileFeature({ ...ofTerminal, measure: 'stddev', field: 'items' }),
  terminal_channels: tileFeature({ ...ofTerminal, measure: 'distinct', field: 'channel' }),
  terminal_share: tileFeature({ ...labels, measure: 'share', of: { fraud: true } }),
  terminal_frauds: tileFeature({ ...labels, measure: 'count', where: { fraud: true } }),
  unexplained_frauds: tileFeature({ ...labels, measure: 'count', where: { fraud: true, explained: false } }),
  explained_share: tileFeature({ ...labels, measure: 'share', of: { explained: true } }),
  run_all: tileFeature({ ...run, measure: 'run' }),
  run_unexplained: tileFeature({ ...run, measure: 'run', where: { explained: false } }),
  run_age: tileFeature({ ...run, measure: 'run_age_days', where: { explained: false } }),
};

/** What explains frauds: every operator that SQL has, over fields that may be missing and features that may have no value. */
export const EXPLAINED_WHEN = [
  'features.ratio_days >= 1.75 && !(event.channel in ["atm", "pos"])',
  '(has(event.reading) && event.reading * 2.0 < -event.lat)',
  '(event.items == 2 ? event.approved : features.reading_max_of > 3.0)',
  '(features.since < duration("10m") && event.event_time > timestamp("2026-01-02T00:00:00Z"))',
].join(' || ');

/** A pipeline with `features`, whose labels are told apart by `when`. */
export function pipelineOf(features: Readonly<Record<string, FeatureSpec>>, when = EXPLAINED_WHEN): Pipeline {
  return paymentsPipeline(features, { when, rememberMs: 2 * DAY_MS });
}
