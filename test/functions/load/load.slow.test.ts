import { describe, expect, test } from 'vitest';
import type { ObjectFiles } from '../../../core/ports.ts';
import { releaseClaim } from '../../../functions/backfill/claim-list.ts';
import { abandonLoad } from '../../../functions/load/load.ts';
import { readLoads } from '../../../functions/load/loads.ts';
import { Crash, DoomedPorts } from '../../lake/compaction/world.ts';
import { STORY_MS } from '../backfill/story.ts';
import { history, type Line, LoadWorld, timeOf } from './world.ts';

const HOUR_MS = 3_600_000;
const ARCHIVE = 'SELECT * EXCLUDE (dt, hour) FROM archive ORDER BY ALL';
const LEDGER = 'SELECT shard_id, seen, accepted, late, duplicate, quarantined FROM ledger ORDER BY shard_id';
const RANGE = { mode: 'verify', from: '2025-12-01', to: '2025-12-02' } as const;

const payment = (id: string, time: string, more: object = {}): Line => ({
  type: 'payment',
  event_id: id,
  event_time: time,
  card: 'card-1',
  terminal: 't1',
  amount: '1.00',
  currency: 'EUR',
  ...more,
});

describe('a load', () => {
  test('puts every line into one bin, and its own row into the ledger', async () => {
    const one = new LoadWorld();
    const lines = history(11, 60);
    const { counters } = await one.loadOnly('a', lines);
    const { seen = 0, accepted = 0, late = 0, duplicate = 0, quarantined = 0 } = counters ?? {};
    expect(seen).toBe(lines.length);
    expect(accepted + late + duplicate + quarantined).toBe(seen);
    expect(duplicate).toBeGreaterThan(0);
    expect(quarantined).toBeGreaterThan(0);
    expect(await one.rows(LEDGER)).toEqual([JSON.stringify(['load-a', seen, accepted, late, duplicate, quarantined])]);
  });

  test('that is repeated adds nothing, and reads no file', async () => {
    const one = new LoadWorld();
    const lines = history(12, 40);
    await one.loadOnly('a', lines);
    const [archive, ledger] = [await one.rows(ARCHIVE), await one.rows(LEDGER)];
    one.world.nowMs += HOUR_MS;
    const records = (): never => {
      throw new Error('the files were read again');
    };
    expect((await one.loadOnly('a', lines, { records })).counters).toBeUndefined();
    expect([await one.rows(ARCHIVE), await one.rows(LEDGER)]).toEqual([archive, ledger]);
  });

  test('leaves out what is not in the span; what is broken is in the span of the line before it', async () => {
    const one = new LoadWorld();
    const lines = [
      '{',
      payment('e1', '2025-12-01T10:00:00Z'),
      payment('e2', '2025-12-01T11:00:00Z'),
      '{',
      payment('e3', '2025-12-01T12:00:00Z'),
    ];
    const [first, second] = [Date.parse('2025-12-01T11:00:00Z'), Number.POSITIVE_INFINITY];
    const early = await one.loadOnly('a', lines, { span: { fromMs: Number.NEGATIVE_INFINITY, toMs: first } });
    await releaseClaim(one.work, 'load-a');
    const late = await one.loadOnly('b', lines, { span: { fromMs: first, toMs: second } });
    expect(early).toMatchObject({ counters: { seen: 2, accepted: 1, quarantined: 1 }, leftOut: 3 });
    expect(late).toMatchObject({ counters: { seen: 3, accepted: 2, quarantined: 1 }, leftOut: 2 });
  });

  test('quarantines what is dated after today, and masks card numbers, as the stream does', async () => {
    const one = new LoadWorld();
    const lines = [
      payment('e1', '2025-12-01T10:00:00Z'),
      payment('e2', '2031-12-01T10:00:00Z'),
      payment('e3', '2025-12-01T10:05:00Z', { terminal: '4111111111111111' }),
    ];
    await one.load('a', lines);
    expect(await one.rows('SELECT code FROM quarantine ORDER BY code')).toEqual(['["CARD_NUMBER"]', '["TIME_IN_FUTURE"]']);
    expect(await one.rows("SELECT count(*) FROM archive WHERE CAST(data AS VARCHAR) LIKE '%4111111111111111%'")).toEqual(['[0]']);
    expect(await one.backfill('v', RANGE)).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0 });
  });

  test.each<[string, Line[]]>([
    ['no line at all', []],
    ['no line that is an event', ['{', '[]', 'what?']],
  ])('of files with %s is refused, and leaves nothing', async (_name, lines) => {
    const one = new LoadWorld();
    await expect(one.loadOnly('a', lines)).rejects.toThrow(/^LOAD_EMPTY: the files have [03] records and no event among them/);
    expect(await one.lake.list('')).toEqual([]);
  });

  test('of a span without an event is refused', async () => {
    const span = { fromMs: Date.parse('2024-01-01'), toMs: Date.parse('2024-02-01') };
    const said = new LoadWorld().loadOnly('a', history(13, 5), { span });
    await expect(said).rejects.toThrow(/^LOAD_EMPTY: the files have 5 records and no event of the span among them/);
  });
});

