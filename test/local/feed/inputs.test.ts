import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import { feedIdOf, resolveInputs } from '../../../local/feed/inputs.ts';
import { freshFolder } from '../endpoint/with-endpoint.ts';

async function folderOf(...names: string[]): Promise<string> {
  const folder = await freshFolder();
  for (const name of names) await writeFile(join(folder, name), `content of ${name}`);
  return folder;
}

describe('input files', () => {
  test('globs and paths give each file once, in sorted order', async () => {
    const folder = await folderOf('b.ndjson', 'a.jsonl', 'c.txt');
    const inputs = await resolveInputs([join(folder, 'b.ndjson'), join(folder, '*.{ndjson,jsonl}')]);
    expect(inputs).toEqual({ kind: 'ndjson', files: [join(folder, 'a.jsonl'), join(folder, 'b.ndjson')] });
  });

  test('a name that looks like a glob but exists is taken as it is', async () => {
    const folder = await folderOf('a[1].csv');
    expect((await resolveInputs([join(folder, 'a[1].csv')])).files).toEqual([join(folder, 'a[1].csv')]);
  });

  test.each([
    ['a glob without a match', ['*.csv'], 'no input file matches'],
    ['kinds mixed', ['a.ndjson', 'b.parquet'], 'files of one kind per run'],
    ['an unknown kind', ['c.txt'], 'allowed: names ending in .csv, .ndjson, .jsonl, .parquet'],
    ['a folder', ['d.csv'], 'allowed: a file, or a glob that matches files'],
    ['nothing', [], 'at least one path or glob'],
  ])('%s is a usage error', async (_name, names, message) => {
    const folder = await folderOf('a.ndjson', 'b.parquet', 'c.txt');
    if (names[0] === 'd.csv') await mkdir(join(folder, 'd.csv'));
    const resolving = resolveInputs(names.map((name) => join(folder, name)));
    await expect(resolving).rejects.toThrow(UsageError);
    await expect(resolving).rejects.toThrow(message);
  });

  test('one file under two spellings is one file', async () => {
    const folder = await folderOf('a.csv');
    const inputs = await resolveInputs([join(folder, 'a.csv'), `${folder}/./a.csv`]);
    expect(inputs.files).toHaveLength(1);
  });

  test('text in UTF-16 is refused by name, with and without a byte order mark', async () => {
    const folder = await folderOf('a.csv', 'b.ndjson', 'c.parquet');
    for (const [name, bytes] of [
      ['a.csv', Buffer.from('\ufeffevent_time', 'utf16le')],
      ['b.ndjson', Buffer.from('{"a":1}', 'utf16le')],
    ] as const) {
      await writeFile(join(folder, name), bytes);
      await expect(resolveInputs([join(folder, name)])).rejects.toThrow(/got ".*in UTF-16"; allowed: UTF-8/);
    }
    await writeFile(join(folder, 'c.parquet'), Buffer.from('ab', 'utf16le'));
    expect((await resolveInputs([join(folder, 'c.parquet')])).kind).toBe('parquet');
  });

  test('a change anywhere in a file makes another feed', async () => {
    const folder = await folderOf('a.csv');
    const bytes = Buffer.alloc(300_000, 'x');
    await writeFile(join(folder, 'a.csv'), bytes);
    const inputs = await resolveInputs([join(folder, 'a.csv')]);
    const before = await feedIdOf(inputs, undefined);
    bytes[200_000] = 0x79;
    await writeFile(join(folder, 'a.csv'), bytes);
    expect(await feedIdOf(inputs, undefined)).not.toBe(before);
  });

  test('the feed id follows content, names and import, not the folder', async () => {
    const inputsOf = async (...names: string[]) => resolveInputs([join(await folderOf(...names), '*.csv')]);
    const id = await feedIdOf(await inputsOf('a.csv'), 'SELECT 1');
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(await feedIdOf(await inputsOf('a.csv'), 'SELECT 1')).toBe(id);
    expect(await feedIdOf(await inputsOf('a.csv'), 'SELECT 2')).not.toBe(id);
    expect(await feedIdOf(await inputsOf('a.csv', 'b.csv'), 'SELECT 1')).not.toBe(id);
  });
});
