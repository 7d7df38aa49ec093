import { RetriableError } from '../../../core/errors.ts';
import type { KinesisRecord } from '../../../functions/kinesis-event.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { BUILDS } from '../../simulation/pipeline.ts';
import { recordOf, type WireEvent, World } from '../world.ts';

/** Start of every story, on an hour. */
export const STORY_MS = Date.parse('2025-12-01T00:00:00Z');
const SECOND_MS = 1_000;
const SHARDS = ['shardId-000000000000', 'shardId-000000000001'];

/** Numbers in [0, 1) that only the seed decides. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What a story is made of. */
export interface StoryOptions {
  readonly seed: number;
  readonly records: number;
  /** Whether keys move between the two shards at will. */
  readonly isMisrouted?: boolean;
  /** More fields of the n-th event. */
  readonly fieldsOf?: (n: number) => Readonly<Record<string, unknown>>;
  readonly handovers?: readonly Handover[];
}

/** Another world goes on from some record on. */
export interface Handover {
  /** Before which record. */
  readonly at: number;
  /** Makes the other world. `batch` comes next, and may have been begun already; `stream` is all that was put so far. */
  readonly to: (world: World, batch: readonly KinesisRecord[], stream: readonly KinesisRecord[]) => Promise<World>;
}

/**
 * Some hours of payments and labels on two shards, through the real handlers: out of order, late, sent twice, broken, packed, in batches of
 * any size, with windows closing in between. Ends with all windows closed.
 */
export async function tellStory(
  first: World,
  { seed, records, isMisrouted = false, fieldsOf = () => ({}), handovers = [] }: StoryOptions,
): Promise<void> {
  let world = first;
  const random = randomOf(seed);
  const whole = (below: number): number => Math.floor(random() * below);
  world.shards = SHARDS.map((shardId) => ({ shardId, parents: [], open: true }));
  const waiting: ReturnType<typeof recordOf>[][] = [[], []];
  const stream: KinesisRecord[] = [];
  const sent: WireEvent[] = [];
  let nowMs = STORY_MS;
  const drain = async (shard: number): Promise<void> => {
    const batch = waiting[shard]?.splice(0, 1 + whole(12)) ?? [];
    if (batch.length > 0) await processed(world, batch);
  };
  for (let n = 0; n < records; n += 1) {
    for (const handover of handovers) {
      if (n !== handover.at) continue;
      const batch = waiting[0]?.splice(0, 8) ?? [];
      world = await handover.to(world, batch, stream);
      if (batch.length > 0) await processed(world, batch);
    }
    nowMs += whole(60) * SECOND_MS;
    const event = sent.length > 0 && random() < 0.08 ? sent[whole(sent.length)] : { ...eventAt(n, nowMs, random), ...fieldsOf(n) };
    if (event === undefined) continue;
    sent.push(event);
    const key = String(event['card']);
    const shard = isMisrouted && random() < 0.2 ? whole(2) : Number(key.at(-1)) % 2;
    const body = random() < 0.03 ? ['{"type":"payment"', event] : random() < 0.1 ? [event, { ...event, event_id: `${n}-b` }] : [event];
    const record = recordOf(SHARDS[shard] ?? '', n + 1, body, 'card');
    waiting[shard]?.push(record);
    stream.push(record);
    // So that there is something that comes next.
    if (handovers.some(({ at }) => n < at && n >= at - 12)) continue;
    if (random() < 0.3) await drain(whole(2));
    if (random() < 0.05) {
      while (waiting.some((one) => one.length > 0)) for (const one of [0, 1]) await drain(one);
      await world.close({ kind: 'barrier', floorMs: nowMs - 20 * SECOND_MS - whole(30) * SECOND_MS });
    }
  }
  while (waiting.some((one) => one.length > 0)) for (const one of [0, 1]) await drain(one);
  await world.close({ kind: 'end' });
}

/** Hands a batch out until it is done: profiles that another shard has changed make it begin again. */
async function processed(world: World, batch: ReturnType<typeof recordOf>[]): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await world.process({ Records: batch });
      return;
    } catch (error) {
      if (!(error instanceof RetriableError) || tries === 5) throw error;
    }
  }
}

function eventAt(n: number, nowMs: number, random: () => number): WireEvent {
  const behindMs = random() < 0.1 ? random() * 3_600_000 : random() * 30_000;
  const base = {
    event_id: `e${n}`,
    event_time: new Date(Math.max(STORY_MS, Math.floor(nowMs - behindMs))).toISOString(),
    card: `card-${Math.floor(random() * 6)}`,
    terminal: `t${Math.floor(random() * 3)}`,
  };
  if (random() < 0.15) return { type: 'label', ...base, fraud: random() < 0.5 };
  return { type: 'payment', ...base, amount: (random() * 80).toFixed(2), currency: random() < 0.8 ? 'EUR' : 'JPY' };
}

/** A world of the simulator's small pipeline: every kind of window and feature, in times of minutes. */
export function storyWorld(): World {
  const [{ pipeline, rules }] = BUILDS;
  // Whatever was delivered lands: only what is the same in every column counts once.
  const idColumns = new Map(tablesOf(pipeline).map(({ name, columns }) => [name, columns.map((column) => column.name)]));
  return new World(pipeline, rules.rules, { idColumns });
}
