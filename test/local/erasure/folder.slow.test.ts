import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createParser } from '../../../core/events/parser.ts';
import { subjectOf } from '../../../lake/erasure/subject.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { erasureSecret } from '../../../local/erasure/secret.ts';
import { dataFolder, readMeta, writeMeta } from '../../../local/runtime/folder.ts';
import { LakeSql } from '../../../local/sql/lake-sql.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { headrace } from '../../cli/command-line.ts';
import { type Dump, dump, fed, filesWith, filled, KEY, payment } from './world.ts';

const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const BEFORE = join(root, 'before');
let before: Dump;

const copied = (name: string): string => {
  const path = join(root, name);
  rmSync(path, { recursive: true, force: true });
  cpSync(BEFORE, path, { recursive: true });
  return path;
};
const forgotten = (data: string, ...flags: readonly string[]) => headrace('forget', '--customer', KEY, '--data', data, '--json', ...flags);
const pseudonymIn = (data: string): string => subjectOf(pipeline, 'customer_id', KEY, erasureSecret(data)).pseudonym;

beforeAll(async () => {
  await filled(BEFORE);
  erasureSecret(BEFORE);
  before = await dump(BEFORE);
}, 240_000);

describe('a folder after forget', () => {
  let data = '';
  let after: Dump;
  beforeAll(async () => {
    data = copied('after');
    const { code, out, err } = await forgotten(data, '--by', 'J. Doe');
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'done', receipt: { status: 'done', by: 'J. Doe', field: 'customer_id' } });
    after = await dump(data);
  }, 240_000);

  test('has the key and what is personal nowhere, in no file and no state', async () => {
    // The search finds it where it was.
    const was = await filesWith(BEFORE, [KEY, 'phone-of-ada']);
    expect(was.length).toBeGreaterThan(10);
    expect(was.some((path) => path.startsWith('state'))).toBe(true);
    expect(await filesWith(data, [KEY, 'phone-of-ada'])).toEqual([]);
  }, 240_000);

  test('has every other row as it was', () => {
    for (const [table, rows] of Object.entries(before)) {
      const now = new Set(after[table]);
      const changed = rows.filter((row) => !now.has(row));
      expect(after[table]).toHaveLength(rows.length);
      for (const row of changed) expect(row, table).not.toMatch(/"bob"|"b\d"|context/);
      if (table === 'ledger') expect(changed).toEqual([]);
      if (['archive', 'transactions', 'labels', 'decisions', 'alerts', 'late_events', 'quarantine'].includes(table))
        expect(changed.length, table).toBeGreaterThan(0);
    }
  });

  test('has masked rows that differ in masked columns only', async () => {
    const masked = ['customer_id', 'partition_key', 'key', 'data', 'device_id', 'lat', 'lon', 'alert_id', 'alert_group', 'message'];
    expect(await dump(data, masked)).toEqual(await dump(BEFORE, masked));
  });

  test('has an archive that reads as the masked rows say, and a ledger that agrees', async () => {
    const parse = createParser(pipeline);
    const sql = await LakeSql.open({ lakeDir: join(data, 'lake'), tables: tablesOf(pipeline) });
    const archived = await sql.query(
      `SELECT to_base64(a.data), t.customer_id, t.event_id, t.amount_minor, t.device_id FROM archive a JOIN transactions t USING (shard_id, sequence, sub_sequence) WHERE a.kind = 'record' AND t.customer_id LIKE 'erased-%'`,
    );
    await sql.close();
    expect(archived.rows.length).toBe(5);
    expect(new Set(archived.rows.map(([, key]) => key))).toEqual(new Set([pseudonymIn(data)]));
    for (const [bytes, key, id, amount, device] of archived.rows) {
      const parsed = parse({
        position: '',
        sequence: '0',
        subSequence: 0,
        arrivalMs: Date.now(),
        partitionKey: '',
        bytes: Buffer.from(String(bytes), 'base64'),
      });
      expect('event' in parsed && parsed.event).toMatchObject({ id, key });
      expect('event' in parsed && [parsed.event.values['amount'], parsed.event.values['device_id'] ?? null]).toEqual([
        Number(amount),
        device,
      ]);
    }
    const again = join(root, 'ledger');
    cpSync(data, again, { recursive: true });
    // It lands a row of its own.
    expect((await headrace('ledger', '--data', again)).out).toContain('the archive agrees');
  });

  test('does not show what was at an earlier time, keeps others there, and says so', async () => {
    const asOf = new Date(Date.now() - 3_600_000).toISOString();
    const { out, err, code } = await headrace(
      'query',
      '--data',
      data,
      '--as-of',
      asOf,
      '--format',
      'csv',
      'SELECT customer_id FROM transactions',
    );
    expect(code).toBe(0);
    expect(out).not.toContain('neil');
    expect(out).toContain('bob');
    expect(err).toContain('the history of transactions');
  });

  test('is left alone by the same command, and lists a receipt without the key', async () => {
    expect(JSON.parse((await forgotten(data)).out)).toMatchObject({ outcome: 'already' });
    expect(await dump(data)).toEqual(after);
    const { out } = await headrace('forget', '--list', '--data', data);
    expect(out).toContain(pseudonymIn(data));
    expect(out).not.toContain('neil');
  });

  test('closes its open windows as a stream of the masked events would', async () => {
    const [masked, plain] = [copied('closed'), join(root, 'plain')];
    expect((await forgotten(masked)).code).toBe(0);
    const sql = await LakeSql.open({ lakeDir: join(masked, 'lake'), tables: tablesOf(pipeline) });
    const { rows } = await sql.query(
      `SELECT to_base64(data) FROM archive WHERE kind = 'record' ORDER BY lpad(sequence, 56, '0'), sub_sequence`,
    );
    await sql.close();
    const lines = rows.map(([bytes]) => Buffer.from(String(bytes), 'base64').toString());
    const end = [payment('end', '20:00:00', { customer_id: 'zoe' })];
    await fed(plain, lines);
    for (const folder of [masked, plain]) {
      writeFileSync(join(root, 'end.ndjson'), `${end[0]}\n`);
      expect((await headrace('run', '--append', '--input', join(root, 'end.ndjson'), '--data', folder)).code).toBe(0);
    }
    const place = [
      'shard_id',
      'sequence',
      'sub_sequence',
      'arrival_time',
      'partition_key',
      'watermark',
      'recorded_at',
      'hi',
      'context',
      'tile_frontier',
    ];
    const [a, b] = [await dump(masked, place), await dump(plain, place)];
    for (const table of [
      'transactions',
      'labels',
      'payments_1m',
      'payments_1h',
      'terminal_1h',
      'customer_session',
      'decisions',
      'alerts',
      'quarantine',
    ])
      expect(a[table], table).toEqual(b[table]);
    expect(a['customer_session']?.some((row) => row.includes('erased-'))).toBe(true);
  }, 240_000);
});

