import { type CompiledCel, functionOf, isFault } from '../cel/compile.ts';
import type { Typed } from '../cel/typed.ts';
import type { CelValue } from '../cel/types.ts';
import type { FieldValue } from '../model.ts';
import type { RuleInput } from './variables.ts';

/** One test of a condition that held, with what was compared. */
export interface Test {
  /** As the rule has it: `event.amount_minor > 22000`. */
  readonly test: string;
  /** Left side, in real units; times are epoch ms. Absent where it is no single value. */
  readonly value?: FieldValue;
  /** Right side. Absent where it is no single value, such as a list. */
  readonly bound?: FieldValue;
}

/** Gives the tests of a condition that held for an event for which the condition holds. */
export type Evidence = (input: RuleInput) => Test[];

/** A test of a condition, compiled. */
export interface TestPart {
  readonly text: string;
  readonly holds: CompiledCel['evaluate'];
  readonly sides: readonly (CompiledCel['evaluate'] | undefined)[];
}

const COMPARISONS: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', '==', '!=', 'in']);

/** Compiles what shows why a condition holds: its parts between `&&` and `||`. They are compiled when it first fires. */
export function evidenceOf(condition: string, typed: Typed): Evidence {
  let parts: readonly TestPart[] | undefined;
  return (input) => {
    parts ??= testParts(condition, typed);
    return parts.filter(({ holds }) => holds(input) === true).map((part) => testOf(part, input));
  };
}

/** The parts of a condition that are neither `&&` nor `||`. */
export function testsOf(typed: Typed): Typed[] {
  const { op } = typed;
  return op.kind === 'and' || op.kind === 'or' ? [...testsOf(op.left), ...testsOf(op.right)] : [typed];
}

/** Compiles the tests of a condition. */
export function testParts(condition: string, typed: Typed): TestPart[] {
  return testsOf(typed).map((one) => partOf(condition, one));
}

function partOf(condition: string, typed: Typed): TestPart {
  const { op } = typed;
  const isComparison = op.kind === 'call' && COMPARISONS.has(op.overload.name);
  const sides = isComparison ? op.args.map((side) => (typeof side.type === 'string' ? functionOf(side) : undefined)) : [];
  return { text: condition.slice(typed.start, typed.end).replaceAll(/\s+/g, ' '), holds: functionOf(typed), sides };
}

/** A test with what was compared. */
export function testOf({ text, sides: [left, right] }: TestPart, input: RuleInput): Test {
  const [value, bound] = [sideValue(left, input), sideValue(right, input)];
  return { test: text, ...(value === undefined ? {} : { value }), ...(bound === undefined ? {} : { bound }) };
}

function sideValue(side: CompiledCel['evaluate'] | undefined, input: RuleInput): FieldValue | undefined {
  const value = side?.(input);
  if (value === undefined || isFault(value)) return undefined;
  return simple(value);
}

function simple(value: CelValue): FieldValue | undefined {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'object' ? undefined : value;
}
