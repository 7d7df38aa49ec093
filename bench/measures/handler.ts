import type { Measure, Variant } from '../harness/measure.ts';
import { packagesMissing } from '../harness/packages.ts';
import { tallyOf } from '../harness/tally.ts';
import type { BaselineOptions } from '../peers/baseline/handler.ts';
import { handleAll, handleByProduct } from './batches.ts';

/** What the usual handler is made of. */
export const BASELINE_PACKAGES: readonly string[] = ['@datadog/sketches-js', 'aws-kinesis-agg', 'json-rules-engine'];

/** The usual handler, its features with the meaning that a definition gives them. */
export function baseline(options: Pick<BaselineOptions, 'packing' | 'judge'>): Variant {
  return {
    run: async (work) => {
      const { createBaseline } = await import('../peers/baseline/handler.ts');
      const { handle, firings, groups } = createBaseline({ ...options, meaning: 'aligned' });
      return handleAll(work, options.packing, { handle, result: () => tallyOf(firings, groups) });
    },
    isMissing: packagesMissing(...BASELINE_PACKAGES),
  };
}

/** The whole handler, from the payload of an invocation to decisions and closed windows, beside the usual one. */
export const handler: Measure = {
  name: 'handler',
  title: 'Handler: invocations of 1,000 events to alerts and closed windows',
  sizes: {
    guard: { events: 15_000, warmUp: 10_000, reps: 3 },
    quick: { events: 20_000, warmUp: 10_000, reps: 3 },
    full: { events: 100_000, warmUp: 50_000, reps: 5 },
  },
  variants: {
    product: { run: (work) => handleByProduct(work, 'plain') },
    baseline: baseline({ packing: 'plain', judge: 'closures' }),
    'product on KPL': { run: (work) => handleByProduct(work, 'kpl') },
    'baseline on KPL': baseline({ packing: 'kpl', judge: 'closures' }),
  },
  ratios: [
    { name: 'handler_vs_baseline', ours: 'product', theirs: 'baseline', target: 4.5 },
    { name: 'handler_kpl_vs_baseline', ours: 'product on KPL', theirs: 'baseline on KPL', target: 8 },
    { name: 'handler_p99_vs_baseline', ours: 'product', theirs: 'baseline', figure: 'batch_ms_p99', target: 6 },
  ],
};

/** The same beside json-rules-engine, which is given fewer events: it is that slow. */
export const handlerJsonRules: Measure = {
  name: 'handler-json-rules',
  title: 'Handler beside the usual one with json-rules-engine',
  sizes: { quick: { events: 4_000, warmUp: 2_000, reps: 1 }, full: { events: 20_000, warmUp: 5_000, reps: 3 } },
  variants: {
    product: { run: (work) => handleByProduct(work, 'plain') },
    'json-rules-engine': baseline({ packing: 'plain', judge: 'json-rules-engine' }),
  },
  ratios: [{ name: 'handler_vs_jre', ours: 'product', theirs: 'json-rules-engine', target: 50 }],
};
