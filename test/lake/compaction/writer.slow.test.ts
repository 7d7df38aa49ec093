import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Row } from '../../../core/ports.ts';
import { SortEngine } from '../../../lake/compaction/engine.ts';
import type { InputFile } from '../../../lake/compaction/inputs.ts';
import { tallyDifferences } from '../../../lake/compaction/tally.ts';
import { readFooter, witnessTally } from '../../../lake/compaction/witness.ts';
import { GenerationWriter, type WriterOptions, type Written } from '../../../lake/compaction/writer.ts';
import type { TableSchema } from '../../../lake/schema.ts';
import { kindsRow, kindsRows, kindsTable } from '../../contract/kinds-table.ts';
import { bufferOf, parquetRows } from '../witness.ts';
import { LakeWorld } from './world.ts';

/** A table with money and decimals of both sizes, whose rows may come in several revisions. */
const sumsTable: TableSchema = {
  name: 'sums',
  description: 'Decimals.',
  columns: [
    { name: 'scope', type: 'string', nullable: true, description: 'Group.' },
    { name: 'at', type: 'timestamp', nullable: false, description: 'Time.' },
    { name: 'revision', type: 'integer', nullable: false, description: 'Revision.' },
    { name: 'small', type: { decimal: { precision: 18, scale: 6 } }, nullable: true, description: 'Decimal.' },
    { name: 'large', type: { decimal: { precision: 38, scale: 2 } }, nullable: true, description: 'Decimal.' },
    { name: 'mean', type: 'double', nullable: true, description: 'Double.' },
  ],
  partitionColumn: 'at',
  idColumns: ['scope', 'at', 'small'],
  clusterColumns: ['scope'],
  money: [],
};

interface Done {
  readonly written: Written;
  readonly rows: readonly Row[];
  readonly differences: readonly string[];
}

/** Writes a generation of landed rows and reads it back. */
async function compacted(table: TableSchema, segments: readonly (readonly Row[])[], options: Partial<WriterOptions> = {}): Promise<Done> {
  const world = new LakeWorld(table);
  for (const rows of segments) await world.land(rows);
  return compactedFiles(world, await inputsOf(world), options);
}

async function inputsOf(world: LakeWorld): Promise<InputFile[]> {
  return (await world.keys()).map((key) => ({ key, path: join(world.lakeDir, key) }));
}

async function compactedFiles(world: LakeWorld, inputs: readonly InputFile[], options: Partial<WriterOptions> = {}): Promise<Done> {
  const { table } = world;
  const writer = new GenerationWriter({ scratch: join(world.root, 'scratch'), ...options });
  onTestFinished(() => writer.close());
  const written = await writer.write(table, inputs);
  const files = written.files.map(({ path, name }) => ({ path, key: name }));
  const rows: Row[] = [];
  for (const { path } of files) rows.push(...(await parquetRows(await bytesOf(path), table)));
  return { written, rows, differences: tallyDifferences(written.tally, await witnessTally(table, files)) };
}

async function bytesOf(path: string): Promise<ArrayBuffer> {
  const file = await asyncBufferFromFile(path);
  return bufferOf(new Uint8Array(await file.slice(0, statSync(path).size)));
}

