import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testFolder } from '../local/folder.ts';
import { headrace } from './command-line.ts';

const LINE = (id: string, time: string, amount = '12.50'): string =>
  `{"type":"transaction","event_id":"${id}","event_time":"${time}","customer_id":"ada","terminal_id":"t7","amount":"${amount}","currency":"EUR"}\n`;

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
}, 60_000);

test('files that are not there or not to be read, and flags that mean nothing beside them, are one line and exit code 2', async () => {
  const folder = testFolder();
  const data = join(folder, 'data');
  const file = join(folder, 'old.ndjson');
  writeFileSync(file, '');
  const said = async (...args: string[]): Promise<string> => {
    const { code, err } = await headrace('backfill', '--data', data, ...args);
    expect(code, args.join(' ')).toBe(2);
    return err;
  };
  expect(await said('--input', join(folder, 'none.csv'))).toMatch(/no input file matches: got ".*none\.csv"/);
  expect(await said('--input', file, '--import', join(folder, 'none.sql'))).toMatch(/import query: got/);
  expect(await said('--input', file, '--from', 'yesterday')).toMatch(/--from: got "yesterday"; allowed: a time in UTC/);
  expect(await said('--input', file, '--mode', 'correct')).toMatch(/--mode: got "beside --input"/);
  expect(await said('--from', '2026-01-05', '--to', '2026-01-06', '--type', 'label')).toMatch(/--type: got "no --input"/);
});

test('an empty file is refused by name', async () => {
  const folder = testFolder();
  const file = join(folder, 'old.ndjson');
  writeFileSync(file, '\n\n');
  const { code, err } = await headrace('backfill', '--input', file, '--data', join(folder, 'data'));
  expect(code).toBe(1);
  expect(err).toMatch(/^headrace backfill: LOAD_EMPTY: the files have 0 records and no event among them/);
});
