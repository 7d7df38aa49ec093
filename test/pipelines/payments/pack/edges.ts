import { isFault } from '../../../../core/cel/compile.ts';
import type { Typed } from '../../../../core/cel/typed.ts';
import { compileCondition } from '../../../../core/rules/condition.ts';
import { type TestPart, testParts, testsOf } from '../../../../core/rules/evidence.ts';
import type { Rule } from '../../../../core/rules/rule.ts';
import { type RuleInput, type Variable, valueOfVariable, variablesOf } from '../../../../core/rules/variables.ts';
import { pipeline } from '../../../../pipelines/payments/pipeline.ts';
import type { Judged } from './judge.ts';
import { shipped } from './judge.ts';

const variables = variablesOf(pipeline, 'transaction', shipped.lists);
const ORDERED: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', '==', '!=']);

/** A condition taken apart. */
export interface Parts {
  readonly reads: readonly Variable[];
  readonly tests: readonly TestPart[];
  /** Tests that compare numbers, times or durations. */
  readonly bounds: readonly TestPart[];
}

/** Takes the condition of a rule apart. */
export function partsOf({ id, condition }: Rule): Parts {
  const { reads, compiled } = compileCondition(condition, variables, id);
  const tests = testParts(condition, compiled.typed);
  return { reads, tests, bounds: tests.filter((_, i) => isBound(testsOf(compiled.typed)[i])) };
}

function isBound(typed: Typed | undefined): boolean {
  if (typed?.op.kind !== 'call' || !ORDERED.has(typed.op.overload.name)) return false;
  const type = typed.op.args[0]?.type;
  return type === 'int' || type === 'double' || type === 'duration' || type === 'timestamp';
}

function inputOf({ event, features }: Judged): RuleInput {
  const all = [...variables.event.values(), ...variables.features.values()];
  const input: RuleInput[number][] = [];
  for (const one of all) input[one.index] = valueOfVariable(one, one.path.startsWith('event.') ? event.values : features);
  return input;
}

/**
 * Whether a case stands at the bound of a test, on the side where the test holds or on the other: whole numbers at the last value of that
 * side, others within a millionth of the bound.
 */
export function isAtEdge(test: TestPart, judged: Judged, holds: boolean): boolean {
  const input = inputOf(judged);
  const [left, right] = test.sides.map((side) => side?.(input));
  if (left === undefined || right === undefined || isFault(left) || isFault(right) || test.holds(input) !== holds) return false;
  const [a, b] = [Number(left), Number(right)];
  return Math.abs(a - b) <= (Number.isInteger(a) && Number.isInteger(b) ? 1 : 1e-6 * Math.max(1, Math.abs(b)));
}

/** Whether a test without list holds in a case. */
export function holdsIn({ holds }: TestPart, judged: Judged): boolean {
  return holds(inputOf(judged)) === true;
}
