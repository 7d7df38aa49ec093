import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dueOf, NOW_POLICY } from '../../../lake/compaction/plan.ts';
import { CheckedObjects, checkFooter } from '../../../lake/generations/checked.ts';
import { readTable } from '../../../lake/generations/state.ts';
import { statusOf } from '../../../lake/status.ts';
import { kindsRows } from '../../contract/kinds-table.ts';
import { HOUR_MS, KEPT_MS, LakeWorld } from './world.ts';

const idsOf = (from: number, to: number): string[] =>
  kindsRows(from, to)
    .map(({ id }) => String(id))
    .sort();
const messages = ({ failed }: Awaited<ReturnType<LakeWorld['compact']>>): string[] => failed.map(({ error }) => (error as Error).message);
const FIRST = 'kinds/gen=1/dt=2026-03-01/hour=00/part-00000.parquet';
const SECOND = FIRST.replace('gen=1', 'gen=2');

/** Changes bytes of a stored file and leaves its length as it was. */
function damage(world: LakeWorld, key: string, change: (bytes: Buffer) => unknown): void {
  const path = join(world.lakeDir, key);
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
}

/** Compacts as a person asks for it: files of generations are looked at. */
const compactAsked = (world: LakeWorld, isRepairing = false) =>
  world.compact(
    world.ports((ports) => ({ ...ports, objects: new CheckedObjects(ports) })),
    isRepairing,
  );

const statusesOf = (world: LakeWorld) =>
  statusOf(
    { objects: new CheckedObjects({ objects: world.store, files: world.store }), files: world.store },
    world.table,
    NOW_POLICY,
    world.nowMs,
  );

/** Rows 0 to 9 published, rows 10 to 19 landed since. */
async function published(): Promise<LakeWorld> {
  const world = new LakeWorld();
  await world.land(kindsRows(0, 10));
  expect(messages(await world.compact())).toEqual([]);
  await world.land(kindsRows(10, 20));
  return world;
}

const ENDS: readonly [string, (bytes: Buffer) => unknown, string][] = [
  ['its last magic bytes', (bytes) => bytes.fill(0, bytes.length - 4), 'does not end with PAR1'],
  ['its first magic bytes', (bytes) => bytes.fill(0, 0, 4), 'does not begin with PAR1'],
  ['the length of its footer', (bytes) => bytes.writeUInt32LE(0x7fffffff, bytes.length - 8), 'its footer would have 2147483647 bytes'],
];

/** Overwrites everything between the first magic bytes and the footer. */
const pages = (bytes: Buffer): unknown => bytes.fill(0x55, 4, bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8));
const footer = (bytes: Buffer): unknown => bytes.fill(7, bytes.length - 200, bytes.length - 8);

describe('a file that is damaged between intact ends', () => {
  test.each([
    ['its footer', footer, 'its footer cannot be read', false],
    ['its rows', pages, 'its rows cannot be read', true],
  ] as const)(
    'in %s: queries find it, go on with the generation before, and say what makes the hour anew',
    async (_name, change, what, isRemoved) => {
      const world = await published();
      await world.compact();
      damage(world, SECOND, change);
      const { ids, warnings } = await world.read();
      expect(ids).toEqual(idsOf(0, 20));
      expect(warnings).toEqual([
        expect.stringMatching(/^FILE_UNREADABLE: generation 2 of kinds .*read is generation 1 .*headrace compact/),
      ]);
      expect(warnings[0]).toContain(`${SECOND} is no whole Parquet file: ${what}`);
      expect(warnings[0]?.includes('remove that file first')).toBe(isRemoved);
      if (isRemoved) await world.store.remove(SECOND);
      expect((await compactAsked(world)).compacted.map(({ generation }) => generation)).toEqual([3]);
      expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
    },
  );

  test('and the one before it, too: queries take what landed', async () => {
    const world = await published();
    await world.compact();
    damage(world, SECOND, pages);
    damage(world, FIRST, footer);
    const { ids, warnings } = await world.read();
    expect(ids).toEqual(idsOf(0, 20));
    expect(warnings).toEqual([expect.stringContaining('read is what landed')]);
  });

  test.each([
    ['its footer', footer],
    ['its rows', pages],
  ] as const)('is a landing file, in %s: queries take the rest and name it; compaction names it, too', async (_name, change) => {
    const world = await published();
    const [landed = ''] = (await world.keys('gen=', 'manifest/')).slice(-1);
    damage(world, landed, change);
    const aside = `--set-aside ${landed}`;
    expect(await world.read()).toEqual({ ids: idsOf(0, 10), warnings: [expect.stringMatching(/^FILE_UNREADABLE: /)] });
    expect((await world.read()).warnings[0]).toContain(aside);
    const [message = ''] = messages(await world.compact());
    expect(message).toMatch(/^FILE_UNREADABLE: /);
    expect(message).toContain(aside);
  });

  test('is passed over when new files land: the hour is made anew from what is kept', async () => {
    const world = await published();
    damage(world, FIRST, pages);
    expect(messages(await world.compact())).toEqual([]);
    expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
  });

  test('is not looked for when the query itself is wrong', async () => {
    const world = await published();
    await expect(world.ask("SELECT error('my file')")).rejects.toThrow('my file');
  });
});