describe('a generation', () => {
  test('holds each id once, whatever landed how often', async () => {
    const { written, rows, differences } = await compacted(kindsTable, [kindsRows(0, 20), kindsRows(10, 25), kindsRows(0, 25)]);
    expect(written).toMatchObject({ rowsIn: 60, repeatsDropped: 35, newestMs: Number(kindsRow(24)['at']) });
    expect(rows.map(({ id }) => id).sort()).toEqual(
      kindsRows(0, 25)
        .map(({ id }) => id)
        .sort(),
    );
    expect(differences).toEqual([]);
  });

  test('keeps the highest revision of a row', async () => {
    const at = Date.parse('2026-03-01T00:00:00Z');
    const row = (revision: number, large: string): Row => ({ scope: 'a', at, revision, small: '1.500000', large, mean: 0.5 });
    const { rows, written } = await compacted(sumsTable, [[row(0, '1.00')], [row(2, '3.00')], [row(1, '2.00')]]);
    expect(written.repeatsDropped).toBe(2);
    expect(rows).toMatchObject([{ revision: 2 }]);
  });

  test.each([
    [600, 3_600_000],
    [70_000, 1_800_000],
  ])('of %i rows is sorted by stretches of %i ms, then by cluster columns, then by time', async (count, sliceMs) => {
    const start = Date.parse('2026-03-01T00:00:00Z');
    const all = Array.from({ length: count }, (_, i) => ({
      ...{ id: `${i}`, big: null, real: null, yes: null, data: null, names: null, text: null },
      ...{ at: start + ((i * 7_919) % 3_600) * 1_000, small: i % 3 },
    }));
    const { rows } = await compacted(kindsTable, [all.slice(0, count / 2), all.slice(count / 2)]);
    const keys = rows.map(({ at, small }) => [Math.floor(Number(at) / sliceMs), Number(small), Number(at)] as const);
    const sorted = [...keys].sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
    expect(keys).toEqual(sorted);
    expect(rows).toHaveLength(count);
  });

  test('is ZSTD with dictionaries and statistics, in row groups of 2,048 rows where they are few', async () => {
    const start = Date.parse('2026-03-01T00:00:00Z');
    const all = Array.from({ length: 20_000 }, (_, i) => ({ ...kindsRow(i), at: start + (i % 3_600_000) }));
    const { written } = await compacted(kindsTable, [all]);
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(written.files[0]?.path ?? ''));
    expect(metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([...Array(9).fill(2_048), 1_568]);
    const columns = metadata.row_groups.flatMap((group) => group.columns.map(({ meta_data }) => meta_data));
    expect(new Set(columns.map((column) => column?.codec))).toEqual(new Set(['ZSTD']));
    const small = columns.find((column) => column?.path_in_schema[0] === 'small');
    expect(small?.encodings.join()).toContain('DICTIONARY');
    expect(small?.statistics).toMatchObject({ min_value: -1, max_value: -1 });
    expect(small?.bloom_filter_offset).toBeDefined();
  });

  test('of no rows has no file', async () => {
    const { written } = await compacted(kindsTable, []);
    expect(written).toMatchObject({ files: [], rowsIn: 0, repeatsDropped: 0, newestMs: null });
  });

  test('of wide rows is written in pieces, in the order of time, within a small memory', async () => {
    const start = Date.parse('2026-03-01T00:00:00Z');
    const wide = Buffer.alloc(60_000, 'abcdefg').toString('base64');
    const all = Array.from({ length: 2_500 }, (_, i) => ({ ...kindsRow(i), at: start + i * 1_000, data: wide, text: null }));
    const { written, differences } = await compacted(kindsTable, [all.slice(0, 1_250), all.slice(1_250)], { memoryMb: 96 });
    expect(written.files.length).toBeGreaterThan(1);
    expect(written.files.reduce((sum, { rows }) => sum + rows, 0)).toBe(2_500);
    expect(differences).toEqual([]);
    const maxima: number[] = [];
    for (const { path } of written.files) maxima.push((await readFooter(path, path)).maxima.get('at') ?? 0);
    expect(maxima).toEqual([...maxima].sort((a, b) => a - b));
  }, 60_000);

  test('of rows that do not fit in memory at one moment is refused by name', async () => {
    const at = Date.parse('2026-03-01T00:00:00Z');
    const wide = Buffer.alloc(400_000, 'abcdefg').toString('base64');
    const all = Array.from({ length: 300 }, (_, i) => ({ ...kindsRow(i), at, data: wide, text: null }));
    const segments = Array.from({ length: 6 }, (_, i) => all.slice(i * 50, i * 50 + 50));
    await expect(compacted(kindsTable, segments, { memoryMb: 64 })).rejects.toThrow(/^TOO_WIDE: rows of kinds at one moment/);
  }, 60_000);
});

