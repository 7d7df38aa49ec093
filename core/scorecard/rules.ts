import type { Pipeline } from '../definition/pipeline.ts';
import { usageError } from '../errors.ts';
import type { Rule, RuleStatus } from '../rules/rule.ts';
import { type Variable, variablesOf } from '../rules/variables.ts';
import { placeIn, variableOf } from './bins.ts';
import type { FittedBin, FittedEntry, FittedScorecard } from './fit.ts';
import type { Scorecard } from './scorecard.ts';

/** What rules are made for. */
export interface CardRulesOptions {
  readonly pipeline: Pipeline;
  readonly status: RuleStatus;
}

/** How long alerts of one group stay quiet: a suspicious customer or terminal stays so for days. */
const COOL_DOWN_MS = 86_400_000;

/** A rule for each bin with points: together they give an event the score of the table. Throws UsageError. */
export function cardRules(fitted: FittedScorecard, { pipeline, status }: CardRulesOptions): Rule[] {
  const { card } = fitted;
  const variables = variablesOf(pipeline, card.on);
  const rules = fitted.entries.flatMap((entry) => {
    const variable = variableOf(entry.spec, variables, `scorecard ${card.id}: bins.${entry.entry}`);
    const shared = { version: 1, owner: card.owner, status, on: card.on, alert: alertOf(variable, pipeline, card.on) };
    return entry.bins
      .filter(({ points }) => points > 0)
      .map((bin): Rule => ({ ...shared, ...textsOf(entry, bin, { card, variable, pipeline }), points: bin.points }));
  });
  const repeated = rules.find(({ id }, i) => rules.findIndex((other) => other.id === id) < i);
  if (repeated !== undefined)
    throw usageError(`scorecard ${card.id}: rule id`, repeated.id, 'names of bins that give each rule an id of its own');
  return rules;
}

/** Ids of the rules that fire on an event, by the bins that it falls into. */
export function firedIn({ card, entries }: FittedScorecard, places: string): string[] {
  return entries.flatMap(({ spec, entry, bins }) => {
    const place = places.charCodeAt(entry);
    const bin = bins.find(
      ({ from, below }) => placeIn(spec.at, from ?? undefined) <= place && (below === null || place < placeIn(spec.at, below)),
    );
    return place === 0 || bin === undefined || bin.points === 0 ? [] : [ruleIdOf(card, spec.name, bin)];
  });
}

/** The values of a bin in words. */
export function bandText({ from, below }: Pick<FittedBin, 'from' | 'below'>): string {
  if (from === null) return `below ${below}`;
  return below === null ? `${from} or more` : `${from} to below ${below}`;
}

/** First part of the ids of an entry's rules. */
export function ruleIdStart(card: Scorecard, name: string): string {
  return `${card.id}-${name.replaceAll(' ', '-')}-`;
}

function ruleIdOf(card: Scorecard, name: string, { from, below }: FittedBin): string {
  const number = String(from ?? below)
    .replace('-', 'minus-')
    .replace('.', '-');
  return `${ruleIdStart(card, name)}${from === null ? 'below-' : ''}${number}`;
}

interface Naming {
  readonly card: Scorecard;
  readonly variable: Variable;
  readonly pipeline: Pipeline;
}

function textsOf(
  { spec }: FittedEntry,
  bin: FittedBin,
  { card, variable, pipeline }: Naming,
): Pick<Rule, 'id' | 'description' | 'condition' | 'reason'> {
  const about = variable.path.startsWith('features.') ? ` ${pipeline.features[variable.from]?.description ?? ''}` : '';
  return {
    id: ruleIdOf(card, spec.name, bin),
    description: `Scorecard bin, ${spec.name}: ${bandText(bin)}.${about}`,
    condition: conditionOf(spec, bin, variable),
    reason: `${spec.name} {${variable.path}}: ${bandText(bin)}`,
  };
}

function conditionOf({ where, of }: FittedEntry['spec'], { from, below }: FittedBin, { type }: Variable): string {
  const literal = (value: number): string => (type === 'int' || !Number.isInteger(value) ? String(value) : value.toFixed(1));
  return [
    ...(where === undefined ? [] : [/\|\||\?/.test(where) ? `(${where})` : where]),
    ...(from === null ? [] : [`${of} >= ${literal(from)}`]),
    ...(below === null ? [] : [`${of} < ${literal(below)}`]),
  ].join(' && ');
}

/** Alerts are told by what the value is about: the terminal of a feature over terminals, else the key. */
function alertOf({ path, from }: Variable, { eventTypes, features }: Pipeline, on: string): Rule['alert'] {
  const feature = path.startsWith('features.') ? features[from] : undefined;
  const groupBy = feature?.kind === 'tile' ? feature.by : (eventTypes[on]?.key ?? '');
  return { groupBy, coolDownMs: COOL_DOWN_MS };
}
