import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { RetriableError } from '../../../core/errors.ts';
import type { Row } from '../../../core/ports.ts';
import { ledgerTable } from '../../../lake/raw-tables.ts';
import { BufferedDelivery, type BufferOptions } from '../../../local/delivery/buffer.ts';
import { FolderObjectStore } from '../../../local/objects/folder.ts';
import { DELIVERY_TABLES, deliveryContract } from '../../contract/delivery.ts';
import { kindsRow, kindsRows, kindsTable } from '../../contract/kinds-table.ts';
import { LakeWorld } from '../../lake/compaction/world.ts';
import { readLanded } from '../../lake/witness.ts';
import { testFolder } from '../folder.ts';

const ledger = ledgerTable();

async function openAt(root: string, options: Partial<BufferOptions> = {}): Promise<BufferedDelivery> {
  const objects = new FolderObjectStore(join(root, 'lake'));
  const buffer = await BufferedDelivery.open({ folder: join(root, 'delivery'), objects, tables: [...DELIVERY_TABLES, ledger], ...options });
  onTestFinished(() => buffer.close());
  return buffer;
}

const segmentsOf = (root: string): string[] => readdirSync(join(root, 'delivery', 'kinds')).sort();
const landedIn = async (root: string): Promise<Row[]> => (await readLanded(join(root, 'lake'), kindsTable)).flatMap(({ rows }) => rows);
const ids = (rows: readonly Row[]): unknown[] => rows.map((row) => row['id']).sort();

deliveryContract('buffer', async () => {
  const root = testFolder();
  const delivery = await openAt(root);
  return {
    delivery,
    arrived: async (table) => {
      await delivery.flush();
      return (await readLanded(join(root, 'lake'), table)).flatMap(({ rows }) => rows);
    },
  };
});

describe('landing files', () => {
  test('hold one UTC hour each, rows in the order of delivery, with dictionaries, statistics and the right count', async () => {
    const root = testFolder();
    const buffer = await openAt(root);
    await buffer.deliver([{ table: 'kinds', rows: kindsRows(0, 75).reverse() }]);
    await buffer.flush();
    const files = await readLanded(join(root, 'lake'), kindsTable);
    expect(files.map(({ name }) => name)).toEqual([0, 1, 2].map((hour) => `dt=2026-03-01/hour=0${hour}/seg-000000001-0.parquet`));
    for (const [hour, { rows, metadata }] of files.entries()) {
      expect(rows).toEqual(kindsRows(hour * 25, hour * 25 + 25).reverse());
      expect(metadata.num_rows).toBe(25n);
      const columns = metadata.row_groups.flatMap((group) => group.columns.map((column) => column.meta_data));
      const small = columns.find((column) => column?.path_in_schema.join('.') === 'small');
      expect(small?.encodings.join()).toContain('DICTIONARY');
      expect(small?.codec).toBe('SNAPPY');
      expect(small?.statistics).toMatchObject({ min_value: -1, max_value: 1 });
      expect(small?.statistics?.null_count).toBe(BigInt(rows.filter((row) => row['small'] === null).length));
    }
  });

  test('of a segment over very many hours are all there', async () => {
    const root = testFolder();
    const buffer = await openAt(root);
    const rows = kindsRows(0, 25 * 150);
    await buffer.deliver([{ table: 'kinds', rows }]);
    await buffer.flush();
    const files = await readLanded(join(root, 'lake'), kindsTable);
    expect(files).toHaveLength(150);
    expect(files.flatMap((file) => file.rows)).toEqual(rows);
  });

  test('have exact decimals', async () => {
    const root = testFolder();
    const column = { name: 'exact', type: { decimal: { precision: 38, scale: 3 } }, nullable: false, description: 'Sum.' } as const;
    const table = { ...kindsTable, columns: [...kindsTable.columns, column] };
    const buffer = await openAt(root, { tables: [table] });
    await buffer.deliver([{ table: 'kinds', rows: [{ ...kindsRow(0), exact: '-12.345' }] }]);
    await buffer.flush();
    const [file] = await readLanded(join(root, 'lake'), table);
    expect(file?.rows[0]?.['exact']).toBe(-12.345);
    expect(file?.metadata.schema.find(({ name }) => name === 'exact')).toMatchObject({ precision: 38, scale: 3 });
  });

  test('take half a surrogate pair as U+FFFD, so that no text can stop landing', async () => {
    const root = testFolder();
    const buffer = await openAt(root);
    await buffer.deliver([
      {
        table: 'kinds',
        rows: [
          { ...kindsRow(0), text: 'a\ud800b' },
          { ...kindsRow(1), text: '\\ud800' },
        ],
      },
    ]);
    await buffer.flush();
    expect((await landedIn(root)).map((row) => row['text'])).toEqual(['a\ufffdb', '\\ud800']);
  });

  test('of the ledger are written row by row', async () => {
    const root = testFolder();
    const buffer = await openAt(root);
    const row = { shard_id: 's-1', seen: 3, accepted: 2, late: 0, duplicate: 0, quarantined: 1, misrouted: 0 };
    const rows = [
      { recorded_at: 1_700_000_000_123, ...row, hi: '0042', watermark: 1_700_000_000_000, closed: 1_699_999_000_000 },
      { recorded_at: 1_700_003_600_000, ...row, hi: null, watermark: null, closed: null },
    ];
    await buffer.deliver([{ table: 'ledger', rows }]);
    await buffer.flush();
    const files = await readLanded(join(root, 'lake'), ledger);
    expect(files.flatMap((file) => file.rows)).toEqual(rows);
    expect(files.map(({ metadata }) => metadata.created_by)).toEqual(['parquet.js', 'parquet.js']);
  });
});

