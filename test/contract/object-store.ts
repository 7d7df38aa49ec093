import { describe, expect, test } from 'vitest';
import { UsageError } from '../../core/errors.ts';
import type { ObjectStore, StoredBody } from '../../core/ports.ts';

/** What every object store must do; `open` gives an empty one. */
export function objectStoreContract(name: string, open: () => Promise<ObjectStore>): void {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const text = (stored: StoredBody | undefined): string | undefined =>
    stored === undefined ? undefined : new TextDecoder().decode(stored.body);

  describe(`object store: ${name}`, () => {
    test('an object reads as it was last written', async () => {
      const store = await open();
      await store.put('a/b.json', bytes('one'));
      await store.put('a/b.json', bytes('two, longer'));
      expect(text(await store.get('a/b.json'))).toBe('two, longer');
      expect(await store.get('a/c.json')).toBeUndefined();
      expect(await store.get('a')).toBeUndefined();
      await store.put('empty', bytes(''));
      expect((await store.get('empty'))?.body.byteLength).toBe(0);
    });

    test('putIf without a version writes only to a free key', async () => {
      const store = await open();
      const version = await store.putIf('m/x', bytes('first'), undefined);
      expect(version).toBe((await store.get('m/x'))?.version);
      expect(await store.putIf('m/x', bytes('second'), undefined)).toBeUndefined();
      expect(text(await store.get('m/x'))).toBe('first');
      await store.remove('m/x');
      expect(await store.putIf('m/x', bytes('third'), undefined)).toBeDefined();
    });

    test('putIf with a version writes only over that version', async () => {
      const store = await open();
      const first = await store.putIf('m/x', bytes('first'), undefined);
      const second = await store.putIf('m/x', bytes('second'), first);
      expect(second).toBeDefined();
      expect(second).not.toBe(first);
      expect((await store.get('m/x'))?.version).toBe(second);
      expect(await store.putIf('m/x', bytes('stale'), first)).toBeUndefined();
      expect(text(await store.get('m/x'))).toBe('second');
      await store.put('m/x', bytes('plain'));
      expect(await store.putIf('m/x', bytes('stale'), second)).toBeUndefined();
      await store.remove('m/x');
      expect(await store.putIf('m/x', bytes('gone'), second)).toBeUndefined();
      expect(await store.get('m/x')).toBeUndefined();
    });

    test('of many concurrent putIf exactly one wins', async () => {
      const store = await open();
      const race = async (expected: string | undefined, name: string): Promise<string | undefined> => {
        const won = await Promise.all(Array.from({ length: 8 }, (_, i) => store.putIf('one', bytes(`${name}${i}`), expected)));
        expect(won.filter((version) => version !== undefined)).toHaveLength(1);
        expect(text(await store.get('one'))).toBe(`${name}${won.findIndex((version) => version !== undefined)}`);
        return won.find((version) => version !== undefined);
      };
      const created = await race(undefined, 'created');
      await race(created, 'replaced');
    });

    test('list gives keys with the prefix, in code-unit order, with sizes', async () => {
      const store = await open();
      for (const key of ['t/b', 't/a-1', 't/a/2', 't/a/10', 'tt/x', 't/B', 'u']) await store.put(key, bytes(key));
      expect((await store.list('t/')).map(({ key }) => key)).toEqual(['t/B', 't/a-1', 't/a/10', 't/a/2', 't/b']);
      expect((await store.list('t/a')).map(({ key }) => key)).toEqual(['t/a-1', 't/a/10', 't/a/2']);
      expect((await store.list('t')).map(({ key }) => key)).toEqual(['t/B', 't/a-1', 't/a/10', 't/a/2', 't/b', 'tt/x']);
      expect(await store.list('u')).toEqual([{ key: 'u', bytes: 1, modifiedMs: expect.any(Number) }]);
      expect(await store.list('')).toHaveLength(7);
      expect(await store.list('none/')).toEqual([]);
    });

    test('a removed object is gone, and removing an absent one is no error', async () => {
      const store = await open();
      await store.put('a/b', bytes('x'));
      await store.remove('a/b');
      await store.remove('a/b');
      expect(await store.get('a/b')).toBeUndefined();
      expect(await store.list('')).toEqual([]);
    });

    test('later changes of the caller to its bytes do not reach the object', async () => {
      const store = await open();
      const body = bytes('abc');
      await store.put('k', body);
      body[0] = 0;
      expect(text(await store.get('k'))).toBe('abc');
    });

    test.each(['', '/a', 'a/', 'a//b', '../a', 'a/../b', 'a/./b', '.', 'a\\b', 'a\u0000', '.tmp/x', 'x'.repeat(1025)])(
      'the key %j is refused',
      async (key) => {
        const store = await open();
        await expect(store.put(key, bytes('x'))).rejects.toThrow(UsageError);
        await expect(store.putIf(key, bytes('x'), undefined)).rejects.toThrow(UsageError);
        await expect(store.get(key)).rejects.toThrow(UsageError);
        await expect(store.remove(key)).rejects.toThrow(UsageError);
      },
    );
  });
}
