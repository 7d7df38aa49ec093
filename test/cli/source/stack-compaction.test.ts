import { describe, expect, test } from 'vitest';
import { compactStack } from '../../../cli/source/stack-compaction.ts';
import { createCompact } from '../../../functions/compact/handler.ts';
import { type CompactRequest, compactAnswer } from '../../../lake/compaction/request.ts';
import { kindsRows } from '../../contract/kinds-table.ts';
import { KEPT_MS, LakeWorld } from '../../lake/compaction/world.ts';

/** Hours that the rows of the world fall in. */
const HOURS = 3;
const TORN = 'kinds/landing/dt=2026-03-01/hour=00/torn.parquet';

interface Called {
  readonly world: LakeWorld;
  readonly calls: CompactRequest[];
  readonly compact: (event: unknown) => Promise<unknown>;
}

/** The deployed function over a lake of three hours; each call has time for so many hours only. */
async function deployed(hoursOfCall = Number.POSITIVE_INFINITY): Promise<Called> {
  const world = new LakeWorld();
  await world.land(kindsRows(0, HOURS * 24));
  const calls: CompactRequest[] = [];
  const compact = async (event: unknown): Promise<unknown> => {
    calls.push((event as { readonly detail: CompactRequest }).detail);
    const time = new AbortController();
    let begun = 0;
    if (hoursOfCall === 0) time.abort();
    const ports = world.ports((one) => {
      const write: typeof one.writer.write = (table, files) => {
        begun += 1;
        if (begun >= hoursOfCall) time.abort();
        return one.writer.write(table, files);
      };
      return { ...one, writer: { write, clear: () => one.writer.clear() } };
    });
    const handle = createCompact({ ...ports, tables: [world.table], keptMs: KEPT_MS });
    // As it crosses the wire.
    return JSON.parse(JSON.stringify(compactAnswer(await handle(JSON.parse(JSON.stringify(event)), time.signal))));
  };
  return { world, calls, compact };
}

describe('compaction of a stack', () => {
  test('goes on where the function had no more time, and adds up what all calls did', async () => {
    const [whole, parts] = [await deployed(), await deployed(1)];
    const expected = await compactStack(whole.compact, {});
    expect(whole.calls).toHaveLength(1);
    const done = await compactStack(parts.compact, {});
    expect(done).toEqual(expected);
    expect(done).toMatchObject({ isComplete: true, failed: [] });
    expect(done.compacted.map(({ partition }) => partition.hour)).toEqual(['00', '01', '02']);
    expect(parts.calls.map(({ from }) => from?.hour)).toEqual([undefined, '01', '02']);
    expect((await compactStack(parts.compact, {})).compacted).toEqual([]);
  });

  test('an hour that fails is told once and keeps no other back', async () => {
    const { world, compact, calls } = await deployed(1);
    await world.store.put(TORN, Buffer.from('PAR1'));
    const { failed, compacted } = await compactStack(compact, {});
    expect(failed.map(({ message }) => message)).toEqual([expect.stringContaining(`FILE_UNREADABLE: ${TORN}`)]);
    expect(compacted.map(({ partition }) => partition.hour)).toEqual(['01', '02']);
    expect(calls.length).toBeLessThanOrEqual(HOURS);
  });

  test('a damaged manifest is made anew when that is asked for', async () => {
    const { world, compact } = await deployed();
    await compactStack(compact, {});
    const key = 'kinds/manifest/dt=2026-03-01/hour=01.json';
    await world.store.put(key, Buffer.from('{}'));
    expect((await compactStack(compact, {})).failed.map(({ message }) => message)).toEqual([expect.stringContaining('MANIFEST_DAMAGED')]);
    expect(await compactStack(compact, { isRepairing: true })).toMatchObject({ repaired: 1, failed: [] });
  });

  test('only the tables and the settled hours that are asked for', async () => {
    const { compact } = await deployed();
    expect(await compactStack(compact, { isSettled: true })).toMatchObject({ compacted: [], waiting: HOURS });
    await expect(compactStack(compact, { tables: ['other'] })).rejects.toThrow('--table: got "other"; allowed: kinds');
  });

  test('ends after the call under way when it is stopped; the next one does the rest', async () => {
    const { compact } = await deployed(1);
    expect(await compactStack(compact, { signal: AbortSignal.abort() })).toMatchObject({ isComplete: false, compacted: [{}] });
    expect((await compactStack(compact, {})).compacted).toHaveLength(HOURS - 1);
  });

  test('a function that has no time for anything is not called for ever', async () => {
    const { compact, calls } = await deployed(0);
    await expect(compactStack(compact, {})).rejects.toThrow(/no further than kinds 2026-03-01 00 in 3 calls.*compactionMb/);
    expect(calls).toHaveLength(4);
  });

  test('a function of another build is named, whichever is the newer one', async () => {
    await expect(compactStack(async () => null, {})).rejects.toThrow(
      'answer of the function compact: got "null"; allowed: that of this build',
    );
    const { compact } = await deployed();
    const newer = (event: unknown): Promise<unknown> => compact({ ...(event as object), detail: { colour: 'blue' } });
    await expect(compactStack(newer, {})).rejects.toThrow(/request to compact.*the command and the function must be of one build/);
  });
});
