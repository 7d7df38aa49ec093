import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { jsonSchemaOf } from '../../../core/events/json-schema.ts';
import { createParser } from '../../../core/events/parser.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';

interface Definition {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required: readonly string[];
}

const schema = jsonSchemaOf(pipeline) as {
  readonly oneOf: readonly { readonly $ref: string }[];
  readonly $defs: Readonly<Record<string, Definition>>;
};

const EVENTS = [
  {
    type: 'transaction',
    event_id: 'a',
    event_time: '2024-05-06T07:08:09Z',
    customer_id: 'c',
    terminal_id: 't',
    amount: '-12.30',
    currency: 'EUR',
  },
  {
    type: 'transaction',
    event_id: 'a',
    event_time: '2024-05-06t07:08:09.5+00:00',
    customer_id: 'c',
    terminal_id: 't',
    amount: 7,
    currency: 'JPY',
    lat: 1.5,
  },
  {
    type: 'transaction',
    event_id: 'a',
    event_time: '2024-05-06T07:08:09Z',
    customer_id: 'c',
    terminal_id: 't',
    amount: 7,
    currency: 'JPY',
    mcc: null,
    more: 1,
  },
  {
    type: 'label',
    event_id: 'b',
    event_time: '2024-05-13T07:08:09Z',
    transaction_id: 'a',
    transaction_time: '2024-05-06T07:08:09Z',
    customer_id: 'c',
    terminal_id: 't',
    fraud: false,
  },
];

describe('JSON Schema for producers', () => {
  test('has one definition for each event type, with the same fields and the same required ones', () => {
    expect(schema.oneOf).toEqual(Object.keys(pipeline.eventTypes).map((name) => ({ $ref: `#/$defs/${name}` })));
    for (const [name, type] of Object.entries(pipeline.eventTypes)) {
      const definition = schema.$defs[name];
      expect(Object.keys(definition?.properties ?? {})).toEqual(['type', ...Object.keys(type.fields)]);
      const required = Object.entries(type.fields).filter(([, spec]) => !spec.optional);
      expect(definition?.required).toEqual(['type', ...required.map(([field]) => field)]);
    }
  });

  const validator = z.fromJSONSchema(jsonSchemaOf(pipeline) as Parameters<typeof z.fromJSONSchema>[0]);
  const parse = createParser(pipeline);
  const isAccepted = (event: unknown): boolean => {
    const bytes = Buffer.from(JSON.stringify(event));
    return 'event' in parse({ position: '', sequence: '1', subSequence: 0, arrivalMs: Date.UTC(2026, 0, 1), partitionKey: 'k', bytes });
  };

  test('takes what the parser takes', () => {
    for (const event of EVENTS) expect([event, validator.safeParse(event).success, isAccepted(event)]).toEqual([event, true, true]);
  });

  test('refuses what it can express of what the parser refuses: wrong types, missing fields, bad texts', () => {
    const bad = [undefined, 5, '', 'x', null, true, [], {}, '12,5', 1.5];
    for (const event of EVENTS) {
      for (const field of Object.keys(event)) {
        for (const value of bad) {
          const changed = { ...event, [field]: value };
          if (isAccepted(changed)) expect([changed, validator.safeParse(changed).success]).toEqual([changed, true]);
          if (!validator.safeParse(changed).success) expect([changed, isAccepted(changed)]).toEqual([changed, false]);
        }
        if (field !== 'lat' && field !== 'mcc' && field !== 'more') {
          expect(validator.safeParse({ ...event, [field]: [] }).success).toBe(false);
          expect(validator.safeParse({ ...event, [field]: undefined }).success).toBe(false);
        }
      }
    }
  });
});
