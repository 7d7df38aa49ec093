import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pack } from '../../../local/feed/packs.ts';
import { type PutRecord, Sender } from '../../../local/feed/sender.ts';
import { parseStamp } from '../../../local/feed/stamp.ts';
import { MemoryStream } from '../mapping/memory.ts';

/** What happens to one call: it works, refuses some records, is lost before or after it arrived. */
type Fate = 'fine' | 'refuse odd' | 'refuse even' | 'lost before' | 'lost after';

interface Sent {
  readonly stream: MemoryStream;
  readonly calls: readonly (readonly PutRecord[])[];
}

const packOf = (shard: number, ordinal: number): Pack => ({
  shard,
  firstOrdinal: ordinal,
  lastOrdinal: ordinal,
  clockMs: ordinal,
  events: 1,
  data: Buffer.from(String(ordinal)),
});

async function send(shardOf: readonly number[], fates: readonly Fate[]): Promise<Sent> {
  const stream = new MemoryStream(3);
  const calls: (readonly PutRecord[])[] = [];
  const sender = new Sender({
    source: stream,
    shards: await stream.shards(),
    feedId: 'test',
    gate: async () => {},
    random: () => 0,
    backoffFirstMs: 1,
    onPut: () => {},
    signal: new AbortController().signal,
    put: async (records) => {
      const fate = fates[calls.length] ?? 'fine';
      calls.push(records);
      if (fate === 'lost before') throw new Error('not connected');
      const isRefused = (i: number): boolean => (fate === 'refuse odd' && i % 2 === 1) || (fate === 'refuse even' && i % 2 === 0);
      const answers = records.map((record, i) => (isRefused(i) ? undefined : stream.putRecords([record])[0]));
      if (fate === 'lost after') throw new Error('connection reset');
      return answers;
    },
  });
  for (const [ordinal, shard] of shardOf.entries()) sender.enqueue(packOf(shard, ordinal));
  await sender.settled();
  expect(sender.waitingSinceMs()).toBeUndefined();
  return { stream, calls };
}

describe('sender', () => {
  test('every pack is put once and in order per shard, whatever calls are refused in part or lost', async () => {
    const fate = fc.constantFrom<Fate>('fine', 'refuse odd', 'refuse even', 'lost before', 'lost after');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 12 }),
        fc.array(fate, { maxLength: 8 }),
        async (shardOf, fates) => {
          const { stream } = await send(shardOf, fates);
          for (const [shard, shardId] of stream.ids().entries()) {
            const ordinals = stream.recordsOf(shardId).map(({ partitionKey }) => parseStamp(partitionKey)?.firstOrdinal);
            expect(ordinals).toEqual([...shardOf.keys()].filter((ordinal) => shardOf[ordinal] === shard));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test('one call takes a pack of each shard, never two of one', async () => {
    const { calls } = await send([0, 0, 1, 2, 2, 0], []);
    expect(calls.map((records) => records.map(({ data }) => Buffer.from(data).toString()))).toEqual([['0', '2', '3'], ['1', '4'], ['5']]);
  });

  test('a call that the service refuses for good ends the feed', async () => {
    const stream = new MemoryStream(1);
    const refusal = Object.assign(new Error('no such stream'), { $fault: 'client' });
    const sender = new Sender({
      source: stream,
      shards: await stream.shards(),
      feedId: 'test',
      gate: async () => {},
      random: () => 0,
      onPut: () => {},
      signal: new AbortController().signal,
      put: () => Promise.reject(refusal),
    });
    sender.enqueue(packOf(0, 0));
    await expect(sender.settled()).rejects.toThrow('no such stream');
  });
});
