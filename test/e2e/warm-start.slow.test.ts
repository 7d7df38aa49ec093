import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadPipeline } from '../../local/pipeline.ts';
import { lakeRows, type Rows } from './compare.ts';
import { temporaryFolder } from './folder.ts';
import { type Ended, headrace } from './kill.ts';
import { seeded, writePayments } from './payments-file.ts';

const PAYMENTS = 'pipelines/payments';
const urlOf = (path: string): string => pathToFileURL(resolve(path)).href;

/** Payments with more features of customers and terminals, and a rule that reads them. */
function changedPipeline(): string {
  const dir = join(temporaryFolder(), 'changed');
  mkdirSync(dir);
  for (const name of ['rules', 'lists']) cpSync(join(PAYMENTS, name), join(dir, name), { recursive: true });
  writeFileSync(
    join(dir, 'rules', 'warm-terminals.yaml'),
    `id: warm-terminals
version: 1
owner: test
status: active
description: Many terminals in a day, or a busy one.
on: transaction
condition: features.warm_terminals_1d >= 8 || features.warm_payments_1d >= 70
points: 40
reason: "{features.warm_terminals_1d} terminals"
alert: { group_by: customer_id, cool_down: 1h }
`,
  );
  writeFileSync(
    join(dir, 'pipeline.ts'),
    `import { keyFeature, tileFeature } from '${urlOf('core/definition/features.ts')}';
import { definePipeline } from '${urlOf('core/definition/pipeline.ts')}';
import { pipeline as payments } from '${urlOf(join(PAYMENTS, 'pipeline.ts'))}';

const HOUR_MS = 3_600_000;
const day = { over: 'transaction', windowMs: 24 * HOUR_MS, tileMs: HOUR_MS, description: 'A test.' };
export const pipeline = definePipeline({
  ...payments,
  features: {
    ...payments.features,
    warm_terminals_1d: keyFeature({ ...day, measure: 'distinct', field: 'terminal_id' }),
    warm_stddev_1d: keyFeature({ ...day, measure: 'stddev', field: 'amount', per: ['currency'] }),
    warm_payments_1d: tileFeature({ ...day, measure: 'count', by: 'terminal_id', delayMs: 2 * HOUR_MS }),
  },
});
`,
  );
  return dir;
}

/** A file of payments in two parts, one after the other. */
function twoParts(events: number): readonly [string, string] {
  const folder = temporaryFolder();
  const paths = ['whole', 'first', 'second'].map((name) => join(folder, `${name}.ndjson`)) as [string, string, string];
  writePayments(paths[0], { events });
  const lines = readFileSync(paths[0], 'utf8').trimEnd().split('\n');
  const half = Math.floor(lines.length / 2);
  writeFileSync(paths[1], `${lines.slice(0, half).join('\n')}\n`);
  writeFileSync(paths[2], `${lines.slice(half).join('\n')}\n`);
  return [paths[1], paths[2]];
}

function argsOf(input: string, pipeline: string, data: string): string[] {
  return ['run', '--input', input, '--pipeline', pipeline, '--data', data, '--shards', '2', '--keep-open', '--json'];
}

function run(input: string, pipeline: string, data: string, ...more: readonly string[]): Promise<Ended> {
  return headrace([...argsOf(input, pipeline, data), ...more]);
}

/** Decisions about the events of the second part. */
async function decisions(data: string, dir: string): Promise<Rows> {
  const { pipeline } = await loadPipeline(dir);
  const query = `SELECT event_id, lane, outcome, rules_fired, tile_frontier, features FROM decisions
    WHERE json_exists(features, '$.warm_stddev_1d')`;
  return (await lakeRows(join(data, 'lake'), pipeline, { decisions: query }))['decisions'] ?? [];
}

describe('headrace run with a changed pipeline', () => {
  test('goes on as if the new features had always been there, and says what it filled', async () => {
    const [first, second] = twoParts(3_000);
    const dir = changedPipeline();
    const [always, changed] = [temporaryFolder(), temporaryFolder()];
    expect((await run(first, dir, always)).code).toBe(0);
    expect((await run(second, dir, always, '--append')).stderr).toBe('');
    expect((await run(first, PAYMENTS, changed)).code).toBe(0);
    const { stderr, code } = await run(second, dir, changed, '--append');
    expect(stderr).toMatch(
      /^3 features filled from 1,\d{3} events of the lake in [\d.]+ s: warm_terminals_1d, warm_stddev_1d, warm_payments_1d\.\n$/,
    );
    expect(code).toBe(0);
    const rows = await decisions(changed, dir);
    expect(rows.length).toBeGreaterThan(1_000);
    const known = new Set(rows.map(([id]) => id));
    const ofSecond = (await decisions(always, dir)).filter(([id]) => known.has(id ?? null));
    expect(rows).toEqual(ofSecond);
    expect(rows.filter(([, , , fired]) => fired?.includes('warm-terminals')).length).toBeGreaterThan(100);
    const left = readdirSync(join(changed, 'backfill'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(left).toEqual([]);
  }, 240_000);

  test('finishes what a kill cut off, and counts each event once', async () => {
    const input = join(temporaryFolder(), 'payments.ndjson');
    writePayments(input, { events: 6_000, repeatEvery: 30 });
    const dir = changedPipeline();
    const [always, changed] = [temporaryFolder(), temporaryFolder()];
    const small = ['--batch-size', '3'];
    expect((await run(input, dir, always, ...small)).code).toBe(0);
    const random = seeded(Date.now() % 100_000);
    let rows: Rows = [];
    // How soon a process is at work depends on the machine.
    let killMs = 2_500;
    for (let tries = 0; rows.length === 0; tries += 1) {
      expect(tries).toBeLessThan(12);
      rmSync(changed, { recursive: true, force: true });
      const killed = await headrace([...argsOf(input, PAYMENTS, changed), ...small], Math.floor(killMs * (0.8 + random() * 0.4)));
      const ended = await run(input, dir, changed, ...small);
      // Killed behind the last event, or before the first.
      const isLate = killed.code !== null;
      if (isLate || !ended.stderr.includes('features filled from')) {
        killMs *= isLate ? 0.75 : 1.3;
        continue;
      }
      expect(ended.code).toBe(0);
      rows = await decisions(changed, dir);
    }
    const known = new Set(rows.map(([id]) => id));
    expect(rows).toEqual((await decisions(always, dir)).filter(([id]) => known.has(id ?? null)));
  }, 480_000);

  test('refuses to judge cold unless told to, and says so then', async () => {
    const [first, second] = twoParts(300);
    const [data, dir] = [temporaryFolder(), changedPipeline()];
    expect((await run(first, PAYMENTS, data)).code).toBe(0);
    rmSync(join(data, 'lake', 'archive'), { recursive: true });
    const refused = await run(second, dir, data, '--append');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      'headrace run: HISTORY_INCOMPLETE: the new features warm_terminals_1d, warm_stddev_1d, warm_payments_1d need',
    );
    expect(refused.stderr).toContain('--accept-cold');
    expect(refused.stdout).toBe('');
    const { stderr } = await run(second, dir, data, '--append', '--accept-cold');
    expect(stderr).toMatch(
      /Cold: warm_stddev_1d knows its whole window from 2025-11-0\dT[\d:.]+Z on, because shard shardId-\d+ has counted \d+ records/,
    );
  }, 240_000);
});
