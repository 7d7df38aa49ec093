import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { headrace } from './command-line.ts';
import { payment } from './payments.ts';
import { type Ended, ended, launch, said } from './process.ts';

const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const DATA = join(root, 'data');
const INPUT = join(root, 'payments.ndjson');

const LINES = [payment('p1', 0, '12.50'), payment('p2', 3, '310.00'), payment('p2', 3, '310.00'), payment('p3', 4, '12,5')];
const KEYS = [
  ...['seen', 'accepted', 'late', 'duplicate', 'quarantined', 'alerts'],
  ...['windows_closed', 'events_per_s', 'cpu_s', 'rss_mb_max', 'latency_ms'],
];

describe('run, and the commands that look at what it left', () => {
  let run: Ended;

  beforeAll(async () => {
    writeFileSync(INPUT, `${LINES.join('\n')}\n`);
    run = await ended(launch('cli/headrace.mjs', ['run', '--input', INPUT, '--data', DATA, '--json']));
  });

  test('run --json prints exactly the report', () => {
    expect(run.code, run.err).toBe(0);
    const report: unknown = JSON.parse(run.out);
    expect(Object.keys(report as object)).toEqual(KEYS);
    expect(report).toMatchObject({ seen: 4, accepted: 2, late: 0, duplicate: 1, quarantined: 1, alerts: 2 });
    expect(run.out.endsWith('}\n')).toBe(true);
  });

  test('run says in words where every event went, and exits with 2 when the folder is taken', async () => {
    const again = await ended(launch('cli/headrace.mjs', ['run', '--input', INPUT, '--data', DATA]));
    expect(again).toMatchObject({ code: 2, out: '' });
    const words = await ended(launch('cli/headrace.mjs', ['run', '--input', INPUT, '--data', join(root, 'words')]));
    expect(words.code, words.err).toBe(0);
    expect(words.out).toContain('Read 4 events');
    expect(words.out).toMatch(/^accepted +2$/m);
    expect(words.out).toContain('The ledger balances');
    expect(words.out).not.toContain('\r');
  });

  test('query answers in every form, and JSON is a form', async () => {
    const sql = 'SELECT event_id, amount FROM transactions ORDER BY 1';
    const csv = await headrace('query', sql, '--data', DATA, '--format', 'csv');
    expect(csv.code, csv.err).toBe(0);
    expect(csv.out).toMatch(/^event_id,amount\r\np1,12\.50*\r\np2,310\.0*\r\n$/);
    const json = await headrace('query', sql, '--data', DATA, '--json');
    expect(JSON.parse(json.out)).toHaveLength(2);
    expect((await headrace('query', sql, '--data', DATA, '--format', 'table')).out).toContain('(2 rows)');
    expect((await headrace('query', sql, '--data', DATA, '--format', 'arrow')).out.length).toBeGreaterThan(100);
  });

  test('query --output leaves a whole file, or the one that was there', async () => {
    const file = join(root, 'out.parquet');
    const done = await headrace('query', 'SELECT * FROM alerts', '--data', DATA, '--format', 'parquet', '--output', file);
    expect(done, done.err).toMatchObject({ code: 0, out: '' });
    const bytes = readFileSync(file);
    expect(bytes.subarray(0, 4).toString()).toBe('PAR1');
    const bad = await headrace('query', 'SELECT nothing FROM nowhere', '--data', DATA, '--output', file);
    expect(bad.code).toBe(2);
    expect(bad.err.split('\n')).toHaveLength(2);
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect((await headrace('query', 'SELECT 1', '--data', DATA, '--output', join(root, 'no', 'file'))).err).toContain('--output');
  });

  const MANY = "SELECT n, repeat('x', 50) AS t FROM range(50000) AS r(n)";

  test('query --output that breaks off leaves the older file and nothing beside it', async () => {
    const folder = join(root, 'limited');
    mkdirSync(folder);
    writeFileSync(join(folder, 'out.csv'), 'older');
    const script = 'ulimit -f 200; trap "" XFSZ; exec "$0" "$@"';
    const args = ['cli/start.ts', 'query', MANY, '--data', DATA, '--format', 'csv', '--output', join(folder, 'out.csv')];
    const { code, err } = await ended(spawn('sh', ['-c', script, process.execPath, ...args]));
    expect([code, err]).toEqual([1, expect.stringMatching(/out\.csv could not be written.*EFBIG/)]);
    expect(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')])).toEqual([['out.csv', 'older']]);
  });

  test('query --output into a named pipe leaves it a pipe', async () => {
    const pipe = join(root, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = ended(spawn('cat', [pipe]));
    expect(await headrace('query', 'SELECT 1 AS a', '--data', DATA, '--format', 'csv', '--output', pipe)).toMatchObject({ code: 0 });
    expect((await reader).out).toBe('a\r\n1\r\n');
    expect(statSync(pipe).isFIFO()).toBe(true);
  });

  test('ledger balances', async () => {
    const { code, out, err } = await headrace('ledger', '--data', DATA, '--json');
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      balances: true,
      differences: [],
      total: { seen: 4, accepted: 2, duplicate: 1, quarantined: 1 },
    });
    expect((await headrace('ledger', '--data', DATA)).out).toMatch(/^all +4 +2 +0 +1 +1$/m);
  });

  test('ledger exits with 1 when the lake lacks rows', async () => {
    const data = join(root, 'words');
    rmSync(join(data, 'lake', 'archive'), { recursive: true });
    const { code, out } = await headrace('ledger', '--data', data);
    expect(code).toBe(1);
    expect(out).toMatch(/^Differs: .*accepted 2, but the archive has 0$/m);
  });

  test('quarantine lists bad events and shows the bytes of one', async () => {
    const { out } = await headrace('quarantine', 'list', '--data', DATA, '--code', 'AMOUNT_SYNTAX', '--json');
    const { codes, events } = JSON.parse(out) as { codes: unknown; events: { shard_id: string; sequence: string; sub_sequence: number }[] };
    expect(codes).toEqual([{ code: 'AMOUNT_SYNTAX', events: 1 }]);
    const [one] = events;
    const id = `${one?.shard_id}:${one?.sequence}:${one?.sub_sequence}`;
    expect((await headrace('quarantine', 'list', '--data', DATA)).out).toContain(id);
    expect((await headrace('quarantine', 'show', id, '--data', DATA)).out).toContain(`\n${LINES[3]}\n`);
    expect((await headrace('quarantine', 'list', '--data', DATA, '--code', 'BAD_UTF8')).out).toBe('Nothing is in quarantine.\n');
    expect((await headrace('quarantine', 'show', `${id}9`, '--data', DATA)).code).toBe(2);
  });

  test('a folder of one pipeline is refused for another', async () => {
    const { code, err } = await headrace('ledger', '--data', DATA, '--pipeline', 'examples/sensor-readings');
    expect(code).toBe(2);
    expect(err).toContain('another pipeline');
  });
});

