import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type History, type HistoryFlags, withHistory } from '../../../cli/backtest/history.ts';
import { OUTCOMES, type ScoredTable } from '../../../core/backtest/scored.ts';
import { backtest } from '../../../local/backtest/backtest.ts';
import { type LoadedPipeline, loadPipeline } from '../../../local/pipeline.ts';
import { testFolder } from '../../local/folder.ts';
import { ended, launch } from '../process.ts';
import { storyLines } from './story.ts';

const DAY_MS = 86_400_000;
const PIPELINE = 'pipelines/payments';
const root = testFolder(afterAll);
const INPUT = join(root, 'story.ndjson');
const DATA = join(root, 'data');
const FROM = '2026-01-10';
const TO = '2026-01-24';
const RANGE = ['--from', FROM, '--to', TO];

const headrace = (...args: readonly string[]) => ended(launch('cli/headrace.mjs', args));

async function query<T>(sql: string, data = DATA): Promise<T[]> {
  const { out, err, code } = await headrace('query', sql, '--data', data, '--format', 'json');
  expect(code, err).toBe(0);
  return JSON.parse(out) as T[];
}

interface Verdict {
  readonly event_id: string;
  readonly customer_id: string;
  readonly score: number;
  readonly outcome: string;
  readonly rules_fired: readonly string[];
}

const byId = (a: Verdict, b: Verdict): number => (a.event_id < b.event_id ? -1 : 1);

function verdictsOf(table: ScoredTable): Verdict[] {
  return table.eventIds.map((event_id, row) => ({
    ...{ event_id, customer_id: table.keyNames[table.keys[row] ?? 0] ?? '', score: table.scores[row] ?? 0 },
    outcome: OUTCOMES[table.outcomes[row] ?? 0] ?? '',
    rules_fired: table.firedNames[table.firedSets[row] ?? 0] ?? [],
  }));
}

const range = { fromMs: Date.parse(FROM), toMs: Date.parse(TO), labelDelayMs: 7 * DAY_MS, knownDays: 7 };

async function judged(flags: Partial<HistoryFlags>, loaded: LoadedPipeline): Promise<{ table: ScoredTable; history: History }> {
  const all = { input: [], import: undefined, data: undefined, stack: undefined, 'max-mb': 1, ...flags };
  return withHistory(all, { loaded, range }, async (history) => {
    const { inputs, importSql } = history;
    const start = { inputs, importSql, ...range, pipelineDir: PIPELINE, ruleSets: [loaded.rules], spillPath: join(root, 'spill') };
    const [table] = (await backtest(start, 2)).tables;
    if (table === undefined) throw new Error('no table');
    return { table, history };
  });
}

beforeAll(async () => {
  const lines = storyLines({ seed: 11, payments: 1_200 });
  writeFileSync(INPUT, `${lines.toSpliced(40, 0, 'no event').join('\n')}\n`);
  const { code, err } = await headrace('run', '--input', INPUT, '--data', DATA);
  expect(code, err).toBe(0);
}, 300_000);