describe('many small files', () => {
  /** 450 files: one row 440 times, and ten more rows. */
  async function many(world: LakeWorld): Promise<InputFile[]> {
    for (let i = 0; i < 11; i += 1) await world.land([kindsRow(i)]);
    const inputs = await inputsOf(world);
    const bytes = readFileSync(inputs[0]?.path ?? '');
    return [
      ...inputs,
      ...Array.from({ length: 439 }, (_, i) => {
        const path = join(world.root, `copy-${i}.parquet`);
        writeFileSync(path, bytes);
        return { key: path, path };
      }),
    ];
  }

  test('are merged in rounds: no statement reads more than it may, every row is counted, and the scratch folder is left empty', async () => {
    const world = new LakeWorld();
    const inputs = await many(world);
    const statements = vi.spyOn(SortEngine.prototype, 'rows');
    onTestFinished(() => statements.mockRestore());
    const { written, rows, differences } = await compactedFiles(world, inputs, { filesMax: 20 });
    const read = statements.mock.calls.map(
      ([sql]) =>
        sql
          .split('read_parquet([')[1]
          ?.split(']')[0]
          ?.match(/\.parquet'/g)?.length ?? 0,
    );
    expect(Math.max(...read)).toBe(20);
    expect(written).toMatchObject({ rowsIn: 450, repeatsDropped: 439 });
    expect(rows).toEqual((await compacted(kindsTable, [kindsRows(0, 11)])).rows);
    expect(differences).toEqual([]);
    expect(readdirSync(join(world.root, 'scratch')).sort()).toEqual(['out', 'spill']);
  }, 60_000);

  test('are each checked by their own name', async () => {
    const world = new LakeWorld();
    const inputs = await many(world);
    writeFileSync(inputs[300]?.path ?? '', 'PAR1 no more PAR1');
    await expect(compactedFiles(world, inputs, { filesMax: 20 })).rejects.toThrow(`FILE_UNREADABLE: ${inputs[300]?.key}`);
  }, 60_000);
});

describe('rows that would be lost', () => {
  /** A landing file of rows 0 to 9 whose last row has no time. */
  async function timeless(world: LakeWorld): Promise<InputFile[]> {
    await world.land(kindsRows(0, 10));
    await world.land(kindsRows(10, 20));
    const inputs = await inputsOf(world);
    const path = inputs[0]?.path ?? '';
    const engine = new SortEngine({ scratch: join(world.root, 'edit'), memoryMb: 64, threads: 1 });
    const relation = `(SELECT * REPLACE (CASE WHEN id = 'row-9' THEN NULL ELSE "at" END AS "at") FROM read_parquet('${path}', hive_partitioning = false))`;
    await engine.rows(`COPY ${relation} TO '${path}.new' (FORMAT parquet)`, true);
    renameSync(`${path}.new`, path);
    return inputs;
  }

  test.each([200, 2])('a row without a time is refused by the name of its file, with at most %i files a statement', async (filesMax) => {
    const world = new LakeWorld();
    const inputs = await timeless(world);
    const more = Array.from({ length: 3 }, () => inputs[1] as InputFile);
    await expect(compactedFiles(world, [...inputs, ...more], { filesMax })).rejects.toThrow(
      `SCHEMA_MISMATCH: ${inputs[0]?.key} has no at in 1 of its rows, which every row of kinds fills. Set it aside with headrace compact --set-aside ${inputs[0]?.key}`,
    );
  });

  test('a file whose footer counts more rows than it has is no repeat dropped', async () => {
    const world = new LakeWorld();
    await world.land(kindsRows(0, 10));
    const inputs = await inputsOf(world);
    const path = inputs[0]?.path ?? '';
    const bytes = readFileSync(path);
    // Number of rows of the file, as Thrift has it: an i64 of 10, and a list after it.
    const at = bytes.lastIndexOf(Buffer.from([0x16, 0x14, 0x19]));
    bytes[at + 1] = 0x16;
    writeFileSync(path, bytes);
    expect((await readFooter(path, path)).rows).toBe(11);
    await expect(compactedFiles(world, inputs)).rejects.toThrow(
      'VERIFICATION_FAILED: kinds: the footers of its files count 11 rows, but 10 were read. Nothing is published. Compact again',
    );
  });
});

describe('the ledger of what went in', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant(''), fc.constant(null));
  const decimal = (digits: number, scale: number): fc.Arbitrary<string | null> =>
    fc.option(
      fc.bigInt({ min: -(10n ** BigInt(digits)) + 1n, max: 10n ** BigInt(digits) - 1n }).map((value) => {
        const plain = String(value < 0n ? -value : value).padStart(scale + 1, '0');
        return `${value < 0n ? '-' : ''}${plain.slice(0, -scale)}.${plain.slice(-scale)}`;
      }),
    );
  const row = fc.record({
    scope: text,
    at: fc.integer({ min: 0, max: 3_599_999 }).map((ms) => Date.parse('2026-03-01T00:00:00Z') + ms),
    revision: fc.nat(3),
    small: decimal(18, 6),
    large: decimal(30, 2),
    mean: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 })),
  });

  test('is what another reader finds, for any values', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 60 }), async (rows) => {
        const clean = rows.map((one) => ({ ...one, scope: one.scope?.toWellFormed() ?? null }) as Row);
        const { differences } = await compacted(sumsTable, [clean]);
        expect(differences).toEqual([]);
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test('differs when a value, an id or a row does', async () => {
    const { written } = await compacted(kindsTable, [kindsRows(0, 25)]);
    const other = await compacted(kindsTable, [kindsRows(0, 25).map((one, i) => (i === 4 ? { ...one, big: 7 } : one))]);
    expect(tallyDifferences(written.tally, other.written.tally)).toEqual([expect.stringMatching(/^column big /)]);
    const renamed = await compacted(kindsTable, [kindsRows(0, 25).map((one, i) => (i === 4 ? { ...one, id: 'row-x' } : one))]);
    expect(tallyDifferences(written.tally, renamed.written.tally)).toEqual([expect.stringMatching(/^checksum of ids /)]);
    const fewer = await compacted(kindsTable, [kindsRows(0, 24)]);
    expect(tallyDifferences(written.tally, fewer.written.tally)[0]).toBe('rows 25 in, 24 read back');
  });
});