describe('commands without data', () => {
  test('schema prints a JSON Schema', async () => {
    expect(JSON.parse((await headrace('schema')).out)).toHaveProperty('$defs.transaction');
  });

  test('rules check lists the rules', async () => {
    const { pipeline, rules } = JSON.parse((await headrace('rules', 'check', '--json')).out);
    expect([pipeline, rules.length]).toEqual(['payments', readdirSync('pipelines/payments/rules').length]);
    expect((await headrace('rules', 'check', 'examples/sensor-readings')).out).toContain('The rule is good');
  });
});

describe('up', () => {
  test('runs the demo load until it is told to stop, drains, and goes on from there', async () => {
    const data = join(root, 'live');
    const args = ['up', '--data', data, '--port', '0', '--flush-seconds', '1', '--json'];
    const first = launch('cli/headrace.mjs', [...args, '--demo']);
    const firstEnd = ended(first);
    const started = JSON.parse(await said(first, 'endpoint')) as unknown;
    expect(started).toMatchObject({ endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), stream: 'payments', data });
    await landed(data);
    const live = await headrace('ledger', '--data', data, '--json');
    expect(live.code, live.out).toBe(0);
    first.kill('SIGINT');
    first.kill('SIGTERM');
    const { code, out, err } = await firstEnd;
    expect(code, err).toBe(0);
    const events = Number((JSON.parse(out.split('\n')[1] ?? '') as { events: number }).events);
    expect(events).toBeGreaterThan(0);

    const second = launch('cli/headrace.mjs', args);
    const secondEnd = ended(second);
    await said(second, 'endpoint');
    second.kill('SIGTERM');
    expect((await secondEnd).code).toBe(0);
    const ledger = await headrace('ledger', '--data', data, '--json');
    expect(JSON.parse(ledger.out)).toMatchObject({ balances: true, total: { seen: events } });
  }, 60_000);

  test('says what is happening and what to try next', async () => {
    const child = launch('cli/headrace.mjs', ['up', '--data', join(root, 'welcome'), '--port', '0']);
    const end = ended(child);
    const text = await said(child, 'Ctrl-C');
    child.kill('SIGINT');
    expect((await end).code).toBe(0);
    for (const word of ['http://127.0.0.1:', 'aws kinesis put-record', 'npx headrace query "SELECT', 'npx headrace ledger'])
      expect(text).toContain(word);
  });
});

/** Waits until decisions are in the lake. */
async function landed(data: string): Promise<void> {
  for (;;) {
    const { out } = await headrace('query', 'SELECT count(*) FROM decisions', '--data', data, '--format', 'csv');
    if (Number(out.split('\r\n')[1]) > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
