import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { listQuarantine, readQuarantined } from '../../../cli/quarantine.ts';
import { LocalSource } from '../../../cli/source/local.ts';
import type { Past } from '../../../cli/source/source.ts';
import { explain, type StackPorts, StackSource } from '../../../cli/source/stack.ts';
import { UsageError } from '../../../core/errors.ts';
import type { SqlEngine } from '../../../core/ports.ts';
import { QueryError } from '../../../functions/adapters/errors.ts';
import { serviceError } from '../../../functions/adapters/service-error.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { FolderObjectStore } from '../../../local/objects/folder.ts';
import { type LoadedPipeline, loadPipeline } from '../../../local/pipeline.ts';
import { dataFolder, readMeta } from '../../../local/runtime/folder.ts';
import { LocalSqlEngine } from '../../../local/sql/engine.ts';
import { FORMATS, formatQuery } from '../../../local/sql/format.ts';
import { LakeSql } from '../../../local/sql/lake-sql.ts';
import { JournaledStateStore } from '../../../local/state/journaled.ts';
import { MemoryProducer } from '../../../local/stream/memory-producer.ts';
import { headrace } from '../command-line.ts';
import { filledFolder, payment } from '../payments.ts';

const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const DATA = join(root, 'data');
let loaded: LoadedPipeline;

/** The parts of a stack, each in its local version over one data folder. */
async function localPorts(change: Partial<StackPorts> = {}, data = DATA): Promise<StackPorts & { end(): Promise<void> }> {
  const folder = dataFolder(data);
  const sql = await LakeSql.open({ lakeDir: folder.lake, tables: tablesOf(loaded.pipeline) });
  const store = new JournaledStateStore(folder.state, Date.now);
  return {
    stack: 'headrace-test',
    sql: new LocalSqlEngine(sql),
    archive: 'landing.archive',
    ledger: 'landing.ledger',
    store,
    producer: new MemoryProducer(),
    streamEpoch: async () => readMeta(folder)?.streamEpoch ?? '',
    openLake: async () => ({ objects: new FolderObjectStore(folder.lake), files: new FolderObjectStore(folder.lake), close: () => {} }),
    blobs: 'bytes',
    close: () => {},
    end: async () => {
      await store.close();
      await sql.close();
    },
    ...change,
  };
}

describe('a stack, its ports over the parts of a data folder', () => {
  beforeAll(async () => {
    loaded = await loadPipeline('pipelines/payments');
    await filledFolder(DATA, join(root, 'payments.ndjson'));
  });

  test('gives the ledger and the quarantine that the data folder gives', async () => {
    const local = new LocalSource(DATA, loaded, {});
    const [ledger, list] = [await local.ledger(), await listQuarantine(await local.lake(), undefined, 10)];
    const all = await readQuarantined(await local.lake(), 'all');
    await local.close();
    const ports = await localPorts();
    const stack = new StackSource(ports, loaded);
    expect(await stack.ledger()).toEqual(ledger);
    expect(ledger.total).toMatchObject({ seen: 6, accepted: 2, duplicate: 1, quarantined: 3 });
    expect(await listQuarantine(await stack.lake(), undefined, 10)).toEqual(list);
    expect(await readQuarantined(await stack.lake(), 'all')).toEqual(all);
    await stack.close();
    await ports.end();
  });

  test.each(FORMATS.filter((format) => format !== 'parquet'))('writes the same %s as the data folder, value by value', async (format) => {
    const text = `SELECT event_id, event_time, amount, amount_minor, lat, customer_id AS "Who", customer_id AS who, lane AS who, arrival_time, sub_sequence
      FROM transactions ORDER BY 1`;
    const bytes = async (source: StackSource | LocalSource): Promise<Buffer> => {
      const parts: Uint8Array[] = [];
      for await (const part of formatQuery(await source.lake(), text, format)) parts.push(Buffer.from(part));
      await source.close();
      return Buffer.concat(parts);
    };
    const ports = await localPorts();
    const [there, here] = [await bytes(new StackSource(ports, loaded)), await bytes(new LocalSource(DATA, loaded, {}))];
    expect(there.toString('latin1')).toBe(here.toString('latin1'));
    expect(there.length).toBeGreaterThan(100);
    await ports.end();
  });

  test('bytes, missing values and results without rows come whole', async () => {
    const ports = await localPorts();
    const stack = new StackSource(ports, loaded);
    const lake = await stack.lake();
    const { rows } = await lake.query(`SELECT data, code, CAST(NULL AS BIGINT) AS n FROM quarantine WHERE code = 'JSON_SYNTAX'`);
    expect(rows).toEqual([[Buffer.from('{"type":"transaction"').toString('base64'), 'JSON_SYNTAX', null]]);
    const none = await lake.query(`SELECT event_id, amount FROM transactions WHERE event_id = 'nobody'`);
    expect(none).toMatchObject({ columns: [{ name: 'event_id' }, { name: 'amount' }], rows: [] });
    await lake.parquetFile('SELECT * FROM alerts');
    await stack.close();
    await ports.end();
  });
});

