import { type ASTNode, TypeError as CelTypeError, Environment, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import { usageError } from '../errors.ts';
import type { CelValue, Variable, Variables } from './variables.ts';

/** Fields of the judged event that conditions read, by variable name; undefined where the event lacks one. */
export class EventView {
  [name: string]: CelValue | undefined;
}

/** Features that conditions read; undefined where there is no value. */
export class FeaturesView {
  [name: string]: CelValue | undefined;
}

/** What a condition is evaluated against. */
export interface Views {
  readonly event: EventView;
  readonly features: FeaturesView;
}

/** What a condition came to: fired or not, a missing feature value, or an error text. */
export type ConditionOutcome = boolean | 'no_history' | { readonly error: string };

/** A compiled condition. */
export interface Condition {
  /** Every variable it names, each once, in order of appearance. */
  readonly reads: readonly Variable[];
  /** Never throws. */
  evaluate(views: Views): ConditionOutcome;
}

/** Compiles the conditions of one event type. */
export type ConditionCompiler = (condition: string, where: string) => Condition;

/** Far above what a page of CEL needs, far below what could hold up a stream. */
const LIMITS = { maxAstNodes: 1_000, maxDepth: 50, maxListElements: 500, maxMapEntries: 100, maxCallArguments: 8 };

/** Makes the compiler for conditions over `variables`. It throws UsageError of one line with the place of the fault. */
export function createConditionCompiler(variables: Variables): ConditionCompiler {
  const environment = new Environment({ limits: LIMITS })
    .registerType('Event', { ctor: EventView, fields: typesOf(variables.event) })
    .registerType('Features', { ctor: FeaturesView, fields: typesOf(variables.features) })
    .registerVariable('event', 'Event')
    .registerVariable('features', 'Features');
  return (condition, where) => compile(environment, variables, condition, where);
}

function typesOf(variables: ReadonlyMap<string, Variable>): Record<string, string> {
  return Object.fromEntries([...variables.values()].map(({ name, celType }) => [name, celType]));
}

function compile(environment: Environment, variables: Variables, condition: string, where: string): Condition {
  const parsed = parse(environment, condition, where);
  const found = new Map<number, Variable>();
  collect(parsed.ast, { variables, condition, where, found });
  const { valid, type, error } = parsed.check();
  if (!valid) throw faultOf(error, condition, where);
  if (type !== 'bool') throw usageError(`${where}: condition gives ${type ?? 'nothing'}`, condition, 'CEL text that gives a bool');
  return {
    reads: [...new Set(found.values())],
    evaluate: (views) => {
      try {
        const result: unknown = parsed(views);
        return typeof result === 'boolean' ? result : { error: `condition gave ${typeof result}, not a bool` };
      } catch (thrown) {
        return outcomeOf(thrown, found);
      }
    },
  };
}

function parse(environment: Environment, condition: string, where: string): ReturnType<Environment['parse']> {
  try {
    return environment.parse(condition);
  } catch (error) {
    throw faultOf(error, condition, where);
  }
}

function outcomeOf(thrown: unknown, found: ReadonlyMap<number, Variable>): ConditionOutcome {
  if (!(thrown instanceof EvaluationError)) return { error: thrown instanceof Error ? thrown.message : String(thrown) };
  if (thrown.code !== 'no_such_key') return { error: thrown.summary };
  const absent = found.get(thrown.range?.start ?? -1);
  if (absent === undefined) return { error: thrown.summary };
  return absent.path.startsWith('features.') ? 'no_history' : { error: `${absent.path} is absent` };
}

interface Walk {
  readonly variables: Variables;
  readonly condition: string;
  readonly where: string;
  /** Variable by the place where the condition names it. */
  readonly found: Map<number, Variable>;
}

/**
 * Collects what a condition reads. `event` and `features` may be used as `event.<name>` only, so that the names are known before
 * any event comes; this also finds unknown names in `has(...)`, which the type check lets pass.
 */
function collect(node: ASTNode, walk: Walk, isInLoop = false): void {
  if (node.op === '.' && node.args[0].op === 'id') {
    const source = node.args[0].args;
    if (source === 'event' || source === 'features') {
      walk.found.set(node.pos, known(walk, source, node.args[1], node.pos));
      return;
    }
  }
  const fault = faultOfNode(node, isInLoop);
  if (fault !== undefined) {
    throw usageError(`${walk.where}: condition ${placeOf(walk.condition, node.pos)}: ${fault.what}`, walk.condition, fault.allowed);
  }
  if (node.op === 'rcall' && LOOPS.has(node.args[0])) {
    // The list that a loop goes over is computed once; only what follows is repeated.
    collect(node.args[1], walk, isInLoop);
    for (const child of node.args[2]) collect(child, walk, true);
    return;
  }
  for (const child of childrenOf(node.args)) collect(child, walk, isInLoop);
}

const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

/** What CEL allows and conditions may not use: everything else takes time in proportion to its text, on every event. */
function faultOfNode(node: ASTNode, isInLoop: boolean): { readonly what: string; readonly allowed: string } | undefined {
  if (node.op === 'id' && (node.args === 'event' || node.args === 'features')) {
    return { what: `${node.args} used whole`, allowed: `${node.args}.<name>` };
  }
  if (node.op !== 'rcall' && node.op !== 'call') return undefined;
  const name = node.args[0];
  // Patterns mean different things to different executors, and some take exponential time.
  if (name === 'matches') return { what: 'a pattern', allowed: 'contains, startsWith, endsWith, in' };
  // Each binding can double the text or list of the one before.
  if (name === 'bind') return { what: 'a binding', allowed: 'the bound expression itself' };
  if (isInLoop && LOOPS.has(name)) return { what: `${name} inside another loop`, allowed: 'loops side by side' };
  return undefined;
}

function known({ variables, condition, where }: Walk, source: 'event' | 'features', name: string, pos: number): Variable {
  const variable = variables[source].get(name);
  if (variable !== undefined) return variable;
  const names = [...variables[source].values()].map(({ path }) => path).join(', ');
  throw usageError(`${where}: condition ${placeOf(condition, pos)}: unknown name`, `${source}.${name}`, names === '' ? 'none' : names);
}

function isNode(value: object): value is ASTNode {
  return 'op' in value && 'args' in value;
}

function childrenOf(args: unknown): ASTNode[] {
  if (typeof args !== 'object' || args === null) return [];
  if (isNode(args)) return [args];
  return Array.isArray(args) ? args.flatMap(childrenOf) : [];
}

function faultOf(error: unknown, condition: string, where: string): Error {
  if (!(error instanceof ParseError || error instanceof CelTypeError)) {
    return usageError(`${where}: condition: ${error instanceof Error ? firstLineOf(error.message) : String(error)}`, condition, 'CEL text');
  }
  const place = error.range === undefined ? '' : ` ${placeOf(condition, error.range.start)}`;
  return usageError(`${where}: condition${place}: ${firstLineOf(error.summary)}`, condition, 'a CEL condition over event and features');
}

function firstLineOf(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function placeOf(condition: string, pos: number): string {
  const before = condition.slice(0, pos).split('\n');
  return `at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
