import { describe, expect, test } from 'vitest';
import { HANDBOOK_FILES, HAS_HANDBOOK } from '../../../core/backtest/handbook.ts';
import { ended, launch } from '../../process.ts';

interface Line {
  readonly transactions: number;
  readonly frauds: number;
  readonly table: readonly {
    readonly name: string;
    readonly from: number | null;
    readonly below: number | null;
    readonly points: number;
  }[];
  readonly test: {
    readonly figures: { readonly auc: number; readonly average_precision: number; readonly cp_at_100: number; readonly frauds: number };
  };
}

/** Of a week well before the test week of the handbook, which no test looks at. */
const TIMES = ['--from', '2018-05-09', '--known-by', '2018-07-18', '--test-from', '2018-07-18', '--test-to', '2018-07-25'];

describe.runIf(HAS_HANDBOOK)('a scorecard learnt from the simulated transactions of the fraud detection handbook', () => {
  test('ranks a later week as published descriptions of such scorecards let expect', async () => {
    const importSql = ['--import', 'pipelines/payments/imports/handbook.sql'];
    const done = await ended(
      launch('cli/headrace.mjs', ['rules', 'fit', '--input', HANDBOOK_FILES, ...importSql, ...TIMES, '--simulated', '--json']),
    );
    expect(done.code, done.err).toBe(0);
    const { transactions, frauds, table, test: tested } = JSON.parse(done.out.trimEnd().split('\n').at(-1) ?? '') as Line;
    expect([transactions, frauds, tested.figures.frauds]).toEqual([522_697, 3_577, 351]);
    const { auc, average_precision, cp_at_100 } = tested.figures;
    expect(auc).toBeGreaterThan(0.88);
    expect(average_precision).toBeGreaterThan(0.765);
    expect(cp_at_100).toBeGreaterThan(0.265);
    // What the simulator does shows: payments above 220, and terminals compromised for 28 days.
    expect(table.find(({ name, from }) => name === 'amount' && from === 22_000)?.points).toBeGreaterThan(60);
    expect(table.find(({ name, from }) => name === 'terminal run age' && from === 28)?.points).toBe(0);
  }, 1_800_000);
});