describe('the past of a stack, its ports over the parts of a data folder', () => {
  const PAST = join(root, 'past');
  const COUNTS = `SELECT (SELECT count(*) FROM transactions) AS payments, (SELECT count(*) FROM decisions) AS decisions,
    (SELECT string_agg(octet_length(data), ' ' ORDER BY code) FROM quarantine) AS bytes`;
  const MIB = 2 ** 20;
  let asOfMs = 0;

  /** What the folder and the stack answer for a moment. */
  async function both(past: Past): Promise<{ readonly here: unknown; readonly there: unknown }> {
    const ports = await localPorts({}, PAST);
    const [folder, stack] = [new LocalSource(PAST, loaded, { past }), new StackSource(ports, loaded, past)];
    try {
      return { here: (await (await folder.lake()).query(COUNTS)).rows, there: (await (await stack.lake()).query(COUNTS)).rows };
    } finally {
      for (const source of [folder, stack]) await source.close();
      await ports.end();
    }
  }

  beforeAll(async () => {
    loaded = await loadPipeline('pipelines/payments');
    await filledFolder(PAST, join(root, 'before.ndjson'));
    expect((await headrace('compact', '--data', PAST, '--table', 'transactions')).code).toBe(0);
    await sleep(5);
    asOfMs = Date.now();
    await sleep(5);
    const later = join(root, 'later.ndjson');
    const next = payment('p8', 30, '9.00').replace('T10:', 'T11:');
    writeFileSync(later, `${payment('p7', 9, '9.00')}\n${next}\n`);
    const run = await headrace('run', '--append', '--input', later, '--data', PAST, '--keep-open');
    expect(run.code, run.err).toBe(0);
    expect((await headrace('compact', '--data', PAST)).code).toBe(0);
  }, 60_000);

  test('is what the data folder shows of that moment: a generation that was replaced since, and what had landed', async () => {
    const { here, there } = await both({ asOfMs, bytesMax: MIB });
    expect(there).toEqual(here);
    expect(there).toMatchObject([[2, 2, expect.any(String)]]);
    expect((await both({ asOfMs: Date.now(), bytesMax: MIB })).there).toMatchObject([[4, 4, expect.any(String)]]);
  });

  test('only the hours that are asked for are fetched', async () => {
    const hours = { fromMs: Date.parse('2026-01-05T11:00:00Z'), toMs: Date.parse('2026-01-05T11:59:00Z') };
    expect((await both({ asOfMs: Date.now(), hours, bytesMax: MIB })).there).toMatchObject([[1, 1, null]]);
    const before = { fromMs: hours.fromMs - 60_000, toMs: hours.fromMs };
    expect((await both({ asOfMs: Date.now(), hours: before, bytesMax: MIB })).there).toMatchObject([[3, 3, null]]);
  });

  test.each([
    ['at its end', (bytes: Buffer) => bytes.fill(0, bytes.length - 4)],
    ['in its footer', (bytes: Buffer) => bytes.fill(7, bytes.length - 200, bytes.length - 8)],
    ['in its rows', (bytes: Buffer) => bytes.fill(0x55, 4, bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8))],
  ] as const)('a published file that is damaged %s gives way to what is left, in a stack as in a data folder', async (_name, change) => {
    const generations = join(dataFolder(PAST).lake, 'transactions');
    const path = join(generations, 'gen=2/dt=2026-01-05/hour=10/part-00000.parquet');
    const whole = readFileSync(path);
    const damaged = Buffer.from(whole);
    change(damaged);
    writeFileSync(path, damaged);
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      const { here, there } = await both({ asOfMs: Date.now(), bytesMax: MIB });
      expect(there).toEqual(here);
      expect(there).toMatchObject([[4, 4, expect.any(String)]]);
      const [first, second, ...more] = said.mock.calls.map(([text]) => String(text));
      expect([first, more]).toEqual([second, []]);
      expect(first).toMatch(/^Warning: FILE_UNREADABLE: generation 2 of transactions .*read is generation 1/);
    } finally {
      said.mockRestore();
      writeFileSync(path, whole);
    }
  });

  test('more than is allowed is not fetched: the error names bytes, bound and flags', async () => {
    await expect(both({ asOfMs, bytesMax: 4_000 })).rejects.toThrow(
      /files to fetch: got "[\d,]+ bytes of \w+ beside [\d,]+ bytes fetched before"; allowed: 4,000 bytes in all: name fewer hours with --from and --to, or raise it to at least --max-mb 1$/,
    );
  });

  test.each([
    [['--as-of', '2026-01-05T10:00:00Z', '--stack', 'headrace-dev'], '--as-of: got "2026-01-05T10:00:00Z"; allowed: a time in UTC'],
    [['--from', '2026-01-05T10:00:00Z', '--stack', 'headrace-dev'], '--from and --to: got "no --as-of"'],
    [['--as-of', new Date().toISOString(), '--to', '2026-01-05T10:00:00Z'], '--from and --to: got "no --stack"'],
    [['--as-of', new Date().toISOString(), '--from', 'noon', '--stack', 'headrace-dev'], '--from: got "noon"; allowed: a time in UTC'],
    [['--as-of', new Date().toISOString(), '--data', 'x', '--stack', 'headrace-dev'], '--data: got "x"; allowed: no --data'],
  ])('query %j: %s', async (line, message) => {
    const { code, err } = await headrace('query', 'SELECT 1', ...line);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('faults of a stack', () => {
  const failing = (error: unknown): SqlEngine => ({ run: () => Promise.reject(error) });
  const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });
  const call = { action: 'athena:StartQueryExecution', target: 'workgroup headrace-test' };

  test.each([
    [named('CredentialsProviderError', 'Could not load credentials from any providers'), 'AWS credentials', 'AWS_PROFILE'],
    [new Error('Region is missing'), 'AWS region', 'AWS_REGION'],
    [serviceError(call, named('ResourceNotFoundException', 'no such stream')), '--stack', 'docs/deploy.md'],
    [new QueryError('WorkGroup headrace-test is not found.'), '--stack', 'docs/deploy.md'],
  ])('%s: a usage error that says what to set', async (error, ...words) => {
    loaded = await loadPipeline('pipelines/payments');
    const ports = await localPorts({ sql: failing(error) });
    const stack = new StackSource(ports, loaded);
    const failure = await (await stack.lake()).query('SELECT 1').catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(UsageError);
    for (const word of words) expect((failure as Error).message).toContain(word);
    await stack.close();
    await ports.end();
  });

  test('a missing permission and a throttled table stay what they are: named, with what to do', () => {
    const denied = serviceError({ action: 'dynamodb:Query', target: 'table t' }, named('AccessDeniedException', 'no'));
    expect(explain(denied, 's')).toBe(denied);
    expect(denied.message).toContain('Allow dynamodb:Query on table t');
  });
});

