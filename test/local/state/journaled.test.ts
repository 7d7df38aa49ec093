import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { RetriableError, UsageError } from '../../../core/errors.ts';
import { Journal } from '../../../local/state/journal.ts';
import { JournaledStateStore } from '../../../local/state/journaled.ts';
import { MemoryStateStore } from '../../../local/state/memory.ts';
import { stateStoreContract } from '../../contract/state-store.ts';
import { testFolder } from '../folder.ts';

function openAt(path: string, clock = (): number => 0): JournaledStateStore {
  const store = new JournaledStateStore(path, clock);
  onTestFinished(() => store.close());
  return store;
}

stateStoreContract('journaled', async (clock) => openAt(join(testFolder(), 'state'), clock));

stateStoreContract('journaled, folding after every write', async (clock) => {
  const store = new JournaledStateStore(join(testFolder(), 'state'), clock, { foldBytes: 1 });
  onTestFinished(() => store.close());
  return store;
});

describe('journaled state store on disk', () => {
  test('what was put is there after closing and opening again', async () => {
    const path = join(testFolder(), 'state');
    const first = new JournaledStateStore(path, () => 0);
    await first.put([{ pk: 'p', sk: 's', expectedVersion: 0, body: 'kept' }]);
    first.close();
    const second = openAt(path);
    expect((await second.get([{ pk: 'p', sk: 's' }]))[0]?.body).toBe('kept');
    expect(await second.put([{ pk: 'p', sk: 's', expectedVersion: 1, body: 'newer' }])).toEqual([true]);
  });

  test.each([1, 2 ** 20])('after a scrub no file has the bytes of what was removed or replaced; folding at %d bytes', async (foldBytes) => {
    const path = join(testFolder(), 'state');
    const store = new JournaledStateStore(path, () => 0, { foldBytes });
    onTestFinished(() => store.close());
    const secret = 'secret-'.repeat(1_000);
    await store.put(['a', 'b', 'c'].map((sk) => ({ pk: 'p', sk, expectedVersion: 0, body: sk === 'c' ? 'kept' : secret })));
    await store.remove([{ pk: 'p', sk: 'a' }]);
    await store.put([{ pk: 'p', sk: 'b', expectedVersion: 1, body: 'other' }]);
    const hasSecret = (): boolean => readdirSync(path).some((name) => readFileSync(join(path, name)).includes('secret-'));
    expect(hasSecret()).toBe(true);
    store.scrub();
    expect(hasSecret()).toBe(false);
    expect((await store.query('p')).map(({ body }) => body)).toEqual(['other', 'kept']);
  });

  test('every put that returned is there after kill -9, and none is there by half', async () => {
    const path = join(testFolder(), 'state');
    const module = new URL('../../../local/state/journaled.ts', import.meta.url).href;
    const script = `
      import { JournaledStateStore } from ${JSON.stringify(module)};
      const store = new JournaledStateStore(${JSON.stringify(path)}, () => 0);
      for (let i = 0; ; i += 1) {
        await store.put([{ pk: 'a', sk: 's', expectedVersion: i, body: String(i) }, { pk: 'b', sk: 's', expectedVersion: i, body: String(i) }]);
        process.stdout.write(i + '\\n');
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.length > 500) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const acknowledged = Number(printed.slice(0, printed.lastIndexOf('\n')).split('\n').at(-1));
    const items = await openAt(path).get([
      { pk: 'a', sk: 's' },
      { pk: 'b', sk: 's' },
    ]);
    expect(Number(items[0]?.body)).toBeGreaterThanOrEqual(acknowledged);
    expect(items[0]?.body).toBe(items[1]?.body);
  });

  test('a store closed, killed or folded at any moment goes on as one that never was', async () => {
    const key = fc.record({ pk: fc.constantFrom('p', 'q', 'é\n😀'), sk: fc.constantFrom('1', '2') });
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ put: fc.array(fc.record({ key, body: fc.string({ unit: 'grapheme' }) }), { minLength: 1, maxLength: 4 }) }),
      },
      { weight: 2, arbitrary: fc.record({ remove: fc.array(key, { minLength: 1, maxLength: 3 }) }) },
      { weight: 1, arbitrary: fc.constant('reopen' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.constantFrom(1, 300, 1_000_000), async (steps, foldBytes) => {
        const path = join(testFolder(), 'state');
        const model = new MemoryStateStore(() => 0);
        let store = new JournaledStateStore(path, () => 0, { foldBytes });
        for (const one of steps) {
          if (one === 'reopen') {
            store.close();
            store = new JournaledStateStore(path, () => 0, { foldBytes });
          } else if ('put' in one) {
            const known = await model.get(one.put.map((write) => write.key));
            const writes = one.put.map((write, i) => ({ ...write.key, body: write.body, expectedVersion: known[i]?.version ?? 0 }));
            expect(await store.put(writes)).toEqual(await model.put(writes));
          } else {
            await model.remove(one.remove);
            await store.remove(one.remove);
          }
          for (const pk of ['p', 'q', 'é\n😀']) expect(await store.query(pk)).toEqual(await model.query(pk));
        }
        store.close();
      }),
      { numRuns: 60 },
    );
  });

  test.each(['cut short', 'overwritten'])(
    'a journal whose last write was %s opens without that write and takes new ones',
    async (fault) => {
      const path = join(testFolder(), 'state');
      const first = new JournaledStateStore(path, () => 0);
      for (const expectedVersion of [0, 1, 2]) await first.put([{ pk: 'p', sk: 's', expectedVersion, body: `after ${expectedVersion}` }]);
      first.close();
      const journal = join(path, 'journal');
      const bytes = readFileSync(journal);
      writeFileSync(journal, fault === 'cut short' ? bytes.subarray(0, -3) : Buffer.concat([bytes.subarray(0, -3), Buffer.alloc(4_096)]));
      const second = openAt(path);
      expect((await second.get([{ pk: 'p', sk: 's' }]))[0]).toMatchObject({ version: 2, body: 'after 1' });
      await second.put([{ pk: 'p', sk: 's', expectedVersion: 2, body: 'new' }]);
      second.close();
      expect((await openAt(path).get([{ pk: 'p', sk: 's' }]))[0]?.body).toBe('new');
    },
  );

  test.each([0, 5, 60])(
    'a journal with sound writes behind a bad one (at byte %i) is damaged: it is refused and left as it is',
    async (at) => {
      const path = join(testFolder(), 'state');
      const first = new JournaledStateStore(path, () => 0);
      for (const expectedVersion of [0, 1, 2]) await first.put([{ pk: 'p', sk: 's', expectedVersion, body: 'x'.repeat(50) }]);
      first.close();
      const journal = join(path, 'journal');
      const bytes = readFileSync(journal);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(journal, bytes);
      expect(() => openAt(path)).toThrow(UsageError);
      expect(() => openAt(path)).toThrow(/journal is damaged at byte 0/);
      expect(readFileSync(journal)).toEqual(bytes);
    },
  );

  test('expired items leave the table when it is folded into', async () => {
    const path = join(testFolder(), 'state');
    let now = 0;
    const store = new JournaledStateStore(path, () => now, { foldBytes: 1 });
    await store.put([{ pk: 'p', sk: 's', expectedVersion: 0, body: 'x', expiresAtMs: 10 }]);
    now = 5_000;
    await store.put([{ pk: 'other', sk: 's', expectedVersion: 0, body: 'x' }]);
    store.close();
    const file = new DatabaseSync(join(path, 'items.sqlite'), { readOnly: true });
    expect(file.prepare('SELECT pk FROM items').all()).toEqual([{ pk: 'other' }]);
    file.close();
  });

  test('a write that the disk refuses leaves no trace in memory', async () => {
    const store = openAt(join(testFolder(), 'state'));
    await store.put([{ pk: 'p', sk: 's', expectedVersion: 0, body: 'first' }]);
    const append = vi.spyOn(Journal.prototype, 'append').mockImplementationOnce(() => {
      throw new Error('ENOSPC: no space left on device');
    });
    onTestFinished(() => append.mockRestore());
    const writes = [
      { pk: 'p', sk: 's', expectedVersion: 1, body: 'second' },
      { pk: 'p', sk: 's', expectedVersion: 2, body: 'third' },
      { pk: 'q', sk: 's', expectedVersion: 0, body: 'other' },
    ];
    await expect(store.put(writes)).rejects.toThrow('no space left');
    expect((await store.get([{ pk: 'p', sk: 's' }]))[0]).toMatchObject({ version: 1, body: 'first' });
    expect(await store.query('q')).toEqual([]);
    expect(await store.put(writes)).toEqual([true, true, true]);
  });

  test('a store that cannot answer throws a retriable error', async () => {
    const store = new JournaledStateStore(join(testFolder(), 'state'), () => 0);
    store.close();
    await expect(store.put([])).rejects.toThrow(RetriableError);
    await expect(store.get([])).rejects.toThrow(RetriableError);
    await expect(store.query('p')).rejects.toThrow(RetriableError);
  });
});
