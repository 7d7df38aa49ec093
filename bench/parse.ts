import { z } from 'zod';
import type { StreamRecord } from '../core/decode/unpack.ts';
import type { Event, FieldValue } from '../core/model.ts';
import { compilePlan, type Plan } from '../core/plan.ts';
import { unitsOfAll } from '../functions/units.ts';
import { aggregatesOf, libraryRecords } from './aggregates.ts';
import { costsOf } from './costs.ts';
import { ARRIVAL_MS, CARDS, cardEvents } from './parse-data.ts';

/** What it costs to make validated events of the base64 of stream records, µs of CPU an event. */
export interface ParseCosts {
  readonly ours: {
    /** Base64 to event, as the peers do it; the search for card numbers is in it. */
    readonly events: number;
    /** The parser alone, without the quick reader before it. */
    readonly reference: number;
    /** Stream records to units: events, positions and archived bytes. */
    readonly units: number;
    /** The same from aggregates of 160 events, MD5 verified. */
    readonly units_kpl: number;
  };
  readonly peers: {
    /** Base64, text, JSON.parse: nothing is checked. */
    readonly json: number;
    /** The same and a zod schema. */
    readonly zod: number;
    /** The same from aggregates, taken apart by aws-kinesis-agg. */
    readonly zod_kpl: number;
  };
}

/** Records that are handed over at once, as a Lambda batch. */
const BATCH = 1_000;
const SEQUENCE = '4961234567890123456789012345678901234567890123';
const SCALE = 10_000;

const text = z.string().min(1).max(256);
const schema = z.object({
  ...{ type: z.literal('transaction'), event_id: z.string().min(1).max(128), event_time: z.iso.datetime() },
  ...{ card_id: text, merchant_id: text, terminal_id: text, amount: z.number().nonnegative().max(1e9), currency: z.string().length(3) },
  ...{
    country: text,
    mcc: text,
    lat: z.number().min(-90).max(90),
    lon: z.number().min(-180).max(180),
    channel: text,
    device_id: text,
    ip: text,
  },
});

/** Measures parsing and validation beside JSON.parse and zod on the same events. Throws if they do not take the same events with the same values. */
export async function measureParse({ events = 20_000, rounds = 9 } = {}): Promise<ParseCosts> {
  const plan = compilePlan(CARDS);
  const texts = cardEvents(events, 7);
  for (const one of [...texts, ...badEvents(texts[0] ?? '')]) checkSame(plan, one);
  const records = texts.map((one, i) => recordOf(Buffer.from(one).toString('base64'), { index: i, partitionKey: cardOf(one) }));
  const blocks = aggregatesOf(texts, cardOf).map((data, i) => recordOf(data, { index: i, partitionKey: 'block' }));
  const json = (data: string): unknown => JSON.parse(Buffer.from(data, 'base64').toString());
  const { events: ours, ...rest } = costsOf(
    {
      events: () => each(records, ({ data, partitionKey }) => 'event' in plan.parse(rawOf(data, partitionKey))),
      reference: () => each(records, ({ data, partitionKey }) => 'event' in plan.parseOther(rawOf(data, partitionKey))),
      units: () => unitsIn(plan, records, BATCH),
      units_kpl: () => unitsIn(plan, blocks, BATCH / 100),
      json: () => each(records, ({ data }) => json(data) !== undefined),
      zod: () => each(records, ({ data }) => schema.parse(json(data)) !== undefined),
      zod_kpl: () => each(blocks, ({ data }) => libraryRecords(data).every((one) => schema.parse(json(one.data)) !== undefined)),
    },
    events,
    { rounds },
  );
  const { reference, units, units_kpl, ...peers } = rest;
  return { ours: { events: ours, reference, units, units_kpl }, peers };
}

function each(records: readonly StreamRecord[], isTaken: (record: StreamRecord) => boolean): number {
  let taken = 0;
  for (const record of records) if (isTaken(record)) taken += 1;
  return taken;
}

function unitsIn(plan: Plan, records: readonly StreamRecord[], batch: number): number {
  let units = 0;
  for (let at = 0; at < records.length; at += batch) units += unitsOfAll(plan, records.slice(at, at + batch)).length;
  return units;
}

function recordOf(data: string, { index, partitionKey }: { readonly index: number; readonly partitionKey: string }): StreamRecord {
  return { sequence: SEQUENCE + String(1e9 + index), arrivalMs: ARRIVAL_MS, partitionKey, data };
}

function rawOf(data: string, partitionKey: string): Parameters<Plan['parse']>[0] {
  return { position: '', sequence: '', subSequence: 0, arrivalMs: ARRIVAL_MS, partitionKey, bytes: Buffer.from(data, 'base64') };
}

const cardOf = (event: string): string => /"card_id":"(\w+)"/.exec(event)?.[1] ?? '';

/** One event, broken in ways that both refuse. */
function badEvents(event: string): string[] {
  return [
    ...[event.slice(0, -1), `${event}}`, event.replace('"card_id"', '"card"'), event.replace(/T(?=\d\d:)/, ' ')],
    ...[event.replace(/"mcc":"\d+"/, '"mcc":5411'), event.replace('"transaction"', '"refund"'), event.replace(/"ip":"[^"]+"/, '"ip":""')],
  ];
}

function checkSame(plan: Plan, event: string): void {
  const ours = plan.parse(rawOf(Buffer.from(event).toString('base64'), 'k'));
  const theirs = theirsOf(event);
  const isSame = 'event' in ours ? theirs !== undefined && hasValues(ours.event, theirs) : theirs === undefined;
  if (!isSame) throw new Error(`zod and the parser do not agree on ${event}`);
}

function theirsOf(event: string): z.infer<typeof schema> | undefined {
  try {
    return schema.parse(JSON.parse(event));
  } catch {
    return undefined;
  }
}

function hasValues({ type, values }: Event, theirs: z.infer<typeof schema>): boolean {
  const { amount, currency, event_time, lat, lon } = theirs;
  const expected: Record<string, FieldValue> = {
    ...theirs,
    amount: currency === 'JPY' ? amount : Math.round(amount * 100),
    event_time: Date.parse(event_time),
    lat: Math.round(lat * SCALE),
    lon: Math.round(lon * SCALE),
  };
  return Object.entries(expected).every(([name, value]) => (name === 'type' ? type : values[name]) === value);
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await measureParse(), undefined, 2)}\n`);