describe('a published file that is damaged, as long as it was', () => {
  test.each(ENDS)(
    'in %s: queries read what is left and say how to go on, and compaction makes the hour anew',
    async (_name, change, what) => {
      const world = await published();
      await world.compact();
      damage(world, SECOND, change);
      const seen = await world.read();
      expect(seen.ids).toEqual(idsOf(0, 20));
      expect(seen.warnings).toEqual([
        expect.stringMatching(/^FILE_UNREADABLE: generation 2 of kinds .*read is generation 1 .*headrace compact/),
      ]);
      expect(seen.warnings[0]).toContain(what);
      const done = await compactAsked(world);
      expect(messages(done)).toEqual([]);
      expect(done.compacted.map(({ generation }) => generation)).toEqual([3]);
      expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
    },
  );

  test('gives way to the landing files while they are kept', async () => {
    const world = await published();
    damage(world, FIRST, (bytes) => bytes.fill(0, bytes.length - 4));
    expect((await world.read()).ids).toEqual(idsOf(0, 20));
    expect(messages(await compactAsked(world))).toEqual([]);
    expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
  });

  test('in its footer between them: compaction that a person asks for finds it', async () => {
    const world = await published();
    await world.compact();
    damage(world, SECOND, (bytes) => bytes.fill(7, bytes.length - 200, bytes.length - 8));
    expect(await statusesOf(world)).toMatchObject([
      {
        rows: 0,
        due: { action: 'compact', reason: 'a file of generation 2 cannot be read' },
        fault: expect.stringMatching(/^FILE_UNREADABLE: kinds\/gen=2/),
      },
    ]);
    expect(messages(await compactAsked(world))).toEqual([]);
    expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
    expect(await statusesOf(world)).toMatchObject([{ rows: 20, fault: null }]);
  });

  test('with --repair is not taken into a manifest that is made anew', async () => {
    const world = await published();
    await world.compact();
    damage(world, SECOND, (bytes) => bytes.fill(0, bytes.length - 4));
    damage(world, 'kinds/manifest/dt=2026-03-01/hour=00.json', (bytes) => bytes.fill(0));
    const done = await compactAsked(world, true);
    expect([messages(done), done.repaired]).toEqual([[], 1]);
    expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
  });

  test('is passed over when new files land, though nobody has looked at it', async () => {
    const world = await published();
    damage(world, FIRST, (bytes) => bytes.fill(0, bytes.length - 4));
    expect(messages(await world.compact())).toEqual([]);
    expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
  });

  test('stops its hour with a named error when nothing is left to replace it from', async () => {
    const world = await published();
    await world.compact();
    world.nowMs += KEPT_MS + 2 * HOUR_MS;
    await world.sweep();
    damage(world, SECOND, (bytes) => bytes.fill(0, bytes.length - 4));
    expect(messages(await compactAsked(world))).toEqual([expect.stringMatching(/^FILE_UNREADABLE: .*earlier version of the object/)]);
    expect((await world.manifest()).generations.map(({ number }) => number)).toEqual([2]);
  });
});

test('the footer of a small file is read with one request', async () => {
  const world = await published();
  const asked: string[] = [];
  const files = {
    part: (key: string, from: number, to: number) => {
      asked.push(key);
      return world.store.part(key, from, to);
    },
  };
  for (const object of await world.store.list('kinds/gen=1/')) {
    if (object.key.endsWith('.parquet')) expect(await checkFooter(files, object)).toBeUndefined();
  }
  expect(asked).toEqual([FIRST]);
});

test('of a published file that is gone the status counts no rows, and names it with what to do', async () => {
  const world = await published();
  await world.store.remove(FIRST);
  expect(await statusesOf(world)).toMatchObject([
    {
      rows: 10,
      files: 1,
      newFiles: 1,
      fault: expect.stringMatching(/^OBJECT_MISSING: kinds\/gen=1\/.* is not there.*headrace compact makes/),
    },
  ]);
  expect((await world.read()).warnings).toEqual([expect.stringMatching(/^OBJECT_MISSING: .*headrace compact makes/)]);
  const [state] = await readTable(world.store, 'kinds');
  expect(state && dueOf(world.table, state, { policy: NOW_POLICY, nowMs: world.nowMs }).reason).toBe('a file of generation 1 is lost');
});
