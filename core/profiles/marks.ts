import { hash32, SEED_A, SEED_B } from '../aggregates/hash.ts';
import { EXPLAINED } from '../definition/features.ts';
import type { LabelSpec, Pipeline } from '../definition/pipeline.ts';
import type { Event, FieldValue } from '../model.ts';
import { compileCondition } from '../rules/condition.ts';
import { type RuleInput, type Variables, valueOfVariable, variablesOf } from '../rules/variables.ts';
import { floorTo } from '../time/tiles.ts';
import type { RingSource } from './filter.ts';
import { perKeyPart } from './key-rings.ts';
import { type RingStates, ringAt } from './rings.ts';

/** Set on events that are marked, while they are added to rings. No field has such a name. */
export const MARKED = '@marked';

const DAY_MS = 86_400_000;
const DIGITS = 8;

/** Which judged events are marked: a fraud label of one is explained by the event itself. */
export interface Marking {
  readonly labels: LabelSpec;
  /** Names of the features that the condition reads. */
  readonly reads: readonly string[];
  readonly ringId: string;
  /** Marks are kept as a ring with one set of tiles for each event. */
  readonly source: RingSource;
  readonly per: readonly string[];
  readonly windowMs: number;
  /** Whether an event is marked; `values` are its fields and, as `features.<name>`, the values that `reads` had when it came. */
  isMarked(event: Event, values: Readonly<Record<string, FieldValue>>): boolean;
}

/** Compiles what explains frauds; `identityOf` says what a feature is made of. Throws UsageError for a condition that is not right. */
export function compileMarking(pipeline: Pipeline, identityOf: (feature: string) => readonly unknown[]): Marking | undefined {
  const { decision } = pipeline;
  const { labels, over = '' } = decision ?? {};
  if (labels?.explained === undefined) return undefined;
  const { when, rememberMs } = labels.explained;
  const variables = keyVariables(pipeline, over);
  const condition = compileCondition(when, variables, 'decision.labels.explained.when');
  const [fields, features] = [condition.reads.filter(isField), condition.reads.filter((one) => !isField(one))];
  const reads = features.map(({ name }) => name);
  const made = JSON.stringify([over, when, rememberMs, reads.map(identityOf)]);
  const digest = [SEED_A, SEED_B].map((seed) => hash32(made, seed).toString(16).padStart(DIGITS, '0')).join('');
  const input: RuleInput[number][] = new Array(variables.byPath.size).fill(undefined);
  const nothing = { field: undefined, has: undefined, of: undefined, holds: undefined };
  return {
    ...{ labels, reads, ringId: `marks/${digest}`, per: ['event_id'], windowMs: rememberMs },
    source: { ...nothing, over, where: [[MARKED, true]], tileMs: DAY_MS },
    isMarked: ({ type }, values) => {
      if (type !== over) return false;
      for (const one of fields) input[one.index] = valueOfVariable(one, values);
      for (const one of features) input[one.index] = values[one.path];
      return condition.evaluate(input) === true;
    },
  };
}

function isField({ path }: { readonly path: string }): boolean {
  return path.startsWith('event.');
}

/** A mark must come out again from the events of its key alone: without lists, and without tiles of others. */
function keyVariables(pipeline: Pipeline, over: string): Variables {
  const ofKey = Object.entries(pipeline.features).filter(([, { kind }]) => kind === 'key');
  return variablesOf({ ...pipeline, features: Object.fromEntries(ofKey) }, over);
}

/**
 * A label with the flag whether its fraud is explained: its subject is among the marked events of the last `rememberMs`, as of the time of the
 * label. Labels that are no frauds are not.
 */
export function tellLabel(marking: Marking, label: Event, states: () => RingStates, known?: boolean): Event {
  const isFraud = label.values[marking.labels.fraud] === true;
  const isExplained = known ?? (isFraud && isSubjectMarked(marking, label, states()));
  return { ...label, values: { ...label.values, [EXPLAINED]: isExplained } };
}

function isSubjectMarked({ labels, ringId, source, windowMs }: Marking, { values, timeMs }: Event, states: RingStates): boolean {
  const tiles = ringAt(states[ringId], perKeyPart(values[labels.subject]));
  const newest = tiles?.at(-2);
  return newest !== undefined && Number(newest) >= (floorTo(timeMs, source.tileMs) - windowMs) / source.tileMs;
}
