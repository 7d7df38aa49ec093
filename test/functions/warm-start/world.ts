import { expect } from 'vitest';
import { type FeatureSpec, keyFeature, tileFeature } from '../../../core/definition/features.ts';
import { fixed } from '../../../core/definition/fields.ts';
import { definePipeline, type Pipeline } from '../../../core/definition/pipeline.ts';
import { WARM_KEY } from '../../../core/state/keys.ts';
import { parseWarm, type WarmRecord } from '../../../core/state/warm.ts';
import type { KinesisRecord } from '../../../functions/kinesis-event.ts';
import type { WarmPorts } from '../../../functions/warm-start/ports.ts';
import { startWarm, type WarmReport } from '../../../functions/warm-start/warm.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { BUILDS } from '../../simulation/pipeline.ts';
import { type Handover, type StoryOptions, tellStory } from '../backfill/story.ts';
import { BackfillWorld } from '../backfill/world.ts';
import { World } from '../world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const [{ pipeline: SIMULATED, rules: RULES }] = BUILDS;

const payment = { over: 'payment', windowMs: HOUR_MS, tileMs: MINUTE_MS, description: 'A test.' } as const;
const terminal = { by: 'terminal', windowMs: 4 * HOUR_MS, tileMs: HOUR_MS, delayMs: 2 * HOUR_MS, description: 'A test.' } as const;

/** Labels of a terminal in order. */
const run = { over: 'label', of: { fraud: true }, since: 'event_time' } as const;

/** A count that has a ring of its own until a sum over the same events is there. */
const euros = { where: { currency: 'EUR' } } as const;
const COUNTED = keyFeature({ ...payment, ...euros, measure: 'count', windowMs: 10 * MINUTE_MS });

/** What the second definition has beside the features of the first: every measure, and one that moves the count to another ring. */
const MORE: Readonly<Record<string, FeatureSpec>> = {
  euros_2h: keyFeature({ ...payment, ...euros, measure: 'sum', field: 'amount', windowMs: 2 * HOUR_MS }),
  mean_1h: keyFeature({ ...payment, measure: 'mean', field: 'amount', per: ['currency', 'terminal'] }),
  stddev_1h: keyFeature({ ...payment, ...euros, measure: 'stddev', field: 'amount' }),
  min_1h: keyFeature({ ...payment, measure: 'min', field: 'amount', per: ['currency'] }),
  max_1h: keyFeature({ ...payment, measure: 'max', field: 'amount', where: { currency: 'JPY' } }),
  terminals_1h: keyFeature({ ...payment, measure: 'distinct', field: 'terminal' }),
  euro_share_1h: keyFeature({ ...payment, measure: 'share', of: { currency: 'EUR' } }),
  since_last_1h: keyFeature({ ...payment, measure: 'since_last' }),
  distance_1h: keyFeature({ ...payment, measure: 'distance_km', place: ['lat', 'lon'] }),
  speed_1h: keyFeature({ ...payment, measure: 'speed_kmh', place: ['lat', 'lon'] }),
  ratio_1h: keyFeature({ ...payment, measure: 'ratio', field: 'amount', per: ['currency'], usual: { dropOneIn: 3, prior: 900 } }),
  ratio_max_2h: keyFeature({ ...payment, measure: 'max', field: 'features.ratio_1h', windowMs: 2 * HOUR_MS }),
  own_frauds_2h: keyFeature({ ...payment, over: 'label', where: { fraud: true }, measure: 'count', windowMs: 2 * HOUR_MS }),
  fraud_share_4h: tileFeature({ ...terminal, over: 'label', measure: 'share', of: { fraud: true } }),
  run_4h: tileFeature({ ...terminal, ...run, measure: 'run' }),
  run_age_4h: tileFeature({ ...terminal, ...run, measure: 'run_age_days' }),
  currencies_4h: tileFeature({ ...terminal, over: 'payment', measure: 'distinct', field: 'currency' }),
  spent_2h: tileFeature({ ...terminal, ...euros, over: 'payment', measure: 'sum', field: 'amount', windowMs: 2 * HOUR_MS }),
};

/** The simulator's pipeline, where payments have a place, with these features; all of its own if none are named. */
export function definitionOf(features: Readonly<Record<string, FeatureSpec>>): Pipeline {
  const { decision, eventTypes, ...rest } = SIMULATED;
  if (decision === undefined || eventTypes['payment'] === undefined) throw new Error('the simulated pipeline judges payments');
  const place = { lat: fixed({ scale: 6, optional: true }), lon: fixed({ scale: 6, optional: true }) };
  const paid = { ...eventTypes['payment'], fields: { ...eventTypes['payment'].fields, ...place } };
  return definePipeline({ ...rest, decision, eventTypes: { ...eventTypes, payment: paid }, features });
}

