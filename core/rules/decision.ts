import type { DecisionSpec, Thresholds } from '../definition/pipeline.ts';
import type { FieldValue } from '../model.ts';
import type { Test } from './evidence.ts';
import type { ListEffect } from './list.ts';

/** What is decided about an event. */
export type Outcome = 'approve' | 'review' | 'decline';

/** Feature values of one judged event, by name; null where there is no value. */
export type FeatureValues = Readonly<Record<string, number | null>>;

/** One rule that fired, with the values that made it fire. */
export interface FiredRule {
  readonly ruleId: string;
  readonly ruleVersion: number;
  readonly points: number;
  readonly typology: string | undefined;
  readonly reason: string;
  /** Every present value that the condition names, in real units, such as `event.amount_minor`: 23000. */
  readonly values: Readonly<Record<string, FieldValue>>;
  /** The tests of the condition that held, with what was compared. */
  readonly tests: readonly Test[];
  /** Value of the alert's group field; '' where the event lacks it. */
  readonly alertGroup: string;
  readonly coolDownMs: number;
}

/** A rule that could not be evaluated. */
export interface FailedRule {
  readonly ruleId: string;
  readonly error: string;
}

/** A value of the event that is on a list of the rule set. */
export interface ListHit {
  readonly listId: string;
  readonly effect: ListEffect;
  readonly field: string;
  readonly value: string;
  readonly reason: string;
}

/** What a rule set on trial says about one event; it changes nothing. */
export interface TrialDecision {
  readonly ruleSet: string;
  readonly outcome: Outcome;
  readonly score: number;
  /** Ids of its active rules that fired. */
  readonly fired: readonly string[];
  /** Ids of its rules that ended in an error. */
  readonly failed: readonly string[];
}

/** What the rules say about one event. */
export interface Decision {
  /** Version of the rule set that judged it. */
  readonly ruleSet: string;
  readonly outcome: Outcome;
  /** Sum of the points of the active rules that fired. */
  readonly score: number;
  /** Sums of those that name a typology, by its name. */
  readonly typologyScores: Readonly<Record<string, number>>;
  /** Active rules that fired, by id. */
  readonly fired: readonly FiredRule[];
  /** Lists that block the event or let it pass, by id; the first blocking one decides, else the first that lets it pass. */
  readonly listHits: readonly ListHit[];
  /** Shadow rules that fired; they change nothing. */
  readonly shadow: readonly FiredRule[];
  /** Active and shadow rules whose condition ended in an error. */
  readonly failed: readonly FailedRule[];
  /** Ids of active and shadow rules that needed a feature which has no value yet. */
  readonly noHistory: readonly string[];
  /** Ids of active rules that all but fired, by id; absent where they are not asked for. */
  readonly nearMisses?: readonly string[];
  /** What the rule set on trial said; absent while there is none. */
  readonly trial?: TrialDecision;
}

/** What a pipeline without rules decides. */
export const NOTHING: Decision = {
  ...{ ruleSet: '', outcome: 'approve', score: 0, typologyScores: {}, fired: [], listHits: [], shadow: [], failed: [], noHistory: [] },
};

/** The outcome: a block list before an allow list, an allow list before points; of several thresholds the worst. */
export function outcomeOf(
  spec: DecisionSpec,
  { score, typologyScores, listHits }: Pick<Decision, 'score' | 'typologyScores' | 'listHits'>,
): Outcome {
  if (listHits.some(({ effect }) => effect === 'block')) return 'decline';
  if (listHits.some(({ effect }) => effect === 'allow')) return 'approve';
  let worst = byPoints(spec, score);
  for (const name in typologyScores) {
    const typology = spec.typologies?.[name];
    if (typology !== undefined) worst = worse(worst, byPoints(typology, typologyScores[name] ?? 0));
  }
  return worst;
}

function byPoints({ reviewPoints, declinePoints }: Thresholds, points: number): Outcome {
  if (points >= declinePoints) return 'decline';
  return points >= reviewPoints ? 'review' : 'approve';
}

function worse(a: Outcome, b: Outcome): Outcome {
  if (a === 'decline' || b === 'decline') return 'decline';
  return a === 'review' || b === 'review' ? 'review' : 'approve';
}
