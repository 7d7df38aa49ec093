import { expect } from 'vitest';
import { type ForgetPorts, type ForgetRequest, forget } from '../../../functions/forget/forget.ts';
import { SortEngine } from '../../../lake/compaction/engine.ts';
import { landedTable } from '../../../lake/delivery-format.ts';
import type { ErasureReceipt } from '../../../lake/erasure/receipts.ts';
import type { BlobForm } from '../../../lake/erasure/rows.ts';
import { subjectOf } from '../../../lake/erasure/subject.ts';
import { STORY_MS, tellStory } from '../backfill/story.ts';
import { BackfillWorld } from '../backfill/world.ts';
import { recordOf } from '../world.ts';

/** The whole range of a story. */
export const ALL = { from: '2025-12-01', to: '2025-12-02' };
const SECRET = Buffer.alloc(32, 5);
const SHARDS = ['shardId-000000000000', 'shardId-000000000001'] as const;

/** A story with what is awkward about one card: a bad event of it, one of another card under its partition key. */
export async function told(seed: number, card: string, records = 60, blobs: BlobForm = 'bytes'): Promise<BackfillWorld> {
  const one = new BackfillWorld();
  if (blobs === 'base64') one.tables.splice(0, one.tables.length, ...one.tables.map(landedTable));
  const at = (id: string, minute: number) => ({
    type: 'payment',
    event_id: id,
    event_time: new Date(STORY_MS + minute * 60_000).toISOString(),
    card: 'card-0',
    terminal: 't1',
    amount: '7.10',
    currency: 'EUR',
  });
  one.world.shards = SHARDS.map((shardId) => ({ shardId, parents: [], open: true }));
  const foreign = recordOf(SHARDS[0], 0, [at('foreign', 0)], 'card');
  await one.world.process({ Records: [{ ...foreign, kinesis: { ...foreign.kinesis, partitionKey: card } }] });
  await one.world.process({ Records: [recordOf(SHARDS[1], 0, [{ ...at('bad', 1), card, amount: 'x' }], 'card')] });
  await tellStory(one.world, { seed, records });
  await one.land();
  return one;
}

let processes = 0;

/** Ports of a process of its own that forgets. */
export async function forgetPorts(one: BackfillWorld): Promise<ForgetPorts> {
  const { lake } = await one.ports();
  processes += 1;
  const process = processes;
  const scratchOf = (name: string): string => one.lake.scratch(`${name}-${process}`);
  return {
    ...lake,
    // A process has a disk, or the folder's lock, for itself.
    files: {
      scratch: scratchOf,
      open: (key) => one.lake.open(key),
      part: (key, from, to) => one.lake.part(key, from, to),
      release: () => one.lake.release(),
      store: (key, path) => one.lake.store(key, path),
    },
    engine: new SortEngine({ scratch: scratchOf('forget'), memoryMb: 128, threads: 1 }),
    store: one.world.store,
    work: one.work,
    settle: async () => {},
  };
}

/** Asks for a card to be forgotten. */
export function forgetRequest({ world }: BackfillWorld, card: string): ForgetRequest {
  return {
    plan: world.plan,
    subject: subjectOf(world.plan.pipeline, 'card', card, SECRET),
    rules: world.ruleList,
    streamEpoch: '1',
    by: 'test',
    remains: [],
  };
}

/** Forgets a card, whole. */
export async function forgetCard(one: BackfillWorld, card: string): Promise<{ readonly receipt: ErasureReceipt }> {
  const ports = await forgetPorts(one);
  const outcome = await forget(ports, forgetRequest(one, card));
  ports.engine.rest();
  if (outcome.kind === 'nobody') throw new Error(`nobody has ${card}`);
  expect(outcome.receipt.status).toBe('done');
  return outcome;
}
