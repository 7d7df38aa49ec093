import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RetriableError } from '../../../core/errors.ts';
import { SqliteStateStore } from '../../../local/state/sqlite.ts';
import { stateStoreContract } from '../../contract/state-store.ts';
import { testFolder } from '../folder.ts';

function openAt(path: string, clock = (): number => 0): SqliteStateStore {
  const store = new SqliteStateStore(path, clock);
  onTestFinished(() => store.close());
  return store;
}

stateStoreContract('sqlite', async (clock) => openAt(join(testFolder(), 'state.sqlite'), clock));

describe('sqlite state store on disk', () => {
  test('what was put is there after closing and opening again', async () => {
    const path = join(testFolder(), 'state.sqlite');
    const first = new SqliteStateStore(path, () => 0);
    await first.put([{ pk: 'p', sk: 's', expectedVersion: 0, body: 'kept' }]);
    first.close();
    const second = openAt(path);
    expect((await second.get([{ pk: 'p', sk: 's' }]))[0]?.body).toBe('kept');
    expect(await second.put([{ pk: 'p', sk: 's', expectedVersion: 1, body: 'newer' }])).toEqual([true]);
  });

  test('every put that returned is there after kill -9, and none is there by half', async () => {
    const path = join(testFolder(), 'state.sqlite');
    const module = new URL('../../../local/state/sqlite.ts', import.meta.url).href;
    const script = `
      import { SqliteStateStore } from ${JSON.stringify(module)};
      const store = new SqliteStateStore(${JSON.stringify(path)}, () => 0);
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

  test.each([
    [1, 345],
    [2, 89],
    [3, 1],
  ])('expired items leave the file in passing, a bounded number at each put: after %i puts %i items are left', async (puts, left) => {
    const path = join(testFolder(), 'state.sqlite');
    let now = 0;
    const store = new SqliteStateStore(path, () => now);
    await store.put(Array.from({ length: 600 }, (_, i) => ({ pk: `p${i}`, sk: 's', expectedVersion: 0, body: 'x', expiresAtMs: 10 })));
    now = 5_000;
    for (let i = 0; i < puts; i += 1) await store.put([{ pk: 'other', sk: 's', expectedVersion: i, body: 'x' }]);
    store.close();
    const file = new DatabaseSync(path, { readOnly: true });
    expect(file.prepare('SELECT count(*) AS n FROM items').get()?.['n']).toBe(left);
    file.close();
  });

  test('a store that cannot answer throws a retriable error', async () => {
    const store = new SqliteStateStore(join(testFolder(), 'state.sqlite'), () => 0);
    store.close();
    await expect(store.put([])).rejects.toThrow(RetriableError);
    await expect(store.get([])).rejects.toThrow(RetriableError);
    await expect(store.query('p')).rejects.toThrow(RetriableError);
  });
});