describe('forget refuses', () => {
  test('a key that nobody has, with exit code 1 and nothing changed', async () => {
    const data = copied('nobody');
    const { code, out } = await headrace('forget', '--customer', 'nobody', '--data', data);
    expect([code, out]).toEqual([1, 'Nobody has this key: nothing was changed.\n']);
    expect(await dump(data)).toEqual(before);
  });

  test('a folder in use, one whose process was killed, and a stack', async () => {
    const data = copied('locked');
    writeFileSync(join(data, 'lock'), String(process.ppid));
    expect(await forgotten(data)).toMatchObject({ code: 2, err: expect.stringContaining('is in use') });
    writeFileSync(join(data, 'lock'), '2147483646');
    expect(await forgotten(data)).toMatchObject({ code: 2, err: expect.stringContaining('killed') });
    expect(await forgotten(data, '--stack', 'headrace-dev')).toMatchObject({ code: 2, err: expect.stringContaining('--stack') });
    expect(await headrace('forget', '--data', data)).toMatchObject({ code: 2, err: expect.stringContaining('one of --customer') });
  });

  test('a folder with a run that has not ended', async () => {
    const data = copied('unfinished');
    const meta = readMeta(dataFolder(data));
    if (meta === undefined) throw new Error('no description');
    writeMeta(dataFolder(data), { ...meta, run: { input: 'x.ndjson', isDone: false } });
    expect(await forgotten(data)).toMatchObject({ code: 2, err: expect.stringContaining('a run of x.ndjson that has not ended') });
    expect(await dump(data)).toEqual(before);
  });

  test('an hour with a damaged manifest, by name', async () => {
    const data = copied('damaged');
    const folder = join(data, 'lake', 'transactions', 'manifest');
    const [manifest = ''] = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
    truncateSync(join(folder, manifest), 100);
    expect(await forgotten(data)).toMatchObject({ code: 1, err: expect.stringMatching(/MANIFEST_DAMAGED: .*--repair/) });
    expect(await dump(data)).toEqual(before);
  });

  test('an hour with a published file that is not as it was written, by name; made anew it goes on', async () => {
    const data = copied('altered');
    const lake = join(data, 'lake', 'transactions');
    const files = readdirSync(lake, { recursive: true, encoding: 'utf8' })
      .filter((name) => /^gen=.*\.parquet$/.test(name))
      .map((name) => join(lake, name));
    for (const path of files) {
      const bytes = readFileSync(path);
      const at = bytes.lastIndexOf('DuckDB');
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    }
    const said = /FILE_UNREADABLE: transactions\/gen=.* is not as it was written: .*remove that file/;
    expect(await forgotten(data)).toMatchObject({ code: 1, err: expect.stringMatching(said) });
    for (const path of files) rmSync(path);
    expect(await headrace('compact', '--data', data)).toMatchObject({ code: 0 });
    expect(await forgotten(data)).toMatchObject({ code: 0 });
  });

  test('nothing that it does not look at: a dry run changes nothing', async () => {
    const data = copied('dry');
    const { code, out } = await forgotten(data, '--dry-run');
    expect([code, JSON.parse(out)]).toMatchObject([0, { pseudonym: pseudonymIn(data), unread: [] }]);
    expect(await dump(data)).toEqual(before);
    expect((await filesWith(data, [KEY])).length).toBeGreaterThan(10);
  });
});
