import { currency, fixed, text } from '../../core/definition/fields.ts';
import { count, distinct, max, min, quantile, sum } from '../../core/definition/measures.ts';
import { definePipeline } from '../../core/definition/pipeline.ts';
import { tumbling } from '../../core/definition/windows.ts';
import { features } from './features.ts';

const MINUTE_MS = 60_000;

const measures = {
  count: count(),
  sum: sum('amount'),
  min: min('amount'),
  max: max('amount'),
  cards: distinct('card_id'),
  p50: quantile('amount', 0.5),
  p95: quantile('amount', 0.95),
  p99: quantile('amount', 0.99),
};

/** The stream of card payments that this project is measured on beside others: fourteen fields, two windows, ten rules. */
export const pipeline = definePipeline({
  name: 'cards',
  version: 1,
  eventTypes: {
    payment: {
      description: 'A payment by card.',
      table: 'card_payments',
      key: 'card_id',
      fields: {
        card_id: text({ maxLength: 32 }),
        merchant_id: text({ maxLength: 32 }),
        terminal_id: text({ maxLength: 32 }),
        // Plain numbers and not money: the others add up amounts of all currencies.
        amount: fixed({ scale: 2 }),
        currency: currency(),
        country: text({ maxLength: 2 }),
        mcc: text({ maxLength: 4 }),
        lat: fixed({ scale: 4 }),
        lon: fixed({ scale: 4 }),
        channel: text({ maxLength: 16 }),
        device_id: text({ maxLength: 32 }),
        ip: text({ maxLength: 15 }),
      },
    },
  },
  aggregates: {
    merchant_1m: {
      description: 'Payments per minute by merchant and country.',
      over: 'payment',
      window: tumbling(MINUTE_MS),
      groupBy: ['merchant_id', 'country'],
      measures,
    },
    category_5m: {
      description: 'Payments per five minutes by country, merchant category and channel.',
      over: 'payment',
      window: tumbling(5 * MINUTE_MS),
      groupBy: ['country', 'mcc', 'channel'],
      measures,
    },
  },
  features,
  decision: { over: 'payment', reviewPoints: 40, declinePoints: 100 },
  // The generated events are up to two minutes late, for which the others wait too; an id is remembered no longer than it can come again.
  time: { outOfOrdernessMs: 2 * MINUTE_MS, allowedLatenessMs: 0, duplicateMemoryMs: 10 * MINUTE_MS },
});
