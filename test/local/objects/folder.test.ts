import { existsSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { RetriableError } from '../../../core/errors.ts';
import { FolderObjectStore } from '../../../local/objects/folder.ts';
import { objectFilesContract } from '../../contract/object-files.ts';
import { objectStoreContract } from '../../contract/object-store.ts';
import { testFolder } from '../folder.ts';

objectStoreContract('folder', async () => new FolderObjectStore(testFolder()));
objectFilesContract('folder', async () => {
  const store = new FolderObjectStore(testFolder());
  return { store, files: store };
});

describe('objects of a folder', () => {
  test('on a full disk fail with a name, and can be written again', async () => {
    const root = testFolder();
    const store = new FolderObjectStore(root);
    await store.put('a', Buffer.from('1'));
    symlinkSync('/dev/full', join(root, '.tmp', `put-${process.pid}-${threadId}-2`));
    await expect(store.put('a', Buffer.from('2'))).rejects.toMatchObject({
      fault: 'STORE_FULL',
      retriable: true,
      message: expect.stringContaining(join(root, 'a')),
    });
    expect(Buffer.from((await store.get('a'))?.body ?? []).toString()).toBe('1');
    expect(readdirSync(join(root, '.tmp'))).toEqual([]);
    await store.put('a', Buffer.from('3'));
    expect(Buffer.from((await store.get('a'))?.body ?? []).toString()).toBe('3');
  });

  test('where nobody may write fail with a name', async () => {
    const store = new FolderObjectStore('/sys/kernel/headrace');
    await expect(store.put('a', Buffer.from('1'))).rejects.toMatchObject({ fault: 'STORE_DENIED', retriable: true });
    expect(() => store.scratch('compact')).toThrow(/^STORE_DENIED: \/sys\/kernel\/headrace/);
  });

  test('are there for the next store on the same folder', async () => {
    const root = testFolder();
    await new FolderObjectStore(root).put('a/b', Buffer.from('kept'));
    expect(Buffer.from((await new FolderObjectStore(root).get('a/b'))?.body ?? []).toString()).toBe('kept');
  });

  test('leave nothing behind in the hidden folder, and what a crash left there is never listed', async () => {
    const root = testFolder();
    const store = new FolderObjectStore(root);
    await store.put('a', Buffer.from('1'));
    await store.putIf('a', Buffer.from('2'), undefined);
    await store.putIf('b', Buffer.from('3'), undefined);
    expect(readdirSync(join(root, '.tmp'))).toEqual([]);
    writeFileSync(join(root, '.tmp', 'put-1-1'), 'half');
    expect((await store.list('')).map(({ key }) => key)).toEqual(['a', 'b']);
  });

  test('half written by a process that died are removed six hours later, by the next write of another', async () => {
    const root = testFolder();
    await new FolderObjectStore(root).put('a', Buffer.from('1'));
    const left = (name: string, hours: number): void => {
      writeFileSync(join(root, '.tmp', name), 'half');
      const seconds = Date.now() / 1_000 - hours * 3_600;
      utimesSync(join(root, '.tmp', name), seconds, seconds);
    };
    left('put-1-0-1', 7);
    left('put-1-0-2', 5);
    left('other', 7);
    await new FolderObjectStore(root).put('b', Buffer.from('2'));
    expect(readdirSync(join(root, '.tmp')).sort()).toEqual(['other', 'put-1-0-2']);
  });

  test('can be moved in as finished files, replacing what was there', async () => {
    const store = new FolderObjectStore(testFolder());
    await store.put('t/x.parquet', Buffer.from('old'));
    const path = join(store.scratch('work'), 'x');
    writeFileSync(path, 'new');
    await store.store('t/x.parquet', path);
    expect(existsSync(path)).toBe(false);
    expect(Buffer.from((await store.get('t/x.parquet'))?.body ?? []).toString()).toBe('new');
  });

  test('find their folder again when someone removed it', async () => {
    const root = testFolder();
    const store = new FolderObjectStore(root);
    await store.put('t/a', Buffer.from('1'));
    rmSync(join(root, 't'), { recursive: true });
    await store.put('t/b', Buffer.from('2'));
    expect(await store.list('t/')).toMatchObject([{ key: 't/b', bytes: 1 }]);
  });

  test('that cannot be written are a retriable error', async () => {
    const store = new FolderObjectStore(testFolder());
    await store.put('a', Buffer.from('1'));
    await expect(store.put('a/b', Buffer.from('2'))).rejects.toThrow(RetriableError);
  });
});
