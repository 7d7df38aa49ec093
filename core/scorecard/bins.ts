import type { Pipeline } from '../definition/pipeline.ts';
import { usageError } from '../errors.ts';
import type { Event } from '../model.ts';
import { type Condition, compileCondition } from '../rules/condition.ts';
import type { FeatureValues } from '../rules/decision.ts';
import { type RuleInput, type Variable, type Variables, valueOfVariable, variablesOf } from '../rules/variables.ts';
import type { BinSpec, Scorecard } from './scorecard.ts';

/** Place of a value that is missing, or that means nothing where its condition does not hold; bins have the places from 1 on. */
export const MISSING = 0;

/** Finds the bins that an event falls into: one character for each entry of the scorecard, whose code is the place of its bin. */
export type BinReader = (event: Event, features: FeatureValues) => string;

/** Compiles the bins of a scorecard. Throws UsageError for a name that is no number of the pipeline, and for thresholds that it never has. */
export function compileBins(card: Scorecard, pipeline: Pipeline): BinReader {
  const where = `scorecard ${card.id}`;
  const over = pipeline.decision?.over;
  if (over === undefined || card.on !== over)
    throw usageError(`${where}: on`, card.on, over ?? 'none, since the pipeline declares no decision');
  const variables = variablesOf(pipeline, over);
  const readers = card.bins.map((spec, i) => readerOf(spec, variables, `${where}: bins.${i}`));
  return (event, features) => {
    let places = '';
    for (const placeOf of readers) places += String.fromCharCode(placeOf(event, features));
    return places;
  };
}

/** Place of a value: 1 below the first threshold, and one more with each threshold that it reaches. */
export function placeIn(at: readonly number[], value: number | undefined): number {
  if (value === undefined || Number.isNaN(value)) return MISSING;
  let place = 1;
  while (value >= (at[place - 1] ?? Number.POSITIVE_INFINITY)) place += 1;
  return place;
}

/** The variable that an entry looks at. Throws UsageError. */
export function variableOf({ of, at }: BinSpec, variables: Variables, where: string): Variable {
  const numbers = [...variables.event.values(), ...variables.features.values()].filter(({ type }) => type === 'int' || type === 'double');
  const variable = numbers.find(({ path }) => path === of);
  if (variable === undefined) throw usageError(`${where}.of`, of, numbers.map(({ path }) => path).join(', '));
  const broken = variable.type === 'int' ? at.find((one) => !Number.isSafeInteger(one)) : undefined;
  if (broken !== undefined) throw usageError(`${where}.at`, broken, `whole numbers, since ${of} is one`);
  return variable;
}

function readerOf(spec: BinSpec, variables: Variables, where: string): (event: Event, features: FeatureValues) => number {
  const variable = variableOf(spec, variables, where);
  const holds =
    spec.where === undefined ? undefined : holderOf(compileCondition(spec.where, variables, `${where}.where`), variables.byPath.size);
  const isOfEvent = variable.path.startsWith('event.');
  return (event, features) => {
    if (holds !== undefined && !holds(event, features)) return MISSING;
    const value = valueOfVariable(variable, isOfEvent ? event.values : features);
    return placeIn(spec.at, value === undefined ? undefined : Number(value));
  };
}

/** Whether a condition holds; one that ends in an error does not, as a rule that does so does not fire. */
function holderOf({ reads, evaluate }: Condition, size: number): (event: Event, features: FeatureValues) => boolean {
  const input: RuleInput[number][] = new Array(size).fill(undefined);
  return (event, features) => {
    for (const one of reads) input[one.index] = valueOfVariable(one, one.path.startsWith('event.') ? event.values : features);
    return evaluate(input) === true;
  };
}
