import { describe, expect, test } from 'vitest';
import type { StreamShards } from '../../core/ports.ts';

/** Shards of a stream under test, and what changes the stream. */
export interface ShardsUnderTest {
  readonly shards: StreamShards;
  /** Puts a record into the `index`-th of the first shards and returns its sequence number. */
  put(index: number): Promise<string>;
  /** Splits a shard in its middle; ready on return. Left out where the stream behind cannot do it. */
  readonly split?: (shardId: string) => Promise<void>;
}

/** What a stream behind a list of shards cannot do as the service does: take on from a sequence number, split shards. */
export type ShardsLack = 'resume' | 'split';

/** What every list of shards must do; `open` gives the shards of an empty stream. */
export function streamShardsContract(
  name: string,
  lacks: readonly ShardsLack[],
  open: (shardCount: number) => Promise<ShardsUnderTest>,
): void {
  describe(`stream shards: ${name}`, () => {
    test('all shards are listed, open and without parents', async () => {
      const { shards } = await open(3);
      const listed = await shards.list();
      expect(listed).toHaveLength(3);
      expect(listed.every(({ open: isOpen, parents }) => isOpen && parents.length === 0)).toBe(true);
    });

    test('of a shard that nobody read everything is unread', async () => {
      const { shards, put } = await open(2);
      const [first = '', second = ''] = (await shards.list()).map(({ shardId }) => shardId);
      expect(await shards.hasUnread(first, undefined)).toBe(false);
      await put(0);
      expect(await shards.hasUnread(first, undefined)).toBe(true);
      expect(await shards.hasUnread(second, undefined)).toBe(false);
    });

    test.runIf(!lacks.includes('resume'))('a shard has unread records exactly while one lies past the sequence', async () => {
      const { shards, put } = await open(2);
      const [first = ''] = (await shards.list()).map(({ shardId }) => shardId);
      const sequences = [await put(0), await put(0)];
      expect(await shards.hasUnread(first, sequences[0])).toBe(true);
      expect(await shards.hasUnread(first, sequences[1])).toBe(false);
    });

    test.runIf(!lacks.includes('split'))('a split shard is closed and comes before its children', async () => {
      const { shards, put, split } = await open(1);
      const [parent = ''] = (await shards.list()).map(({ shardId }) => shardId);
      const last = await put(0);
      await split?.(parent);
      const [first, ...children] = await shards.list();
      expect(first).toEqual({ shardId: parent, parents: [], open: false });
      expect(children.map(({ parents, open: isOpen }) => [parents, isOpen])).toEqual([
        [[parent], true],
        [[parent], true],
      ]);
      expect(await shards.hasUnread(parent, undefined)).toBe(true);
      expect(await shards.hasUnread(parent, last)).toBe(false);
      expect(await shards.hasUnread(children[0]?.shardId ?? '', undefined)).toBe(false);
    });
  });
}
