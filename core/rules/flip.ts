import { functionOf, isFault } from '../cel/compile.ts';
import type { Typed } from '../cel/typed.ts';
import { testsOf } from './evidence.ts';
import type { RuleInput, Variable } from './variables.ts';

/** A change of one value that turns a verdict, all others staying as they are. */
export interface Flip {
  readonly path: string;
  /** The value as it was, in real units. */
  readonly from: number;
  /** The nearest value with the other verdict: from there on, away from `from`, as far as the next bound. */
  readonly to: number;
}

/** How far beyond a reckoned bound the true one is looked for: 2^20. */
const SEARCH_DOUBLINGS = 21;

/** Bounds and their neighbours that one test can have for one value. */
type Candidates = (input: RuleInput) => number[];

/**
 * Finds, for each number that a condition reads, the nearest other value at which `holds` says otherwise. Bounds are where a test that
 * is linear in the number turns; the verdict there is asked, not reckoned, so that what is found is true of the condition as a whole.
 */
export function flipsOf(
  typed: Typed,
  reads: readonly Variable[],
  ask: { readonly input: RuleInput; readonly holds: (input: RuleInput) => boolean },
): Flip[] {
  const tests = testsOf(typed).flatMap(comparisonsIn);
  const now = ask.holds(ask.input);
  return reads.flatMap((variable) => {
    const from = ask.input[variable.index];
    if (typeof from !== 'number' || (variable.type !== 'int' && variable.type !== 'double')) return [];
    const isOther = (value: number): boolean => ask.holds(withValue(ask.input, variable, value)) !== now;
    const candidates = tests.flatMap((test) => candidatesOf(test, variable)(ask.input)).filter((value) => value !== from && isOther(value));
    const to = nearest(candidates, from);
    return to === undefined ? [] : [{ path: variable.path, from, to }];
  });
}

const ORDERED: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', '==', '!=']);

/** Comparisons of numbers within a test, also behind `!` and in choices. */
function comparisonsIn(typed: Typed): Typed[] {
  const { op } = typed;
  if (op.kind === 'choice') return [op.condition, op.then, op.otherwise].flatMap(comparisonsIn);
  if (op.kind === 'and' || op.kind === 'or') return [op.left, op.right].flatMap(comparisonsIn);
  if (op.kind !== 'call') return [];
  if (!ORDERED.has(op.overload.name)) return op.args.flatMap(comparisonsIn);
  const [left] = op.args;
  return left?.type === 'int' || left?.type === 'double' ? [typed] : [];
}

function candidatesOf(typed: Typed, variable: Variable): Candidates {
  const { op } = typed;
  if (op.kind !== 'call') return () => [];
  const [holds, sides] = [functionOf(typed), op.args.map((side) => functionOf(side))];
  const difference = (input: RuleInput): number | undefined => {
    const [left, right] = sides.map((side) => side(input));
    if (left === undefined || right === undefined || isFault(left) || isFault(right)) return undefined;
    return Number(left) - Number(right);
  };
  return (input) => {
    const from = Number(input[variable.index]);
    // Far enough that a bound of money or counts shows its slope through whole divisions.
    const step = variable.type === 'int' ? 1_000 : Math.max(1, Math.abs(from) / 8);
    const [here, there] = [difference(input), difference(withValue(input, variable, from + step))];
    if (here === undefined || there === undefined || here === there) return [];
    const bound = from - (here * step) / (there - here);
    if (!Number.isFinite(bound)) return [];
    if (variable.type === 'double') return neighbours(bound);
    const now = holds(input);
    return wholeNeighbours(bound, { from, turns: (value) => holds(withValue(input, variable, value)) !== now });
  };
}

/** Whole numbers around a bound. Where division hides it, it is searched for between where we are and where the test has turned. */
function wholeNeighbours(bound: number, { from, turns }: { readonly from: number; readonly turns: (value: number) => boolean }): number[] {
  const near = [-1, 0, 1, 2].map((more) => Math.floor(bound) + more + 0);
  if (near.some(turns)) return near;
  const away = bound < from ? -1 : 1;
  const far = Array.from({ length: SEARCH_DOUBLINGS }, (_, i) => Math.floor(bound) + away * 2 ** i).find(turns);
  if (far === undefined) return near;
  let [still, turned] = [from, far];
  while (Math.abs(turned - still) > 1) {
    const middle = Math.trunc((still + turned) / 2);
    if (turns(middle)) turned = middle;
    else still = middle;
  }
  return [still, turned];
}

function neighbours(bound: number): number[] {
  const rounded = Number(bound.toPrecision(12));
  const gap = Math.max(Math.abs(bound), 1e-6) * 1e-9;
  return [bound, rounded, rounded - gap, rounded + gap].map((value) => value + 0);
}

function nearest(values: readonly number[], from: number): number | undefined {
  let best: number | undefined;
  for (const value of values) if (best === undefined || Math.abs(value - from) < Math.abs(best - from)) best = value;
  return best;
}

function withValue(input: RuleInput, { index }: Variable, value: number): RuleInput {
  return input.toSpliced(index, 1, value);
}