describe('a span that is taken', () => {
  test('by the stream is refused with both spans, and nothing is counted twice', async () => {
    const one = new LoadWorld();
    await one.stream(history(14, 40));
    const archive = await one.rows(ARCHIVE);
    await expect(one.loadOnly('a', history(15, 40, { startMs: STORY_MS - 600_000 }))).rejects.toThrow(
      /^LOAD_OVERLAPS: the files have events from 2025-11-30T23:5.* to 2025-12-01T.*, and the stream has taken those from 2025-12-01T00:0.*--to 2025-12-01T00:0/,
    );
    expect(await one.rows(ARCHIVE)).toEqual(archive);
    expect(await readLoads(one.lake)).toEqual([]);
  });

  test('by another load is refused, also while that one is not finished; what lies beside it is not', async () => {
    const one = new LoadWorld();
    const lines = history(16, 60).filter((line) => typeof line !== 'string');
    const middleMs = timeOf(lines[30] ?? '');
    await one.loadOnly('a', lines.slice(0, 30));
    await releaseClaim(one.work, 'load-a');
    await expect(one.loadOnly('b', lines.slice(29))).rejects.toThrow(
      /^LOAD_OVERLAPS: .* and load a has those from .*Load what is not covered with --from/,
    );
    const doomed = await one.ports((ports) => ({ ...ports, lake: new DoomedPorts(4, 'before').around(ports.lake) }));
    await expect(one.loadOnly('c', lines.slice(30), { ports: doomed })).rejects.toThrow(Crash);
    await expect(one.loadOnly('d', lines.slice(40))).rejects.toThrow(/^LOAD_OVERLAPS: .*begun and not finished.*--abandon load-c/);
    expect(await abandonLoad(await one.ports(), 'load-c')).toBe(true);
    expect(await abandonLoad(await one.ports(), 'load-a')).toBe(false);
    expect(await one.rows("SELECT count(*) FROM archive WHERE shard_id = 'load-c'")).toEqual(['[0]']);
    const { load } = await one.loadOnly('d', lines.slice(30), { span: { fromMs: middleMs, toMs: Number.POSITIVE_INFINITY } });
    expect(load.fromMs).toBe(middleMs);
  });

  test('is free again only where the windows that it shares with the stream are final', async () => {
    const one = new LoadWorld();
    const lines = history(17, 60).filter((line) => typeof line !== 'string');
    await one.stream(lines.slice(30), false);
    await expect(one.loadOnly('a', lines.slice(0, 30))).rejects.toThrow(/^LOAD_NOT_FINAL: .* must be past 2025-12-01T0.*Do the same later/);
  });
});

describe('a load that dies at any of its calls', () => {
  const lines = history(18, 25, { stepS: 500 });

  test.each(['before', 'after'] as const)('counts for nobody until it is whole, and the same again makes it so (%s)', async (death) => {
    const whole = new LoadWorld();
    const count = new DoomedPorts(Number.POSITIVE_INFINITY, death);
    await whole.loadOnly('a', lines, { ports: await whole.ports((ports) => ({ ...ports, lake: count.around(ports.lake) })) });
    const [archive, ledger] = [await whole.rows(ARCHIVE), await whole.rows(LEDGER)];
    for (let at = 0; at < count.calls; at += 1 + Math.floor(count.calls / 4)) {
      const one = new LoadWorld();
      const ports = await one.ports((given) => ({ ...given, lake: new DoomedPorts(at, death).around(given.lake) }));
      await expect(one.loadOnly('a', lines, { ports })).rejects.toThrow(Crash);
      if ((await one.rows(LEDGER)).length === 0) await expect(one.backfill('v', RANGE)).rejects.toThrow('NOTHING_FINAL');
      one.world.nowMs += 60_000;
      await one.loadOnly('a', lines);
      expect([await one.rows(ARCHIVE), await one.rows(LEDGER)]).toEqual([archive, ledger]);
    }
  });

  test('is whole from its ledger row on: giving it up takes nothing away', async () => {
    const one = new LoadWorld();
    const files = (files: ObjectFiles): ObjectFiles => ({
      scratch: (name) => files.scratch(name),
      open: (key) => files.open(key),
      part: (key, from, to) => files.part(key, from, to),
      release: (paths) => files.release(paths),
      store: async (key, path) => {
        await files.store(key, path);
        if (key.startsWith('ledger/')) throw new Crash('the process dies');
      },
    });
    const ports = await one.ports((given) => ({ ...given, lake: { ...given.lake, files: files(given.lake.files) } }));
    await expect(one.loadOnly('a', lines, { ports })).rejects.toThrow(Crash);
    const archive = await one.rows(ARCHIVE);
    expect(await abandonLoad(await one.ports(), 'load-a')).toBe(false);
    expect(await one.rows(ARCHIVE)).toEqual(archive);
    expect(await readLoads(one.lake)).toMatchObject([{ id: 'a', isDone: true }]);
  });
});
