import { keyFeature, tileFeature } from '../../core/definition/features.ts';
import { currency, flag, money, text } from '../../core/definition/fields.ts';
import { count, distinct, max, min, sum } from '../../core/definition/measures.ts';
import { definePipeline, type Pipeline } from '../../core/definition/pipeline.ts';
import { hopping, session, tumbling } from '../../core/definition/windows.ts';
import { parseRule, type Rule } from '../../core/rules/rule.ts';
import type { RuleSetSource } from '../../core/rules/source.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

const measures = {
  count: count(),
  sum_minor: sum('amount'),
  min_minor: min('amount'),
  max_minor: max('amount'),
  terminals: distinct('terminal'),
};

/** A small pipeline with every kind of window and feature, and times so short that a schedule of minutes meets all edges. */
function pipelineOf(version: number): Pipeline {
  return definePipeline({
    name: 'simulated',
    version,
    eventTypes: {
      payment: {
        description: 'A payment.',
        table: 'payments',
        key: 'card',
        fields: { card: text(), terminal: text(), amount: money({ currencyField: 'currency' }), currency: currency() },
      },
      label: {
        description: 'What was learnt later.',
        table: 'labels',
        key: 'card',
        fields: { card: text(), terminal: text(), fraud: flag() },
      },
    },
    aggregates: {
      minute: { description: 'Tumbling.', over: 'payment', window: tumbling(MINUTE_MS), groupBy: ['currency'], measures },
      sliding: { description: 'Hopping.', over: 'payment', window: hopping(4 * MINUTE_MS, MINUTE_MS), groupBy: ['currency'], measures },
      hourly: { description: 'Many groups.', over: 'payment', window: tumbling(HOUR_MS), groupBy: ['terminal', 'currency'], measures },
      runs: { description: 'Sessions.', over: 'payment', window: session(2 * MINUTE_MS), groupBy: ['card', 'currency'], measures },
    },
    features: {
      count_5m: keyFeature({ description: 'Count.', over: 'payment', measure: 'count', windowMs: 5 * MINUTE_MS, tileMs: MINUTE_MS }),
      sum_1h: keyFeature({
        description: 'Sum.',
        over: 'payment',
        measure: 'sum',
        field: 'amount',
        windowMs: HOUR_MS,
        tileMs: MINUTE_MS,
        per: ['currency'],
      }),
      frauds_4h: tileFeature({
        description: 'Frauds at the terminal.',
        over: 'label',
        where: { fraud: true },
        by: 'terminal',
        measure: 'count',
        windowMs: 4 * HOUR_MS,
        tileMs: HOUR_MS,
        delayMs: 2 * HOUR_MS,
      }),
    },
    decision: { over: 'payment', reviewPoints: 4, declinePoints: 10 },
    alerts: { amount: 'amount' },
    time: {
      outOfOrdernessMs: 20 * SECOND_MS,
      allowedLatenessMs: 40 * SECOND_MS,
      idleTimeoutMs: MINUTE_MS,
      duplicateMemoryMs: 15 * MINUTE_MS,
      futureMs: 24 * HOUR_MS,
    },
  });
}

const rule = (id: string, condition: string, points: number, groupBy = 'card'): Rule =>
  parseRule(
    {
      id,
      version: 1,
      owner: 'simulator',
      status: 'active',
      description: id,
      on: 'payment',
      condition,
      points,
      reason: '{features.count_5m} payments',
      alert: { group_by: groupBy, cool_down: '1h' },
    },
    id,
  );

/** One build of the functions: a definition version and the rules deployed with it. */
export interface Build {
  readonly pipeline: Pipeline;
  readonly rules: RuleSetSource & { readonly version: string };
}

function buildOf(version: number, dear: number): Build {
  const rules = [
    rule('dear', `event.amount_minor > ${dear}`, 10),
    rule('busy', 'features.count_5m >= 2', 4),
    rule('known-fraud', 'features.frauds_4h > 0', 4, 'terminal'),
  ];
  return { pipeline: pipelineOf(version), rules: { rules, lists: [], version: `rules-${version}` } };
}

/** The builds that take turns: the second one has a newer definition; its other rule comes by a change of rules. */
export const BUILDS: readonly [Build, Build] = [buildOf(1, 5_000), buildOf(2, 4_000)];
