import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RetriableError } from '../../../core/errors.ts';
import { compactLake, failureText } from '../../../lake/compaction/lake.ts';
import { NOW_POLICY } from '../../../lake/compaction/plan.ts';
import type { TableSchema } from '../../../lake/schema.ts';
import { FolderObjectStore } from '../../../local/objects/folder.ts';
import { kindsTable } from '../../contract/kinds-table.ts';
import { bound, idsOf, messages, published } from './story.ts';
import type { LakeWorld } from './world.ts';

describe('what is damaged on its way into the store', () => {
  type Change = (bytes: Buffer) => Buffer;
  const damage = (path: string, change: Change): void => writeFileSync(path, change(readFileSync(path)));
  const storing = (world: LakeWorld, change: Change) =>
    world.ports((ports) => ({
      ...ports,
      files: {
        ...bound(ports.files),
        store: async (key, path) => {
          damage(path, change);
          await ports.files.store(key, path);
        },
      },
    }));
  const writing = (world: LakeWorld, change: Change) =>
    world.ports((ports) => ({
      ...ports,
      writer: {
        clear: () => ports.writer.clear(),
        write: async (table, inputs) => {
          const written = await ports.writer.write(table, inputs);
          for (const { path } of written.files) damage(path, change);
          return written;
        },
      },
    }));
  const flipped =
    (at: (length: number) => number) =>
    (bytes: Buffer): Buffer => {
      const place = at(bytes.length);
      bytes[place] = (bytes[place] ?? 0) ^ 0xff;
      return bytes;
    };

  test.each([
    ['a byte of the values, stored', storing, flipped((length) => length >> 2)],
    ['a byte of the footer that no sum shows, stored', storing, flipped((length) => length - 40)],
    ['the last 100 bytes, stored', storing, (bytes: Buffer) => bytes.subarray(0, -100)],
    ['a byte of the values, written', writing, flipped((length) => length >> 2)],
    ['its last byte, written', writing, flipped((length) => length - 1)],
    ['the last 100 bytes, written', writing, (bytes: Buffer) => bytes.subarray(0, -100)],
    ['all bytes, written', writing, () => Buffer.alloc(0)],
  ])('%s: it is not published, and its files stay as evidence with the try on record', async (_name, damaging, change) => {
    const world = await published();
    const run = await world.compact(damaging(world, change));
    expect(messages(run)).toEqual([expect.stringMatching(/^VERIFICATION_FAILED: kinds\/gen=2\/.*Compact again, and report it/)]);
    expect(messages(run)[0]).not.toContain('--set-aside');
    expect((await world.manifest()).attempts).toMatchObject([{ number: 2, failure: expect.stringContaining('VERIFICATION_FAILED') }]);
    expect(await world.keys('landing', 'manifest', 'gen=1')).toEqual(['kinds/gen=2/dt=2026-03-01/hour=00/part-00000.parquet']);
    expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
    expect(messages(await world.compact())).toEqual([]);
    expect((await world.readThroughCatalogue()).map(({ id }) => id).sort()).toEqual(idsOf(0, 20));
  });
});

describe('a store that refuses', () => {
  const refusing = (world: LakeWorld, error: Error) =>
    world.ports((ports) => ({ ...ports, files: { ...bound(ports.files), store: () => Promise.reject(error) } }));
  test.each([
    ['a full disk', 'ENOSPC: no space left on device', /^STORE_FULL: kinds 2026-03-01 00 .*ENOSPC.* Make room/],
    ['a denied permission', 'EACCES: permission denied', /^STORE_DENIED: kinds 2026-03-01 00 .*EACCES.* Let this user/],
    [
      'a disk full of what the engine writes',
      'IO Error: Could not write file "x": No space left on device',
      /^STORE_FULL: kinds 2026-03-01 00/,
    ],
  ])('%s: the error says so, the old generation stays, nothing is left, and the next try does it', async (_name, message, named) => {
    const world = await published();
    expect(messages(await world.compact(refusing(world, new Error(message))))).toEqual([expect.stringMatching(named)]);
    expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
    expect((await world.manifest()).attempts).toEqual([]);
    expect(await world.keys('landing', 'manifest', 'gen=1')).toEqual([]);
    expect(messages(await world.compact())).toEqual([]);
    expect((await world.readThroughCatalogue()).map(({ id }) => id).sort()).toEqual(idsOf(0, 20));
  });

  test('one table cannot be read, as with too many open files: it fails by its name, and the others go on', async () => {
    const world = await published();
    const other: TableSchema = { ...kindsTable, name: 'aside' };
    const ports = world.ports();
    const list = async (prefix: string) => {
      if (prefix.startsWith('aside/')) throw new RetriableError('EMFILE: too many open files');
      return world.store.list(prefix);
    };
    const objects = Object.assign(new FolderObjectStore(world.lakeDir), { list });
    const done = await compactLake({ ...ports, objects }, { tables: [other, world.table], policy: NOW_POLICY, isRepairing: true });
    expect(done.failed.map(failureText)).toEqual(['aside: EMFILE: too many open files', 'aside: EMFILE: too many open files']);
    expect(done.compacted.map(({ table }) => table)).toEqual(['kinds']);
  });
});
