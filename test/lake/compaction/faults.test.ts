import { readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import type { ObjectFiles } from '../../../core/ports.ts';
import { setAside } from '../../../lake/compaction/aside.ts';
import { dueOf, NOW_POLICY, USUAL_POLICY } from '../../../lake/compaction/plan.ts';
import { replacePartition, revertPartition } from '../../../lake/compaction/replace.ts';
import { manifestBytes } from '../../../lake/generations/manifest.ts';
import { readTable } from '../../../lake/generations/state.ts';
import type { TableSchema } from '../../../lake/schema.ts';
import { statusOf } from '../../../lake/status.ts';
import { kindsRows, kindsTable } from '../../contract/kinds-table.ts';
import { bound, GENERATION, idsOf, MANIFEST, messages, published } from './story.ts';
import { HOUR_MS, KEPT_MS, LakeWorld } from './world.ts';

describe('a landing file that is no whole Parquet file', () => {
  test('keeps back its own hour only; queries go on without it and say so; set aside, the hour goes on', async () => {
    const world = await published();
    await world.land(kindsRows(25, 30));
    const [, second = ''] = await world.keys('gen', 'manifest');
    truncateSync(join(world.lakeDir, second), 100);
    const run = await world.compact();
    expect(messages(run)).toEqual([
      expect.stringMatching(/^FILE_UNREADABLE: kinds\/landing\/.*seg-000000002-0\.parquet is no whole Parquet file/),
    ]);
    expect(run.compacted.map(({ partition }) => partition.hour)).toEqual(['01']);
    const seen = await world.read();
    expect(seen.ids).toEqual([...idsOf(0, 10), ...idsOf(25, 30)].sort());
    expect(seen.warnings).toEqual([expect.stringContaining('its rows are not in the answer')]);
    const released: string[] = [];
    const files: ObjectFiles = { ...bound(world.store), release: async (paths) => void released.push(...paths) };
    const aside = await setAside({ objects: world.store, files }, second);
    expect(released).toEqual([join(world.lakeDir, second)]);
    expect(messages(await world.compact())).toEqual([]);
    expect(await world.read()).toEqual({ ids: seen.ids, warnings: [] });
    expect((await world.store.get(aside))?.body.byteLength).toBe(100);
  });

  test('is found though its magic bytes are there', async () => {
    const world = await published();
    const [, second = ''] = await world.keys('gen', 'manifest');
    const path = join(world.lakeDir, second);
    const bytes = readFileSync(path);
    bytes.fill(7, bytes.length - 200, bytes.length - 8);
    writeFileSync(path, bytes);
    expect(messages(await world.compact())).toEqual([expect.stringContaining('FILE_UNREADABLE')]);
    expect((await world.manifest()).attempts).toEqual([]);
  });

  test.each(['kinds/gen=1/x.parquet', 'nothing', 'kinds/landing/dt=2026-03-01/hour=00/none.parquet'])(
    'only landing files are set aside: %s',
    async (key) => {
      const world = await published();
      await expect(setAside({ objects: world.store, files: world.store }, key)).rejects.toThrow(
        /--set-aside.*allowed: the key of a landing file/,
      );
    },
  );
});

describe('a published file that is lost', () => {
  test('is replaced from the landing files while they are kept: queries and compaction lose nothing', async () => {
    const world = await published();
    await world.store.remove(GENERATION);
    const seen = await world.read();
    expect(seen.ids).toEqual(idsOf(0, 20));
    expect(seen.warnings).toEqual([expect.stringMatching(/^OBJECT_MISSING: generation 1 of kinds 2026-03-01 00 lacks a file/)]);
    expect(messages(await world.compact())).toEqual([]);
    expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
  });

  test('is replaced from the generation before', async () => {
    const world = await published();
    await world.compact();
    await world.store.remove(GENERATION.replace('gen=1', 'gen=2'));
    expect((await world.read()).ids).toEqual(idsOf(0, 20));
    expect(messages(await world.compact())).toEqual([]);
    expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
  });

  test('stops its hour with a named error when nothing is left to replace it from', async () => {
    const world = await published();
    world.nowMs += KEPT_MS + 2 * HOUR_MS;
    await world.sweep();
    expect(await world.keys('gen', 'manifest')).toEqual(['kinds/landing/dt=2026-03-01/hour=00/seg-000000002-0.parquet']);
    await world.compact();
    world.nowMs += 2 * KEPT_MS;
    await world.sweep();
    await world.land(kindsRows(20, 22));
    await world.store.remove(GENERATION.replace('gen=1', 'gen=2'));
    expect(messages(await world.compact())).toEqual([
      expect.stringMatching(/^OBJECT_MISSING: a file of kinds\/gen=2\/.* run a backfill of this hour/),
    ]);
    expect((await world.read()).warnings).toEqual([expect.stringContaining('OBJECT_MISSING')]);
  });
});

describe('a published file that is not byte for byte what was written, and still decodes', () => {
  /** Turns a bit of the note in its footer that says who wrote it. */
  const flip = async (world: LakeWorld, key: string): Promise<void> => {
    const path = join(world.lakeDir, key);
    const bytes = readFileSync(path);
    const at = bytes.lastIndexOf('DuckDB');
    expect(at).toBeGreaterThan(0);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    expect((await world.read()).warnings).toEqual([]);
  };

  test('is no base of a new generation: that is made of what landed, or of the generation before', async () => {
    const world = await published();
    await flip(world, GENERATION);
    const run = await world.compact();
    // The try that found it has taken number 2.
    expect([messages(run), run.compacted.map(({ generation }) => generation)]).toEqual([[], [3]]);
    expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
    expect((await world.manifest()).attempts).toEqual([]);
    const { number, files } = (await world.manifest()).generations.at(-1) ?? {};
    expect(files?.map(({ sha256 }) => sha256?.length)).toEqual([64]);
    // The first generation is no base either, nor is the third: all that landed is.
    await flip(world, GENERATION.replace('gen=1', `gen=${number}`));
    await world.land(kindsRows(20, 22));
    const again = await world.compact();
    expect([messages(again), again.compacted.map(({ filesBefore }) => filesBefore)]).toEqual([[], [3]]);
    expect(await world.read()).toEqual({ ids: idsOf(0, 22), warnings: [] });
  });

  test('stops its hour with a named error when what it was made of is not kept', async () => {
    const world = await published();
    world.nowMs += KEPT_MS + 2 * HOUR_MS;
    await world.sweep();
    await flip(world, GENERATION);
    expect(messages(await world.compact())).toEqual([
      expect.stringMatching(/^FILE_UNREADABLE: a file of kinds\/gen=1\/.*SHA-256 is .*, not /),
    ]);
    expect([(await world.read()).ids, (await world.manifest()).generations.length]).toEqual([idsOf(0, 20), 1]);
  });

  test('is a base if a build before this one wrote it, which kept no SHA-256', async () => {
    const world = await published();
    const { generations, ...rest } = await world.manifest();
    const bare = generations.map((one) => ({ ...one, files: one.files.map(({ sha256: _, ...file }) => file) }));
    await world.store.put(MANIFEST, manifestBytes({ ...rest, generations: bare }));
    expect(messages(await world.compact())).toEqual([]);
    expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
  });
});

describe('a manifest that Headrace did not write so', () => {
  test.each([
    ['edited', (text: string) => text.replace('"rows": 10', '"rows": 11'), 'its digest does not fit'],
    ['cut short', (text: string) => text.slice(0, 200), 'it is not JSON'],
    ['something else', () => '{}', 'it has no format, digest and body'],
    ['of another hour', (text: string) => text, 'it is the manifest of'],
  ])('%s: queries go on, compaction stops with a named error, --repair makes it anew', async (_name, edit, reason) => {
    const world = await published();
    const path = join(world.lakeDir, MANIFEST);
    const text = readFileSync(path, 'utf8');
    if (reason.startsWith('it is the manifest')) {
      await world.land(kindsRows(25, 26));
      await world.compact();
      writeFileSync(path, readFileSync(path.replace('hour=00', 'hour=01')));
    } else writeFileSync(path, edit(text));
    const seen = await world.read();
    expect(seen.ids.filter((id) => id !== 'row-25')).toEqual(idsOf(0, 20));
    expect(seen.warnings).toEqual([expect.stringContaining(reason)]);
    expect(messages(await world.compact())).toEqual([expect.stringMatching(/^MANIFEST_DAMAGED: .*headrace compact --repair/)]);
    await world.sweep();
    const repaired = await world.compact(world.ports(), true);
    expect([repaired.repaired, messages(repaired)]).toEqual([1, []]);
    const again = await world.read();
    expect(again.ids).toEqual(seen.ids);
    expect(again.warnings).toEqual([]);
    expect((await world.store.get(`${MANIFEST}.damaged`))?.body.byteLength).toBeGreaterThan(0);
  });

  test('lost: generations say by their receipts what they are', async () => {
    const world = await published();
    rmSync(join(world.lakeDir, MANIFEST));
    expect(await world.read()).toMatchObject({ ids: idsOf(0, 20), warnings: [expect.stringContaining('is not there')] });
    expect(messages(await world.compact())).toEqual([expect.stringContaining('MANIFEST_DAMAGED')]);
    expect((await world.compact(world.ports(), true)).repaired).toBe(1);
    expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
  });

  test('written by a later build: nothing touches it, --repair neither', async () => {
    const world = await published();
    const path = join(world.lakeDir, MANIFEST);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"format": 1', '"format": 2'));
    const before = readFileSync(path, 'utf8');
    expect((await world.read()).ids).toEqual(idsOf(0, 20));
    expect(messages(await world.compact(world.ports(), true))).toEqual(
      expect.arrayContaining([expect.stringMatching(/^MANIFEST_NEWER: .*has format 2/)]),
    );
    expect(readFileSync(path, 'utf8')).toBe(before);
  });
});

describe('files of another schema', () => {
  const without = (name: string): TableSchema => ({ ...kindsTable, columns: kindsTable.columns.filter((column) => column.name !== name) });

  test('an older one without a nullable column is compacted with nulls', async () => {
    const old = new LakeWorld(without('text'));
    await old.land(kindsRows(0, 5));
    const world = new LakeWorld();
    for (const key of await old.keys())
      await world.store.put(key.replace('seg-000000001', 'seg-000000009'), readFileSync(join(old.lakeDir, key)));
    await world.land(kindsRows(5, 10));
    expect(messages(await world.compact())).toEqual([]);
    const rows = await world.readThroughCatalogue();
    expect(rows.filter(({ text }) => text === null).map(({ id }) => id)).toEqual(expect.arrayContaining(['row-0', 'row-1', 'row-4']));
    expect(rows).toHaveLength(10);
  });

  test.each([
    ['a newer one with a column that this build would lose', { ...kindsTable }, without('text'), /^SCHEMA_NEWER: .*has a column text/],
    ['one without a column that every row fills', without('id'), { ...kindsTable }, /^SCHEMA_MISMATCH: .*has no column id/],
  ])('%s stops its hour, and what was published stays', async (_name, wrote, knows, message) => {
    const other = new LakeWorld(wrote);
    await other.land(kindsRows(0, 5));
    const world = new LakeWorld(knows);
    await world.land(kindsRows(5, 10));
    expect(messages(await world.compact())).toEqual([]);
    for (const key of await other.keys())
      await world.store.put(key.replace('seg-000000001', 'seg-000000009'), readFileSync(join(other.lakeDir, key)));
    expect(messages(await world.compact())).toEqual([expect.stringMatching(message)]);
    const { generations, attempts } = await world.manifest();
    expect([generations.length, attempts.length]).toEqual([1, 0]);
    expect((await world.readThroughCatalogue()).length).toBe(5);
  });

  /** Replaces columns of a landed file, or adds some. */
  const rewrite = async (world: LakeWorld, key: string, columns: string): Promise<void> => {
    const instance = await DuckDBInstance.create(':memory:');
    const db = await instance.connect();
    const path = join(world.lakeDir, key);
    await db.run(`COPY (SELECT ${columns} FROM read_parquet('${path}', hive_partitioning = false)) TO '${path}.new' (FORMAT parquet)`);
    db.closeSync();
    instance.closeSync();
    renameSync(`${path}.new`, path);
  };

  const faults = async (world: LakeWorld): Promise<(string | null)[]> =>
    (await statusOf({ objects: world.store, files: world.store }, world.table, NOW_POLICY, world.nowMs)).map(({ fault }) => fault);

  test.each([
    ['text for an integer', "* REPLACE ('x' AS small)", /column small as VARCHAR; table kinds has it as INTEGER/],
    ['an integer for text', '* REPLACE (7 AS text)', /column text as INTEGER; table kinds has it as VARCHAR/],
    ['a list for text', "* REPLACE (['x'] AS text)", /column text as VARCHAR\[\]; table kinds has it as VARCHAR/],
    ['text for bytes', "* REPLACE ('x' AS data)", /column data as VARCHAR; table kinds has it as BLOB/],
    ['a date for a time', '* REPLACE ("at"::DATE AS "at")', /column at as DATE; table kinds has it as TIMESTAMP/],
    ['another table', "'x' AS other, now() AS received", /has no column id, which every row of kinds fills/],
  ])('with %s: queries leave it out and say so, the status shows it, its hour stops', async (_name, columns, what) => {
    const world = await published();
    const [, key = ''] = await world.keys('gen', 'manifest');
    await rewrite(world, key, columns);
    const { ids, warnings } = await world.read();
    expect([ids, warnings]).toEqual([idsOf(0, 10), [expect.stringMatching(/^SCHEMA_MISMATCH: .*--set-aside .*not in the answer/)]]);
    for (const message of [...warnings, ...(await faults(world)), ...messages(await world.compact())]) {
      expect(message).toMatch(what);
      expect(message).toContain(key);
    }
    await setAside({ objects: world.store, files: world.store }, key);
    expect([await world.read(), await faults(world)]).toEqual([{ ids: idsOf(0, 10), warnings: [] }, [null]]);
  });

  test.each([
    ['without a column that rows may lack', '* EXCLUDE (text)'],
    ['with a column more', "*, 'new' AS added"],
    ['with integers and times that fit', '* REPLACE (small AS big, "at"::TIMESTAMPTZ AS "at")'],
  ])('%s are read with the others', async (_name, columns) => {
    const world = await published();
    const [, key = ''] = await world.keys('gen', 'manifest');
    await rewrite(world, key, columns);
    expect([await world.read(), await faults(world)]).toEqual([{ ids: idsOf(0, 20), warnings: [] }, [null]]);
  });
});

test('a generation that was taken back does not come again with a manifest that is made anew', async () => {
  const world = await published();
  await world.compact();
  const [state] = await readTable(world.store, 'kinds');
  if (state === undefined) throw new Error('no partition');
  const origin = 'backfill/one';
  await replacePartition(world.ports(), world.table, state, { inputs: [], origin });
  expect((await world.read()).ids).toEqual([]);
  expect(await revertPartition(world.ports(), 'kinds', state.partition, origin)).toBe(true);
  expect((await world.read()).ids).toEqual(idsOf(0, 20));
  writeFileSync(join(world.lakeDir, MANIFEST), 'damaged');
  expect((await world.read()).ids).toEqual(idsOf(0, 20));
  expect((await world.compact(world.ports(), true)).repaired).toBe(1);
  expect((await world.read()).ids).toEqual(idsOf(0, 20));
});

describe('what the witness finds different', () => {
  const lying = (world: LakeWorld, change: (sums: Record<string, string>) => void) =>
    world.ports((ports) => ({
      ...ports,
      writer: {
        clear: () => ports.writer.clear(),
        write: async (table, inputs) => {
          const written = await ports.writer.write(table, inputs);
          const columns = { ...written.tally.columns };
          change(columns);
          return { ...written, tally: { ...written.tally, columns } };
        },
      },
    }));

  test('is not published; its files stay as evidence, and nobody tries again by himself for a day', async () => {
    const world = await published();
    const run = await world.compact(lying(world, (sums) => Object.assign(sums, { big: '1:1' })));
    expect(messages(run)).toEqual([expect.stringMatching(/^VERIFICATION_FAILED: kinds\/gen=2\/.*column big 1:1 in, \d+:-?\d+ read back/)]);
    expect(await world.read()).toEqual({ ids: idsOf(0, 20), warnings: [] });
    world.nowMs += 8 * HOUR_MS;
    await world.sweep();
    expect(await world.keys('landing', 'manifest', 'gen=1')).toEqual(['kinds/gen=2/dt=2026-03-01/hour=00/part-00000.parquet']);
    const [state] = await readTable(world.store, 'kinds');
    if (state === undefined) throw new Error('no partition');
    expect(dueOf(world.table, state, { policy: USUAL_POLICY, nowMs: world.nowMs })).toMatchObject({
      action: 'failed',
      reason: expect.stringContaining('generation 2 was refused'),
    });
    expect(messages(await world.compact())).toEqual([]);
    expect((await world.readThroughCatalogue()).map(({ id }) => id).sort()).toEqual(idsOf(0, 20));
    world.nowMs += 2 * KEPT_MS;
    await world.sweep();
    expect(await world.keys('landing', 'manifest')).toEqual([
      'kinds/gen=3/dt=2026-03-01/hour=00/_receipt.json',
      'kinds/gen=3/dt=2026-03-01/hour=00/part-00000.parquet',
    ]);
  });
});
