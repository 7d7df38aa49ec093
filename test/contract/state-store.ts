import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock, ItemKey, StateStore, StateWrite } from '../../core/ports.ts';

/** What every state store must do; `open` gives an empty one that sees time through `clock`. */
export function stateStoreContract(name: string, open: (clock: Clock) => Promise<StateStore>): void {
  const at = (pk: string, sk = 's'): ItemKey => ({ pk, sk });
  const write = (pk: string, expectedVersion: number, body: string, rest: Partial<StateWrite> = {}): StateWrite => ({
    ...at(pk),
    expectedVersion,
    body,
    ...rest,
  });
  const fresh = (): Promise<StateStore> => open(() => 0);

  describe(`state store: ${name}`, () => {
    test('an absent item reads as undefined, in the order of the keys', async () => {
      const store = await fresh();
      await store.put([write('b', 0, '"b"')]);
      const items = await store.get([at('a'), at('b'), at('a'), at('b')]);
      expect(items.map((item) => item?.body)).toEqual([undefined, '"b"', undefined, '"b"']);
    });

    test('a write applies only on the expected version, and versions grow by one', async () => {
      const store = await fresh();
      expect(await store.put([write('a', 1, 'x')])).toEqual([false]);
      expect(await store.put([write('a', 0, 'one')])).toEqual([true]);
      expect(await store.put([write('a', 0, 'again')])).toEqual([false]);
      expect(await store.put([write('a', 1, 'two')])).toEqual([true]);
      expect(await store.put([write('a', 1, 'stale')])).toEqual([false]);
      expect(await store.get([at('a')])).toEqual([{ pk: 'a', sk: 's', version: 2, body: 'two' }]);
    });

    test('writes of one call are judged one after another, each on its own', async () => {
      const store = await fresh();
      expect(await store.put([write('a', 0, '1'), write('b', 5, 'x'), write('a', 1, '2'), write('a', 1, 'x')])).toEqual([
        true,
        false,
        true,
        false,
      ]);
      expect((await store.get([at('a'), at('b')])).map((item) => item?.body)).toEqual(['2', undefined]);
    });

    test('query gives one partition in code-unit order of sort keys', async () => {
      const store = await fresh();
      const sortKeys = ['b', 'B', 'a#10', 'a#9', '', '\u{1F600}', '\uFF5E', 'é', 'a'];
      await store.put(sortKeys.map((sk) => ({ pk: 'p', sk, expectedVersion: 0, body: sk })));
      await store.put([write('q', 0, 'other')]);
      expect((await store.query('p')).map(({ sk }) => sk)).toEqual([...sortKeys].sort());
      expect(await store.query('absent')).toEqual([]);
    });

    test('remove takes items whatever their version, and absent ones are no error', async () => {
      const store = await fresh();
      await store.put([write('a', 0, '1'), write('b', 0, '1')]);
      await store.remove([at('a'), at('none')]);
      expect((await store.get([at('a'), at('b')])).map((item) => item?.version)).toEqual([undefined, 1]);
      expect(await store.put([write('a', 0, 'new')])).toEqual([true]);
    });

    test('an item is there at its expiry and gone past it, and can then be made anew at version 1', async () => {
      let now = 1_000;
      const store = await open(() => now);
      await store.put([write('a', 0, '1', { expiresAtMs: 2_000 })]);
      await store.put([write('a', 1, '2', { expiresAtMs: 2_000 })]);
      now = 2_000;
      expect((await store.get([at('a')]))[0]?.version).toBe(2);
      now = 2_001;
      expect(await store.get([at('a')])).toEqual([undefined]);
      expect(await store.query('a')).toEqual([]);
      expect(await store.put([write('a', 2, 'zombie')])).toEqual([false]);
      expect(await store.put([write('a', 0, 'new')])).toEqual([true]);
      expect(await store.get([at('a')])).toEqual([{ pk: 'a', sk: 's', version: 1, body: 'new' }]);
    });

    test('a write without expiry takes an earlier expiry away', async () => {
      let now = 0;
      const store = await open(() => now);
      await store.put([write('a', 0, '1', { expiresAtMs: 10 })]);
      await store.put([write('a', 1, '2')]);
      now = 11;
      expect((await store.get([at('a')]))[0]?.body).toBe('2');
    });

    test('keys and bodies may hold any text', async () => {
      const store = await fresh();
      const texts = ["'; DROP TABLE items; --", 'a\u0000b', 'a', '\ud800', '\ud801', '\u0000"x', '__proto__', 'é😀', ' '];
      await store.put(texts.map((pk) => write(pk, 0, JSON.stringify(pk))));
      for (const pk of texts) expect(await store.get([at(pk)])).toEqual([{ pk, sk: 's', version: 1, body: JSON.stringify(pk) }]);
      await store.put(texts.map((sk) => ({ pk: 'all', sk, expectedVersion: 0, body: '1' })));
      expect((await store.query('all')).map(({ sk }) => sk)).toEqual([...texts].sort());
    });

    test('it behaves as a map from key to version and body', async () => {
      const step = fc.record({
        pk: fc.constantFrom('p', 'q'),
        sk: fc.constantFrom('1', '2', '3'),
        expectedVersion: fc.nat({ max: 3 }),
        remove: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
          const store = await fresh();
          const model = new Map<string, number>();
          for (const { pk, sk, expectedVersion, remove } of steps) {
            const key = `${pk} ${sk}`;
            if (remove) {
              await store.remove([{ pk, sk }]);
              model.delete(key);
              continue;
            }
            const isExpected = (model.get(key) ?? 0) === expectedVersion;
            expect(await store.put([{ pk, sk, expectedVersion, body: key }])).toEqual([isExpected]);
            if (isExpected) model.set(key, expectedVersion + 1);
          }
          const items = [...(await store.query('p')), ...(await store.query('q'))];
          expect(items.map(({ pk, sk, version }) => [`${pk} ${sk}`, version])).toEqual([...model].sort());
        }),
        { numRuns: 15 },
      );
    });
  });
}
