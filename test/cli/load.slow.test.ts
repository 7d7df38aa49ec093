import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writePayments } from '../e2e/payments-file.ts';
import { testFolder } from '../local/folder.ts';
import { headrace } from './command-line.ts';

const LINE = (id: string, time: string, amount = '12.50'): string =>
  `{"type":"transaction","event_id":"${id}","event_time":"${time}","customer_id":"ada","terminal_id":"t7","amount":"${amount}","currency":"EUR"}\n`;

/** Rows of a table without what names their origin, and that each has. */
async function plain(data: string, table: string, without: string): Promise<string> {
  const { code, out, err } = await headrace('query', '--data', data, `SELECT * EXCLUDE (${without}) FROM ${table} ORDER BY ALL`);
  expect({ code, err }, table).toEqual({ code: 0, err: '' });
  return out;
}

const PLACE = 'shard_id, sequence, sub_sequence, arrival_time';

test('a loaded file has the very windows and event rows that headrace run gives it, and other rules decide as those of the stream', async () => {
  const folder = testFolder();
  const [file, ran, loaded] = ['old.ndjson', 'ran', 'loaded'].map((name) => join(folder, name)) as [string, string, string];
  writePayments(file, { events: 500, repeatEvery: 9 });
  appendFileSync(file, `{"type":"transaction"\n${'x'.repeat(300_000)}\n`);
  expect((await headrace('run', '--input', file, '--data', ran)).code).toBe(0);
  const { code, err } = await headrace('backfill', '--input', file, '--data', loaded, '--yes');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  for (const table of ['payments_1m', 'payments_1h', 'terminal_1h', 'customer_session']) {
    const rows = await plain(ran, table, 'dt, hour');
    expect(await plain(loaded, table, 'dt, hour'), table).toBe(rows);
    expect(rows.split('\n').length, table).toBeGreaterThan(20);
  }
  for (const table of ['transactions', 'labels']) {
    const rows = await plain(ran, table, PLACE);
    expect(await plain(loaded, table, PLACE), table).toBe(rows);
    expect(rows.split('\n').length, table).toBeGreaterThan(90);
  }
  const refused = await plain(ran, 'quarantine', `${PLACE}, dt, hour`);
  expect(await plain(loaded, 'quarantine', `${PLACE}, dt, hour`)).toBe(refused);
  expect(refused.trim().split('\n')).toHaveLength(3);
  const [, version = ''] = (await headrace('query', '--data', ran, 'SELECT DISTINCT rule_set_version FROM decisions')).out.split('\n');
  const range = ['--from', '2025-11-03', '--to', '2025-11-05'];
  expect((await headrace('backfill', '--data', loaded, ...range, '--rules-version', version.trim(), '--yes')).code).toBe(0);
  expect(await plain(loaded, 'what_if_decisions', PLACE)).toBe(await plain(ran, 'decisions', PLACE));
  expect((await headrace('backfill', '--data', loaded, ...range)).code).toBe(0);
}, 240_000);

test('a file is loaded into a new folder: windows, quarantine and ledger have it; the same again changes nothing', async () => {
  const folder = testFolder();
  const [file, data] = [join(folder, 'old.ndjson'), join(folder, 'data')];
  writeFileSync(file, LINE('p1', '2026-01-05T10:00:00Z') + LINE('p2', '2026-01-05T10:10:00Z', '1,5') + LINE('p1', '2026-01-05T10:00:00Z'));
  const load = ['backfill', '--input', file, '--data', data, '--yes', '--json'];
  const { code, out, err } = await headrace(...load);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const { load: id, ...sums } = JSON.parse(out) as Record<string, unknown>;
  expect(sums).toMatchObject({ mode: 'load', seen: 3, accepted: 1, duplicate: 1, quarantined: 1, left_out: 0, removed: 0 });
  const ledger = await headrace('ledger', '--data', data, '--json');
  expect(ledger.code).toBe(0);
  expect(JSON.parse(ledger.out)).toMatchObject({ balances: true, shards: [{ shard_id: `load-${id}`, seen: 3 }], total: { seen: 3 } });
  expect((await headrace('quarantine', 'list', '--data', data)).out).toContain('AMOUNT_SYNTAX');
  const again = await headrace(...load);
  expect(JSON.parse(again.out)).toMatchObject({ load: id, seen: null, added: 0, changed: 0, removed: 0, published: 0 });
}, 240_000);