describe('a buffer after a crash', () => {
  test('lands what an unclosed one had taken, once', async () => {
    const root = testFolder();
    await (await openAt(root)).deliver([{ table: 'kinds', rows: kindsRows(0, 10) }]);
    const buffer = await openAt(root);
    await buffer.deliver([{ table: 'kinds', rows: kindsRows(10, 20) }]);
    await buffer.flush();
    expect(ids(await landedIn(root))).toEqual(ids(kindsRows(0, 20)));
  });

  test.each([['{"id":"torn'], [`{"id":"${'x'.repeat(200_000)}`]])('cuts a torn last line (%.12s)', async (torn) => {
    const root = testFolder();
    await (await openAt(root)).deliver([{ table: 'kinds', rows: kindsRows(0, 3) }]);
    appendFileSync(join(root, 'delivery', 'kinds', '000000001.ndjson'), torn);
    const buffer = await openAt(root);
    await buffer.deliver([{ table: 'kinds', rows: kindsRows(3, 5) }]);
    await buffer.flush();
    expect(ids(await landedIn(root))).toEqual(ids(kindsRows(0, 5)));
  });

  test('whose landing ended before its segment was removed lands the same files again', async () => {
    const root = testFolder();
    const first = await openAt(root);
    await first.deliver([{ table: 'kinds', rows: kindsRows(0, 60) }]);
    const segment = join(root, 'delivery', 'kinds', '000000001.ndjson');
    copyFileSync(segment, `${segment}.kept`);
    await first.flush();
    const before = await readLanded(join(root, 'lake'), kindsTable);
    await first.close();
    copyFileSync(`${segment}.kept`, segment);
    rmSync(join(root, 'lake', 'kinds', 'landing', before[1]?.name ?? ''));
    const second = await openAt(root);
    await second.flush();
    expect(await readLanded(join(root, 'lake'), kindsTable)).toEqual(before);
    expect(existsSync(segment)).toBe(false);
  });

  test('ignores files that a crashed landing left half-made', async () => {
    const root = testFolder();
    await (await openAt(root)).deliver([{ table: 'kinds', rows: kindsRows(0, 3) }]);
    mkdirSync(join(root, 'lake', '.tmp', 'land-kinds'), { recursive: true });
    writeFileSync(join(root, 'lake', '.tmp', 'land-kinds', 'half.parquet'), 'PAR1');
    await (await openAt(root)).flush();
    expect(ids(await landedIn(root))).toEqual(ids(kindsRows(0, 3)));
  });

  test('that was killed with -9 has every row it acknowledged', async () => {
    const root = testFolder();
    const url = (path: string): string => JSON.stringify(new URL(`../../../${path}`, import.meta.url).href);
    const script = `
      import { BufferedDelivery } from ${url('local/delivery/buffer.ts')};
      import { FolderObjectStore } from ${url('local/objects/folder.ts')};
      import { kindsRow, kindsTable } from ${url('test/contract/kinds-table.ts')};
      const objects = new FolderObjectStore(${JSON.stringify(join(root, 'lake'))});
      const buffer = await BufferedDelivery.open({ folder: ${JSON.stringify(join(root, 'delivery'))}, objects, tables: [kindsTable], rowsMax: 40 });
      for (let i = 0; ; i += 1) {
        await buffer.deliver([{ table: 'kinds', rows: [kindsRow(i)] }]);
        process.stdout.write(i + '\\n');
        if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.length > 2_000) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const acknowledged = Number(printed.slice(0, printed.lastIndexOf('\n')).split('\n').at(-1));
    await (await openAt(root)).flush();
    const landed = ids(await landedIn(root));
    expect(new Set(landed).size).toBe(landed.length);
    expect(landed).toEqual(expect.arrayContaining(ids(kindsRows(0, acknowledged + 1))));
    expect(landed.length).toBeLessThanOrEqual(acknowledged + 2);
  });
});

describe('segment numbers', () => {
  test('never come back, so that no landed file is overwritten', async () => {
    const root = testFolder();
    for (let i = 0; i < 3; i += 1) {
      const buffer = await openAt(root);
      await buffer.deliver([{ table: 'kinds', rows: [kindsRow(i)] }]);
      await buffer.flush();
      await buffer.close();
      if (i === 1) rmSync(join(root, 'delivery'), { recursive: true });
    }
    const names = (await readLanded(join(root, 'lake'), kindsTable)).map(({ name }) => name.split('/').at(-1));
    expect(names).toEqual(['seg-000000001-0.parquet', 'seg-000000002-0.parquet', 'seg-000000003-0.parquet']);
  });

  test('do not come back when a generation has taken the place of what landed', async () => {
    const world = new LakeWorld();
    await world.land(kindsRows(0, 3));
    await world.compact();
    for (const key of await world.keys('gen', 'manifest')) await world.store.remove(key);
    rmSync(join(world.root, 'delivery'), { recursive: true });
    await world.land(kindsRows(3, 5));
    expect((await world.read()).ids).toHaveLength(5);
  });

  test('do not grow when there is nothing to land', async () => {
    const root = testFolder();
    const buffer = await openAt(root);
    await buffer.flush();
    await buffer.flush();
    expect(segmentsOf(root)).toEqual(['000000001.ndjson']);
  });
});

describe('a full segment', () => {
  test.each([{ rowsMax: 10 }, { bytesMax: 1_500 }])('lands without a flush (%o)', async (limits) => {
    const root = testFolder();
    const buffer = await openAt(root, limits);
    for (let i = 0; i < 30; i += 1) await buffer.deliver([{ table: 'kinds', rows: [kindsRow(i)] }]);
    await vi.waitFor(() => expect(segmentsOf(root)).toHaveLength(1), { timeout: 5_000 });
    expect((await landedIn(root)).length).toBeGreaterThanOrEqual(20);
    await buffer.flush();
    expect(ids(await landedIn(root))).toEqual(ids(kindsRows(0, 30)));
  });
});

describe('a landing that fails', () => {
  test('is a retriable error, keeps its rows, and ends well once the cause is gone', async () => {
    const root = testFolder();
    const buffer = await openAt(root);
    mkdirSync(join(root, 'lake', 'kinds'), { recursive: true });
    writeFileSync(join(root, 'lake', 'kinds', 'landing'), 'in the way');
    await buffer.deliver([{ table: 'kinds', rows: kindsRows(0, 5) }]);
    await expect(buffer.flush()).rejects.toThrow(RetriableError);
    rmSync(join(root, 'lake', 'kinds', 'landing'));
    await vi.waitFor(() => buffer.flush(), { timeout: 5_000 });
    expect(ids(await landedIn(root))).toEqual(ids(kindsRows(0, 5)));
  });

  test('rows of a table that nobody declared are a bug', async () => {
    const buffer = await openAt(testFolder());
    await expect(buffer.deliver([{ table: 'nope', rows: kindsRows(0, 1) }])).rejects.toThrow('table nope is not one of kinds');
  });
});
