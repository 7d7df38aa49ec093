import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { namedQueries } from '../../glue/queries.ts';
import { SCRATCH_FOLDER } from '../../lake/object-key.ts';
import { tablesOf } from '../../lake/tables.ts';
import { FolderObjectStore } from '../../local/objects/folder.ts';
import { pipeline } from '../../pipelines/payments/pipeline.ts';
import { headrace } from './command-line.ts';
import { payment } from './payments.ts';

const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const DATA = join(root, 'data');
const SUMS = ['partitions', 'files_before', 'files_after', 'bytes_before', 'bytes_after', 'rows', 'repeats_dropped'];
const LATE = join(root, 'late.ndjson');
const COUNT = 'SELECT count(*) FROM transactions';
const store = new FolderObjectStore(join(DATA, 'lake'));

async function count(...args: readonly string[]): Promise<string> {
  const { out, err, code } = await headrace('query', COUNT, '--data', DATA, '--format', 'csv', ...args);
  expect(code, err).toBe(0);
  return out.trim().split(/\s+/).at(-1) ?? '';
}

interface Shown {
  readonly tables: readonly {
    readonly table: string;
    readonly rows: number;
    readonly partitions: readonly { readonly generation: number | null; readonly compaction: string; readonly fault: string | null }[];
  }[];
}

async function shown(table: string): Promise<Shown['tables'][number] | undefined> {
  const { out } = await headrace('lake', '--data', DATA, '--json');
  return (JSON.parse(out) as Shown).tables.find((one) => one.table === table);
}