describe('headrace backtest over a lake', () => {
  test('decides as the stream decided, row for row: score, outcome and rules', async () => {
    const { table } = await judged({ data: DATA }, await loadPipeline(PIPELINE));
    const decided = await query<Verdict>(`SELECT event_id, customer_id, score, outcome, rules_fired FROM decisions
      WHERE event_time >= TIMESTAMP '${FROM}' AND event_time < TIMESTAMP '${TO}'`);
    const fired = decided.filter(({ rules_fired }) => rules_fired.length > 0);
    expect(fired.length).toBeGreaterThan(30);
    expect(fired.some(({ rules_fired }) => rules_fired.includes('terminal-frauds-fresh'))).toBe(true);
    expect(verdictsOf(table).sort(byId)).toEqual(decided.sort(byId));
  });

  test('decides as a back-test over the files that the stream had, truths included', async () => {
    const loaded = await loadPipeline(PIPELINE);
    const { table, history } = await judged({ data: DATA }, loaded);
    const files = await judged({ input: [INPUT] }, loaded);
    expect(verdictsOf(table)).toEqual(verdictsOf(files.table));
    expect(table.truths).toEqual(files.table.truths);
    expect(table.truths).toContain(1);
    expect(history.notes).toEqual([
      expect.stringMatching(/^The lake begins at 2026-01-01T.*, and features and known frauds reach back to 2025-/),
    ]);
  });

  test('writes the scores of files, and says where its history ends', async () => {
    const [lake, files] = [join(root, 'lake.csv'), join(root, 'files.csv')];
    const done = await headrace('backtest', '--data', DATA, ...RANGE, '--scores', lake);
    expect(done.code, done.err).toBe(0);
    expect(done.out.replaceAll(/\s+/g, ' ')).toContain('what happened before the lake is not in them');
    await headrace('backtest', '--input', INPUT, ...RANGE, '--scores', files);
    expect(readFileSync(lake, 'utf8')).toBe(readFileSync(files, 'utf8'));
  });

  test('takes what was loaded, once where the stream has it too, and nothing that came late', async () => {
    const data = join(root, 'loaded');
    const lines = storyLines({ seed: 12, payments: 240 });
    const at = (name: string, some: readonly string[]): string => {
      writeFileSync(join(root, name), `${some.join('\n')}\n`);
      return join(root, name);
    };
    const late =
      lines.find((line) => line.includes('"transaction"') && line.includes('2026-01-12T'))?.replace('"event_id":"', '"event_id":"late-') ??
      '';
    // A load ends where the stream begins: only a stream that begins later, and too early, has events of its own again.
    for (const args of [
      ['run', '--input', at('nothing.ndjson', ['no event'])],
      ['backfill', '--input', at('older.ndjson', lines.slice(0, 120)), '--yes'],
      ['run', '--input', at('newer.ndjson', [...lines.slice(100), late]), '--append'],
    ]) {
      const { code, out, err } = await headrace(...args, '--data', data);
      expect(code, `${out}${err}`).toBe(0);
    }
    const lanes = await query<{ readonly n: number }>(
      "SELECT CAST(count(*) AS INT) AS n FROM archive WHERE lane = 'late' OR (lane = 'accepted' AND shard_id LIKE 'load-%') GROUP BY lane ORDER BY lane",
      data,
    );
    expect(lanes[0]?.n).toBeGreaterThan(100);
    expect(lanes[1]?.n).toBe(1);
    const loaded = await loadPipeline(PIPELINE);
    const [{ table }, files] = [await judged({ data }, loaded), await judged({ input: [at('all.ndjson', lines)] }, loaded)];
    expect(verdictsOf(table)).toEqual(verdictsOf(files.table));
    expect(table.truths).toEqual(files.table.truths);
  }, 300_000);

  test.each([
    [['--data', DATA, '--from', '2027-01-01', '--to', '2027-01-02'], 'a range with events: the lake has those of 2026-01-01T'],
    [['--data', join(root, 'nowhere'), ...RANGE], 'a folder that headrace run or headrace up has filled'],
    [['--data', DATA, '--input', INPUT, ...RANGE], '"--input and --data"; allowed: one of --input FILE…, --data DIR and --stack NAME'],
    [['--data', DATA, '--import', 'q.sql', ...RANGE], '--import beside --input only'],
    [[...RANGE], 'one of --input FILE…, --data DIR and --stack NAME'],
    [['--stack', 'Nope', ...RANGE], 'headrace-ENV'],
  ])('refuses %j in one line', async (args, message) => {
    const { code, err } = await headrace('backtest', ...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  test('refuses a lake without labels, and a range in which nothing happened that is judged', async () => {
    const [data, input] = [join(root, 'blind'), join(root, 'blind.ndjson')];
    const lines = readFileSync(INPUT, 'utf8').trimEnd().split('\n');
    writeFileSync(
      input,
      `${lines
        .filter((line) => !line.includes('"type":"label"'))
        .slice(0, 200)
        .join('\n')}\n`,
    );
    expect((await headrace('run', '--input', input, '--data', data)).code).toBe(0);
    const blind = await headrace('backtest', '--data', data, '--from', '2026-01-02', '--to', '2026-01-03');
    expect([blind.code, blind.err]).toEqual([
      2,
      expect.stringMatching(/^.*labels in the lake: got "none since 2025-.*headrace backfill --input\n$/),
    ]);
    const quiet = await headrace('backtest', '--data', DATA, '--from', '2026-01-28', '--to', '2026-01-29');
    expect([quiet.code, quiet.err]).toEqual([2, expect.stringMatching(/without an event to judge/)]);
  }, 300_000);
});
