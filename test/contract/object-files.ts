import { randomFillSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../core/errors.ts';
import type { ObjectFiles, ObjectStore } from '../../core/ports.ts';

/** Larger than any buffer on the way. */
const LARGE_BYTES = 12 * 2 ** 20;

/** What files of objects must do; `open` gives those of an empty store, and the store itself. */
export function objectFilesContract(name: string, open: () => Promise<{ readonly files: ObjectFiles; readonly store: ObjectStore }>): void {
  describe(`object files: ${name}`, () => {
    test('an object is a file with its bytes until it is released', async () => {
      const { files, store } = await open();
      await store.put('t/a.parquet', Buffer.from('abc'));
      const first = await files.open('t/a.parquet');
      const second = await files.open('t/a.parquet');
      expect(readFileSync(first ?? '', 'utf8')).toBe('abc');
      await files.release([first ?? '']);
      expect(readFileSync(second ?? '', 'utf8')).toBe('abc');
      await files.release([second ?? '']);
      expect((await store.get('t/a.parquet'))?.body.byteLength).toBe(3);
    });

    test('a part of an object is these bytes of it', async () => {
      const { files, store } = await open();
      await store.put('t/a', Buffer.from('0123456789'));
      const part = async (from: number, to: number): Promise<string> => Buffer.from((await files.part('t/a', from, to)) ?? []).toString();
      expect([await part(0, 1), await part(3, 7), await part(8, 10), await part(0, 10)]).toEqual(['0', '3456', '89', '0123456789']);
    });

    test('an object that is not there has no file and no part', async () => {
      const { files } = await open();
      expect(await files.open('t/none.parquet')).toBeUndefined();
      expect(await files.part('t/none.parquet', 0, 4)).toBeUndefined();
    });

    test('a stored file is the object, in place of what was there, and gone from the scratch folder', async () => {
      const { files, store } = await open();
      await store.put('t/b', Buffer.from('old, and longer'));
      const path = join(files.scratch('work'), 'b');
      const bytes = randomFillSync(Buffer.alloc(LARGE_BYTES));
      writeFileSync(path, bytes);
      await files.store('t/b', path);
      expect(existsSync(path)).toBe(false);
      expect(Buffer.compare((await store.get('t/b'))?.body ?? Buffer.alloc(0), bytes)).toBe(0);
      const read = await files.open('t/b');
      expect(Buffer.compare(readFileSync(read ?? ''), bytes)).toBe(0);
      await files.release([read ?? '']);
      expect((await store.list('t/')).map((object) => object.bytes)).toEqual([LARGE_BYTES]);
    });

    test('a scratch folder is empty each time, and no object', async () => {
      const { files, store } = await open();
      writeFileSync(join(files.scratch('work'), 'left'), 'x');
      expect(existsSync(join(files.scratch('work'), 'left'))).toBe(false);
      expect(await store.list('')).toEqual([]);
    });

    test.each(['', '../a', 'a//b'])('the key %j is refused', async (key) => {
      const { files } = await open();
      await expect(files.open(key)).rejects.toThrow(UsageError);
      await expect(files.part(key, 0, 1)).rejects.toThrow(UsageError);
      await expect(files.store(key, 'x')).rejects.toThrow(UsageError);
    });
  });
}