/** The definition before the handover. */
export const FIRST = definitionOf({ ...SIMULATED.features, euros_10m: COUNTED });
/** The one behind it; its window of `frauds_4h` is longer than the ring was kept for. */
export const SECOND = definitionOf({
  ...SIMULATED.features,
  euros_10m: COUNTED,
  frauds_4h: tileFeature({ ...terminal, over: 'label', where: { fraud: true }, measure: 'count', windowMs: 5 * HOUR_MS }),
  ...MORE,
});

/** One with only more about cards: little of the history is read. */
export const CARDS_ONLY = definitionOf({
  ...FIRST.features,
  ...Object.fromEntries(Object.entries(MORE).filter(([, { kind, windowMs }]) => kind === 'key' && windowMs <= HOUR_MS)),
});

/** A world of a definition, which may go on with the state and lake of another one. */
export function worldOf(pipeline: Pipeline, before?: World): World {
  const idColumns = new Map(tablesOf(pipeline).map(({ name, columns }) => [name, columns.map((column) => column.name)]));
  return new World(pipeline, RULES.rules, { idColumns, ...(before === undefined ? {} : { before }) });
}

/** A story with a place in most payments. */
export function tell(world: World, options: StoryOptions): Promise<void> {
  const fieldsOf = (n: number): Record<string, string> =>
    n % 5 === 0 ? {} : { lat: ((n * 7) % 90).toFixed(3), lon: ((n * 13) % 180).toFixed(3) };
  return tellStory(world, { fieldsOf, ...options });
}

/** Ports of a warm start over what a world has left, and the stream that it was fed from. */
export function warmPorts(world: World, stream: readonly KinesisRecord[] = [], lake = new BackfillWorld(world)): WarmPorts {
  return {
    plan: world.plan,
    store: world.store,
    streamEpoch: '1',
    archive: {
      count: async (...asked) => (await lake.ports()).archive.count(...asked),
      span: async (...asked) => (await lake.ports()).archive.span(...asked),
      split: async (...asked) => (await lake.ports()).archive.split(...asked),
    },
    work: { objects: lake.work, files: lake.work },
    sql: { run: async (text) => (await lake.ports()).sql.run(text) },
    engineMb: 128,
    land: () => lake.land(),
    unfinished: async (shardId, { from = '', through }) =>
      stream
        .filter(({ eventID }) => eventID.startsWith(`${shardId}:`))
        .map(({ kinesis: { sequenceNumber, partitionKey, data, approximateArrivalTimestamp } }) => {
          return { sequence: sequenceNumber, arrivalMs: Math.round(approximateArrivalTimestamp * 1000), partitionKey, data };
        })
        .filter(({ sequence }) => sequence >= from && sequence <= through),
  };
}

/** Starts a world warm. */
export function warmed(world: World, stream?: readonly KinesisRecord[]): Promise<WarmReport> {
  return startWarm(warmPorts(world, stream), { acceptCold: false });
}

/**
 * What is decided behind a handover, once with the second definition from the start, and once with a change in the middle, which `to` makes
 * of the world before it.
 */
export async function bothWays({
  second = SECOND,
  handover,
  ...story
}: Omit<StoryOptions, 'handovers'> & { readonly second?: Pipeline; readonly handover: Handover }): Promise<{
  readonly always: Map<string, string>;
  readonly changed: Map<string, string>;
}> {
  const always = worldOf(second);
  await tell(always, { ...story, handovers: [{ at: handover.at, to: async (world) => world }] });
  const first = worldOf(FIRST);
  await warmed(first);
  let before = new Set<string>();
  const to: Handover['to'] = async (world, batch, stream) => {
    // What comes next may have been decided in part already.
    const next = new Set(batch.map(({ kinesis }) => kinesis.sequenceNumber));
    before = new Set([...decided(always), ...decided(world)].map(([id]) => id).filter((id) => next.has(id.split(' ')[1] ?? '')));
    for (const id of decided(world).keys()) before.add(id);
    return handover.to(world, batch, stream);
  };
  await tell(first, { ...story, handovers: [{ at: handover.at, to }] });
  expect(first.lake.conflicts).toEqual([]);
  return { always: without(decided(always), before), changed: without(decided(first), before) };
}

/** The record of warm rings. */
export async function recordOfRings(world: World): Promise<WarmRecord | undefined> {
  const [item] = await world.store.get([WARM_KEY]);
  return parseWarm(item?.body);
}

/** Features and outcomes of what was decided, by event and place. */
export function decided(world: World): Map<string, string> {
  const rows = [...(world.lake.tables.get('decisions')?.values() ?? [])];
  return new Map(
    rows.map(({ shard_id, sequence, sub_sequence, event_id, features, outcome, lane, tile_frontier }) => [
      `${shard_id} ${sequence} ${sub_sequence} ${event_id}`,
      JSON.stringify({ lane, outcome, tile_frontier, features: JSON.parse(String(features)) as unknown }),
    ]),
  );
}

/** Those of `all` that `some` does not have. */
function without(all: Map<string, string>, some: ReadonlySet<string>): Map<string, string> {
  return new Map([...all].filter(([id]) => !some.has(id)));
}
