import { expect, test } from 'vitest';
import { z } from 'zod';
import { generateEvents } from '../../load-test/generator.ts';
import { pipeline } from '../../pipelines/payments/pipeline.ts';
import { headrace } from './command-line.ts';

const EVENTS = 2_000;

test('headrace schema: a validator takes every good generated event by it, and refuses broken ones', async () => {
  const { code, out } = await headrace('schema', '--json');
  expect(code).toBe(0);
  const schema = z.fromJSONSchema(JSON.parse(out) as Parameters<typeof z.fromJSONSchema>[0]);
  const events = generateEvents({ seed: 7, startMs: Date.parse('2026-01-05T10:00:00Z'), eventsPerSecond: 20, malformedShare: 0.1 });
  let refused = 0;
  for (let i = 0; i < EVENTS; i += 1) {
    const { kind, json } = events.next().value;
    if (kind !== 'malformed') expect(schema.safeParse(JSON.parse(json)).success, json).toBe(true);
    else if (!isAccepted(schema, json)) refused += 1;
  }
  // Cut off, no customer, a comma in the amount, no such currency, no such type; a year outside of the range is for the parser.
  expect(refused).toBeGreaterThan(EVENTS * 0.06);
});

test('headrace schema names every event type and its required fields, on one line with --json', async () => {
  const { out } = await headrace('schema', '--json');
  expect(out.trimEnd()).not.toContain('\n');
  const { $defs } = JSON.parse(out) as { $defs: Record<string, { required: string[]; properties: object }> };
  for (const [name, { fields }] of Object.entries(pipeline.eventTypes)) {
    const required = Object.entries(fields).flatMap(([field, { optional }]) => (optional ? [] : [field]));
    expect($defs[name]?.required.toSorted()).toEqual(['type', ...required].toSorted());
    expect(Object.keys($defs[name]?.properties ?? {})).toEqual(expect.arrayContaining(Object.keys(fields)));
  }
});

function isAccepted(schema: z.ZodType, json: string): boolean {
  try {
    return schema.safeParse(JSON.parse(json)).success;
  } catch {
    return false;
  }
}
