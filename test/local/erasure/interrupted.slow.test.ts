import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StateStore } from '../../../core/ports.ts';
import { type ForgetPorts, forget, planForget } from '../../../functions/forget/forget.ts';
import { SortEngine } from '../../../lake/compaction/engine.ts';
import { compactLake } from '../../../lake/compaction/lake.ts';
import { NOW_POLICY } from '../../../lake/compaction/plan.ts';
import { GenerationWriter } from '../../../lake/compaction/writer.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { erasureSecret } from '../../../local/erasure/secret.ts';
import { FolderObjectStore } from '../../../local/objects/folder.ts';
import { dataFolder } from '../../../local/runtime/folder.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { type Death, DoomedPorts } from '../../lake/compaction/world.ts';
import { type Dump, dump, filesWith, filledSmall, KEY, opened, request } from './world.ts';

const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const BEFORE = join(root, 'before');
let before: Dump;

const copied = (name: string): string => {
  const path = join(root, name);
  rmSync(path, { recursive: true, force: true });
  cpSync(BEFORE, path, { recursive: true });
  return path;
};

beforeAll(async () => {
  await filledSmall(BEFORE);
  erasureSecret(BEFORE);
  before = await dump(BEFORE);
}, 240_000);

/** Deaths tried of each kind, spread over all calls. */
const DEATHS = 3;

describe('a process that dies while it forgets', () => {
  test.each<Death>(['before', 'after'])(
    'leaves old or masked rows, and the same command finishes it: %s a call',
    async (death) => {
      const wanted = copied(`whole-${death}`);
      const all = new DoomedPorts(Number.POSITIVE_INFINITY, death);
      const doomed = (doom: DoomedPorts, ports: ForgetPorts): ForgetPorts => ({
        ...ports,
        ...doom.around(ports),
        store: doom.wrap<StateStore>(ports.store),
      });
      await opened(wanted, async (ports) => forget(doomed(all, ports), await request(wanted)));
      const end = await dump(wanted);
      const keys = Object.fromEntries(Object.entries(before).map(([table, rows]) => [table, rows.length]));
      const stride = Math.ceil(all.calls / DEATHS) + (death === 'after' ? 1 : 0);
      expect(all.calls).toBeGreaterThan(100);
      for (let at = death === 'after' ? 3 : 0; at < all.calls; at += stride) {
        const data = copied('dying');
        const doom = new DoomedPorts(at, death);
        await opened(data, async (ports) => forget(doomed(doom, ports), await request(data)).catch(() => undefined));
        expect(doom.hasDied).toBe(true);
        const seen = await dump(data);
        for (const [table, rows] of Object.entries(seen)) {
          expect(rows, table).toHaveLength(keys[table] ?? -1);
          for (const row of rows) expect(before[table]?.includes(row) === true || end[table]?.includes(row) === true, row).toBe(true);
        }
        const outcome = await opened(data, async (ports) => forget(ports, await request(data)));
        expect(outcome.kind).not.toBe('nobody');
        expect(await dump(data)).toEqual(end);
        expect(await filesWith(data, [KEY, 'phone-of-ada']), `call ${at}`).toEqual([]);
      }
    },
    300_000,
  );
});

test('a compaction at the same time: the rows end masked, each once', async () => {
  const data = copied('busy');
  await opened(data, async (ports) => {
    const asked = await request(data);
    const other = {
      ...ports,
      engine: new SortEngine({ scratch: new FolderObjectStore(dataFolder(data).lake).scratch('e2'), memoryMb: 128, threads: 1 }),
    };
    const writer = new GenerationWriter({ scratch: new FolderObjectStore(dataFolder(data).lake).scratch('w2') });
    const compaction = compactLake({ ...ports, writer }, { tables: tablesOf(pipeline), policy: NOW_POLICY });
    const ends = await Promise.allSettled([forget(ports, asked), compaction]);
    expect(ends[0]).toMatchObject({ status: 'fulfilled' });
    expect((await planForget(other, asked)).partitions).toEqual([]);
    other.engine.rest();
    writer.close();
  });
  expect(await filesWith(join(data, 'lake'), [KEY])).toEqual([]);
  expect(Object.fromEntries(Object.entries(await dump(data)).map(([table, rows]) => [table, rows.length]))).toEqual(
    Object.fromEntries(Object.entries(before).map(([table, rows]) => [table, rows.length])),
  );
}, 240_000);