describe('--stack on the command line', () => {
  const kept = { ...process.env };
  afterEach(() => {
    process.env = { ...kept };
  });
  const environment = (values: Record<string, string>): void => {
    const clean = Object.entries(kept).filter(([name]) => !name.startsWith('AWS_'));
    process.env = { ...Object.fromEntries(clean), AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null', ...values };
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/dev/null';
  };
  const KEYS = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_REGION: 'us-east-1' };
  const LINES = [
    ['query', 'SELECT 1', '--stack', 'headrace-dev'],
    ['ledger', '--stack', 'headrace-dev'],
    ['quarantine', 'list', '--stack', 'headrace-dev'],
    ['lake', '--stack', 'headrace-dev'],
    ['alerts', '--stack', 'headrace-dev'],
    ['alerts', 'snoozed', '--stack', 'headrace-dev'],
    ['compact', '--stack', 'headrace-dev'],
    ['query', 'SELECT 1', '--stack', 'headrace-dev', '--as-of', new Date().toISOString()],
  ];

  test.each(LINES)('%s %s: no region, no credentials: one line and exit code 2', async (...line) => {
    environment({});
    expect(await headrace(...line)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/AWS region: got "none"[^\n]*\n$/) });
    environment({ AWS_REGION: 'us-east-1' });
    expect(await headrace(...line)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/AWS credentials: got "none"[^\n]*\n$/) });
  });

  test.each(LINES)('%s %s: an endpoint that nobody answers: one line, exit code 1', async (...line) => {
    environment({ ...KEYS, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    const { code, out, err } = await headrace(...line);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^headrace \w+: \w+:\w+ on \w+ headrace[-_]dev[^\n]*Check the network, the endpoint and the region[^\n]*\n$/);
  });

  test('a stack that is not there: one line that names it, exit code 2', async () => {
    const up = await import('../../../local/endpoint/endpoint.ts');
    const endpoint = await up.startEndpoint({ path: join(root, 'stream'), port: 0 });
    environment({ ...KEYS, AWS_ENDPOINT_URL: endpoint.endpoint });
    const { code, err } = await headrace('ledger', '--stack', 'headrace-nowhere');
    await endpoint.stop();
    expect(code).toBe(2);
    expect(err).toMatch(/--stack: got "headrace-nowhere"; allowed: a stack of this account and region[^\n]*\n$/);
  });
});
