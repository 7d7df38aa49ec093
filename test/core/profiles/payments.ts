import type { FeatureSpec } from '../../../core/definition/features.ts';
import { currency, fixed, flag, integer, money, text, time } from '../../../core/definition/fields.ts';
import { type DecisionSpec, definePipeline, type ExplainedSpec, type Pipeline } from '../../../core/definition/pipeline.ts';

const payment = {
  description: 'A payment.',
  table: 'payments',
  key: 'customer',
  fields: {
    customer: text(),
    terminal: text({ optional: true }),
    amount: money({ currencyField: 'currency' }),
    currency: currency(),
    channel: text({ optional: true }),
    approved: flag({ optional: true }),
    items: integer({ optional: true }),
    reading: fixed({ scale: 2, optional: true }),
    lat: fixed({ scale: 6, optional: true }),
    lon: fixed({ scale: 6, optional: true }),
  },
};

const label = {
  description: 'A label.',
  table: 'labels',
  key: 'customer',
  fields: {
    customer: text(),
    terminal: text({ optional: true }),
    payment_id: text(),
    payment_time: time(),
    fraud: flag(),
    loss: money({ currencyField: 'currency', optional: true }),
    currency: currency({ optional: true }),
  },
};

const decision: DecisionSpec = { over: 'payment', reviewPoints: 1, declinePoints: 2 };
const LABELS = { over: 'label', subject: 'payment_id', subjectTime: 'payment_time', fraud: 'fraud' };

/** A pipeline of payments and labels with the given features: a field of each kind, one currency per payment. With `explained` labels say what they are about, and explain themselves by it. */
export function paymentsPipeline(features: Readonly<Record<string, FeatureSpec>>, explained?: ExplainedSpec): Pipeline {
  return definePipeline({
    name: 'payments',
    version: 1,
    eventTypes: { payment, label },
    aggregates: {},
    features,
    decision: explained === undefined ? decision : { ...decision, labels: { ...LABELS, explained } },
  });
}
