import { Checker } from './check.ts';
import { emit } from './emit.ts';
import { CelError } from './errors.ts';
import { type CelFault, Fault } from './faults.ts';
import { folded } from './fold.ts';
import { HELPERS } from './helpers.ts';
import { parse } from './parse.ts';
import { Scope } from './scope.ts';
import { partsOf, type Typed } from './typed.ts';
import { type CelType, type CelValue, type CelVariable, typeName } from './types.ts';

/** Values of the variables of an expression, each at its index; undefined where there is none. */
export type CelInput = readonly (CelValue | undefined)[];

/** A compiled expression. */
export interface CompiledCel {
  readonly type: CelType;
  /** Parts and their types, for whoever wants to look inside. */
  readonly typed: Typed;
  /** Variables that it names, each once, in the order of appearance. */
  readonly reads: readonly CelVariable[];
  /** Never throws. */
  evaluate(input: CelInput): CelValue | CelFault;
}

/** Compiles an expression ahead. Throws CelError at the first thing that is wrong. */
export function compileCel(text: string, variables: ReadonlyMap<string, CelVariable>, wanted?: CelType): CompiledCel {
  const node = parse(text);
  const typed = folded(new Checker(text).check(node, new Scope(variables)), constantOf);
  if (wanted !== undefined && typed.type !== wanted) {
    throw new CelError(text, node, { what: `an expression that gives ${typeName(typed.type)}`, allowed: typeName(wanted) });
  }
  return { type: typed.type, typed, reads: readsOf(typed), evaluate: functionOf(typed) };
}

function constantOf(part: Typed): CelValue | undefined {
  const value = functionOf(part)([]);
  return isFault(value) ? undefined : value;
}

/** Whether what an expression came to is a fault. */
export function isFault(result: CelValue | CelFault): result is CelFault {
  return result instanceof Fault;
}

/** A function of one part: the same code as within the whole. */
export function functionOf(typed: Typed): CompiledCel['evaluate'] {
  const { body, constants } = emit(typed);
  const names = constants.map((_, i) => `k${i}`);
  // Of checked types and quoted literals only: no text of a rule becomes code.
  const make = new Function('h', ...names, `'use strict'; return (v) => {\n${body}\n};`);
  return make(HELPERS, ...constants) as CompiledCel['evaluate'];
}

function readsOf(typed: Typed): CelVariable[] {
  const found = new Map<string, CelVariable>();
  const walk = (part: Typed): void => {
    const { op } = part;
    if (op.kind === 'variable' || op.kind === 'has') found.set(op.variable.path, op.variable);
    for (const one of partsOf(part)) walk(one);
  };
  walk(typed);
  return [...found.values()];
}
