import { expect, test } from 'vitest';
import type { FeatureSpec } from '../../../core/definition/features.ts';
import { type AggregateSpec, definePipeline, type EventTypeSpec, type PipelineSpec } from '../../../core/definition/pipeline.ts';
import type { WindowSpec } from '../../../core/definition/windows.ts';
import { UsageError } from '../../../core/errors.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

type Loose = Record<string, unknown>;

/** A small definition that is right in every part. */
export function rightSpec(): PipelineSpec {
  return {
    name: 'shop',
    version: 1,
    eventTypes: { sale: saleType(), refund: refundType(), visit: visitType() },
    aggregates: {
      sales_1m: salesAggregate({ kind: 'tumbling', sizeMs: MINUTE_MS }),
      sales_session: salesAggregate({ kind: 'session', gapMs: MINUTE_MS }),
    },
    features: { customer_mean: customerMean(), shop_refunds: shopRefunds() },
    decision: { over: 'sale', reviewPoints: 4, declinePoints: 10 },
    time: {},
  };
}

/** What is wrong, where it stands, what is put there (undefined: nothing), and how the message goes on from the path. */
export type WrongPart = readonly [what: string, at: string, value: unknown, message: string];

/** Message of the usage error for the right definition with other parts (`a.b.c` to value), or `accepted`. */
export function messageFor(changes: Readonly<Record<string, unknown>>): string {
  const spec = rightSpec();
  for (const [path, value] of Object.entries(changes)) put(spec as unknown as Loose, path.split('.'), value);
  try {
    definePipeline(spec);
    return 'accepted';
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/** Declares one test for each wrong part: the definition is refused with this message. */
export function refuses(parts: readonly WrongPart[]): void {
  test.each(parts)('%s', (_what, at, value, message) => {
    expect(messageFor({ [at]: value })).toContain(message);
  });
}

function put(into: Loose, [name = '', ...rest]: readonly string[], value: unknown): void {
  const inner = into[name];
  if (rest.length > 0) put(inner as Loose, rest, value);
  else if (value === undefined) delete into[name];
  else into[name] = value;
}

function saleType(): EventTypeSpec {
  return {
    description: 'A sale.',
    table: 'sales',
    key: 'customer_id',
    fields: {
      customer_id: { kind: 'string', optional: false, maxLength: 64 },
      shop_id: { kind: 'string', optional: false, maxLength: 64 },
      price: { kind: 'money', optional: false, currencyField: 'currency' },
      currency: { kind: 'currency', optional: false },
      country: { kind: 'string', optional: true, maxLength: 64 },
      floor: { kind: 'integer', optional: true },
      weight: { kind: 'fixed', optional: true, scale: 3 },
      rated: { kind: 'boolean', optional: true },
      sold_at: { kind: 'time', optional: true },
    },
  };
}

function refundType(): EventTypeSpec {
  return {
    description: 'A refund.',
    table: 'refunds',
    key: 'customer_id',
    fields: {
      customer_id: { kind: 'string', optional: false, maxLength: 64 },
      shop_id: { kind: 'string', optional: false, maxLength: 64 },
      weight: { kind: 'fixed', optional: true, scale: 2 },
      full: { kind: 'boolean', optional: false },
      pieces: { kind: 'integer', optional: false },
      currency: { kind: 'string', optional: false, maxLength: 3 },
    },
  };
}

function visitType(): EventTypeSpec {
  return {
    description: 'A visit.',
    table: 'visits',
    key: 'shop_id',
    fields: { shop_id: { kind: 'string', optional: false, maxLength: 64 }, customer_id: { kind: 'string', optional: true, maxLength: 64 } },
  };
}

function salesAggregate(window: WindowSpec): AggregateSpec {
  return {
    description: 'Sales.',
    over: 'sale',
    window,
    groupBy: ['customer_id', 'currency', { field: 'country', missing: 'unknown' }],
    measures: {
      count: { kind: 'count' },
      sum_minor: { kind: 'sum', field: 'price' },
      p50_minor: { kind: 'quantile', field: 'price', share: 0.5 },
      shops: { kind: 'distinct', field: 'shop_id' },
    },
  };
}

function customerMean(): FeatureSpec {
  return {
    kind: 'key',
    description: 'Mean price of the customer.',
    over: 'sale',
    measure: 'mean',
    field: 'price',
    windowMs: HOUR_MS,
    tileMs: MINUTE_MS,
    per: ['currency'],
  };
}

function shopRefunds(): FeatureSpec {
  return {
    kind: 'tile',
    description: 'Full refunds of the shop.',
    over: 'refund',
    where: { full: true },
    by: 'shop_id',
    measure: 'count',
    windowMs: 24 * HOUR_MS,
    tileMs: HOUR_MS,
    delayMs: 2 * HOUR_MS,
  };
}
