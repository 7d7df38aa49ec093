import { type BacktestOptions, summarize } from '../../../core/backtest/summary.ts';
import { createRandom } from '../../../core/random.ts';
import { DAY_MS, type Sketch, START_MS, tableOf } from './rows.ts';

/** Two weeks of 40 cards, of which one in ten is defrauded now and then; two rules tell something. `shift` moves the points of one. */
export function sampleSketches(shift = 0, rules = ['amount', 'terminal']): Sketch[] {
  const random = createRandom(42);
  return Array.from({ length: 2_800 }, (_, i): Sketch => {
    const card = random.below(400);
    const fraud = card < 40 && random.chance(0.4);
    const fired = [
      ...(random.chance(fraud ? 0.7 : 0.05) ? rules.slice(0, 1) : []),
      ...(random.chance(fraud ? 0.5 : 0.02) ? rules.slice(1) : []),
    ];
    const score = (fired.includes(rules[0] ?? '') ? 6 + shift : 0) + (fired.includes(rules[1] ?? '') ? 5 : 0);
    const outcome = score >= 10 ? 'decline' : score >= 6 ? 'review' : 'approve';
    return {
      at: i / 200,
      key: `c${card}`,
      fraud,
      fired,
      nearMisses: i % 40 === 0 && !fired.includes('amount') ? ['amount'] : [],
      score,
      outcome,
      amountMinor: 1_000 + random.below(50_000),
      currency: i % 9 === 0 ? 'JPY' : 'EUR',
    };
  });
}

/** Options that fit `sampleSketches`. */
export const SAMPLE_OPTIONS: BacktestOptions = {
  ...{ fromMs: START_MS + 2 * DAY_MS, toMs: START_MS + 14 * DAY_MS, labelDelayDays: 1, knownDays: 1, ruleSet: 'v12' },
  ...{
    thresholds: { reviewPoints: 6, declinePoints: 10 },
    isSimulated: true,
    rules: ['amount', 'terminal', 'velocity'],
  },
};

export const sampleTable = (shift = 0) => tableOf(sampleSketches(shift));
export const sampleSummary = () => summarize(sampleTable(), SAMPLE_OPTIONS);
