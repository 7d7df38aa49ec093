import { keyFeature } from '../../../core/definition/features.ts';
import { currency, fixed, flag, integer, money, text, time } from '../../../core/definition/fields.ts';
import { definePipeline } from '../../../core/definition/pipeline.ts';
import type { Event, FieldValue } from '../../../core/model.ts';
import type { FeatureValues } from '../../../core/rules/decision.ts';
import type { Rule } from '../../../core/rules/rule.ts';

const DAY_MS = 86_400_000;
const feature = { over: 'payment', windowMs: DAY_MS, tileMs: DAY_MS, description: 'x' } as const;

export const pipeline = definePipeline({
  name: 'test',
  version: 1,
  eventTypes: {
    payment: {
      description: 'A payment.',
      table: 'payments',
      key: 'customer',
      fields: {
        customer: text(),
        amount: money({ currencyField: 'currency' }),
        currency: currency(),
        country: text({ optional: true }),
        celsius: fixed({ scale: 2, optional: true }),
        tries: integer({ optional: true }),
        online: flag({ optional: true }),
        due: time({ optional: true }),
      },
    },
    note: { description: 'A note.', table: 'notes', key: 'customer', fields: { customer: text() } },
  },
  aggregates: {},
  features: {
    count_1d: keyFeature({ ...feature, measure: 'count' }),
    mean_1d: keyFeature({ ...feature, measure: 'mean', field: 'amount', per: ['currency'] }),
    sum_1d: keyFeature({ ...feature, measure: 'sum', field: 'amount', per: ['currency'] }),
    celsius_sum_1d: keyFeature({ ...feature, measure: 'sum', field: 'celsius' }),
  },
  decision: { over: 'payment', reviewPoints: 4, declinePoints: 10 },
});

export function rule(change: Partial<Rule>): Rule {
  return {
    id: 'r',
    version: 1,
    owner: 'desk',
    status: 'active',
    description: 'd',
    on: 'payment',
    condition: 'event.amount_minor > 100',
    points: 4,
    reason: 'fixed text',
    alert: { groupBy: 'customer', coolDownMs: 60_000 },
    ...change,
  };
}

export const NONE: FeatureValues = { count_1d: 0, mean_1d: null, sum_1d: 0, celsius_sum_1d: 0 };

export function payment(values: Record<string, FieldValue> = {}): Event {
  const all = { event_id: 'e1', event_time: 1_000, customer: 'c1', amount: 500, currency: 'EUR', ...values };
  return { type: 'payment', id: 'e1', timeMs: 1_000, key: 'c1', values: all };
}
