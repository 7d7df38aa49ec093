import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tablesOf } from '../../lake/tables.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { lakeRows, PLACE_COLUMNS, type Rows } from './compare.ts';
import { temporaryFolder } from './folder.ts';
import { headrace } from './kill.ts';
import { seeded, writePayments } from './payments-file.ts';

/** Kills per test: `HEADRACE_KILLS` raises it for long runs. */
const KILLS = Number(process.env['HEADRACE_KILLS'] ?? 6);

async function tablesIn(dataDir: string): Promise<Record<string, Rows>> {
  const { pipeline } = await loadPipeline('pipelines/payments');
  const queries = tablesOf(pipeline)
    .filter(({ name }) => name !== 'ledger')
    .map(({ name, columns }) => {
      const kept = columns.map((column) => column.name).filter((column) => !(PLACE_COLUMNS as readonly string[]).includes(column));
      return [name, `SELECT ${kept.join(', ')} FROM ${name}`];
    });
  return lakeRows(join(dataDir, 'lake'), pipeline, Object.fromEntries(queries));
}

describe('kill -9', () => {
  test('at random moments of a run, then started again: the same tables and totals', async () => {
    const input = join(temporaryFolder(), 'payments.ndjson');
    writePayments(input, { events: 6_000, repeatEvery: 30 });
    const [clean, killed] = [temporaryFolder(), temporaryFolder()];
    const args = (data: string): string[] => ['run', '--input', input, '--data', data, '--batch-size', '3', '--json'];
    const whole = await headrace(args(clean));
    expect(whole.stderr).toBe('');
    expect(whole.code).toBe(0);
    const random = seeded(Date.now() % 100_000);
    let kills = 0;
    let ended = { code: null as number | null, stdout: '', stderr: '' };
    while (kills < KILLS) {
      ended = await headrace(args(killed), 700 + Math.floor(random() * 1_300));
      // Killed after its last word: it had done all.
      if (ended.code !== null || ended.stdout !== '') break;
      kills += 1;
    }
    if (ended.code === null && ended.stdout === '') ended = await headrace(args(killed));
    expect(ended.stderr).toBe('');
    expect(ended.code ?? 0).toBe(0);
    expect(kills).toBeGreaterThan(1);
    const totals = (stdout: string): unknown[] => {
      const { seen, accepted, late, duplicate, quarantined, alerts, windows_closed } = JSON.parse(stdout) as Record<string, number>;
      return [seen, accepted, late, duplicate, quarantined, alerts, windows_closed];
    };
    expect(totals(ended.stdout)).toEqual(totals(whole.stdout));
    expect(await tablesIn(killed)).toEqual(await tablesIn(clean));
  }, 240_000);
});
