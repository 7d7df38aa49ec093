import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testFolder } from '../local/folder.ts';
import { headrace } from './command-line.ts';

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