describe('a lake that is compacted', () => {
  let before = '';

  beforeAll(async () => {
    const input = join(root, 'payments.ndjson');
    writeFileSync(input, `${[payment('p1', 0, '12.50'), payment('p2', 3, '310.00'), payment('p3', 4, '12,5')].join('\n')}\n`);
    writeFileSync(LATE, `${payment('p9', 5, '7.00')}\n`);
    const run = await headrace('run', '--input', input, '--data', DATA);
    expect(run.code, run.err).toBe(0);
  }, 240_000);

  test('lake shows what is new, compact ends with exactly its sums, and then there is nothing to do', async () => {
    expect(await shown('transactions')).toMatchObject({ rows: 2, partitions: [{ generation: null, compaction: 'compact', fault: null }] });
    const { out, code, err } = await headrace('compact', '--data', DATA, '--json');
    expect(code, err).toBe(0);
    const sums = JSON.parse(out) as Record<string, number>;
    expect(Object.keys(sums)).toEqual(SUMS);
    expect(sums['partitions']).toBeGreaterThan(5);
    expect(sums['repeats_dropped']).toBe(0);
    expect(await shown('transactions')).toMatchObject({ rows: 2, partitions: [{ generation: 1, compaction: 'none' }] });
    expect((await headrace('compact', '--data', DATA)).out).toContain('Nothing new has landed.');
    const words = await headrace('lake', '--data', DATA, '--table', 'transactions');
    expect(words.out).toMatch(/^hour +generation +files +bytes +rows +newest +to compact$/m);
    expect((await headrace('ledger', '--data', DATA)).out).toContain('the archive agrees');
    before = new Date().toISOString();
  }, 240_000);

  test('a later file makes a new generation, and --as-of shows what there was before', async () => {
    await sleep(5);
    const run = await headrace('run', '--append', '--input', LATE, '--data', DATA);
    expect(run.code, run.err).toBe(0);
    expect(await count()).toBe('3');
    expect(await count('--as-of', before)).toBe('2');
    const { out } = await headrace('compact', '--data', DATA, '--table', 'transactions', '--json');
    expect(JSON.parse(out)).toMatchObject({ partitions: 1, files_before: 2, files_after: 1, rows: 3 });
    expect(await count()).toBe('3');
    expect(await count('--as-of', before)).toBe('2');
    expect((await shown('transactions'))?.partitions).toMatchObject([{ generation: 2 }]);
  }, 240_000);

  test.each(namedQueries(new Set(tablesOf(pipeline).map(({ name }) => name))).map(({ name }) => [name]))(
    'query --named %s answers on it',
    async (name) => {
      const { code, err, out } = await headrace('query', '--named', name, '--data', DATA, '--format', 'csv');
      expect(code, err).toBe(0);
      expect(out).toContain('\r\n');
    },
  );

  test('query --named list says what there is', async () => {
    expect((await headrace('query', '--named', 'list')).out).toMatch(/^fraud-by-terminal-and-week +Terminals with fraud/m);
  });

  test('what is damaged is named, exits with 1, and --repair and --set-aside mend it', async () => {
    const [manifest] = await store.list('transactions/manifest/');
    const path = join(DATA, 'lake', manifest?.key ?? '');
    appendFileSync(path, 'x');
    const read = await headrace('query', COUNT, '--data', DATA, '--format', 'csv');
    expect([read.code, read.err]).toEqual([0, expect.stringContaining('Warning: MANIFEST_DAMAGED')]);
    const stopped = await headrace('compact', '--data', DATA);
    expect([stopped.code, stopped.err]).toEqual([1, expect.stringContaining('headrace compact --repair')]);
    expect((await headrace('lake', '--data', DATA)).code).toBe(1);
    const repaired = await headrace('compact', '--data', DATA, '--repair');
    expect([repaired.code, repaired.out]).toEqual([0, expect.stringContaining('1 manifest made anew')]);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ format: 1 });
    await headrace('run', '--append', '--input', again(), '--data', DATA);
    const key = (await store.list('transactions/landing/')).at(-1)?.key ?? '';
    truncateSync(join(DATA, 'lake', key), 9);
    const unreadable = await headrace('compact', '--data', DATA);
    expect([unreadable.code, unreadable.err]).toEqual([1, expect.stringContaining(`--set-aside ${key}`)]);
    const aside = await headrace('compact', '--data', DATA, '--set-aside', key);
    expect([aside.code, aside.out.trim()]).toEqual([0, key.replace('landing', 'aside')]);
    expect((await headrace('compact', '--data', DATA)).code).toBe(0);
    expect(await count()).toBe('3');
  }, 240_000);

  test.each([
    ['OBJECT_MISSING', (path: string) => rmSync(path)],
    ['FILE_UNREADABLE', zeroEnd],
  ])(
    'a published file that is lost, %s: lake exits with 1, query goes on, compact makes the hour anew',
    async (fault, lose) => {
      const key = (await store.list('transactions/gen=')).filter((one) => one.key.endsWith('.parquet')).at(-1)?.key ?? '';
      lose(join(DATA, 'lake', key));
      const lake = await headrace('lake', '--data', DATA, '--table', 'transactions');
      expect([lake.code, lake.out]).toEqual([1, expect.stringMatching(new RegExp(`^${fault}: ${key} `, 'm'))]);
      expect((await shown('transactions'))?.partitions).toMatchObject([{ compaction: 'compact', fault: expect.stringContaining(fault) }]);
      const read = await headrace('query', COUNT, '--data', DATA, '--format', 'csv');
      expect([read.code, read.out.trim().split(/\s+/).at(-1), read.err]).toEqual([
        0,
        '3',
        expect.stringMatching(`Warning: ${fault}: .*headrace compact`),
      ]);
      const made = await headrace('compact', '--data', DATA);
      expect(made.code, made.err).toBe(0);
      expect((await headrace('lake', '--data', DATA)).code).toBe(0);
      expect(await count()).toBe('3');
    },
    240_000,
  );
});

test('a full disk at the lock: compact ends with one named line and exits with 1', async () => {
  const folder = join(DATA, 'lake', SCRATCH_FOLDER, 'compaction');
  symlinkSync('/dev/full', join(folder, `lock.${process.pid}`));
  const { code, err } = await headrace('compact', '--data', DATA);
  expect([code, err]).toEqual([1, expect.stringMatching(/^headrace compact: STORE_FULL: [^\n]*ENOSPC[^\n]* Make room[^\n]*\n$/)]);
  expect((await headrace('compact', '--data', DATA)).code).toBe(0);
});

test('a lake on a read-only file system: compact ends with one named line and exits with 1', async () => {
  const data = join(root, 'read-only');
  mkdirSync(data);
  copyFileSync(join(DATA, 'headrace.json'), join(data, 'headrace.json'));
  symlinkSync('/sys/kernel', join(data, 'lake'));
  const { code, err } = await headrace('compact', '--data', data);
  expect([code, err]).toEqual([1, expect.stringMatching(/^headrace compact: STORE_DENIED: [^\n]* Let this user[^\n]*\n$/)]);
});

/** Damages the end of a file and leaves its length as it was. */
function zeroEnd(path: string): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0, bytes.length - 8));
}

/** One more payment, in a file of its own. */
function again(): string {
  const file = join(root, 'again.ndjson');
  writeFileSync(file, `${payment('p10', 6, '8.00')}\n`);
  return file;
}
