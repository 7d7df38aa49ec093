import { type CompiledCel, compileCel, isFault } from '../cel/compile.ts';
import { CelError } from '../cel/errors.ts';
import { UsageError } from '../errors.ts';
import type { RuleInput, Variable, Variables } from './variables.ts';

/** What a condition came to: fired or not, a missing feature value, or an error text. */
export type ConditionOutcome = boolean | 'no_history' | { readonly error: string };

/** A compiled condition. */
export interface Condition {
  /** Every variable it names, each once, in order of appearance. */
  readonly reads: readonly Variable[];
  readonly compiled: CompiledCel;
  /** Never throws. */
  evaluate(input: RuleInput): ConditionOutcome;
}

/** Compiles a condition. Throws UsageError with the place of the fault, the line with a caret, and what is allowed. */
export function compileCondition(text: string, variables: Variables, where: string): Condition {
  const compiled = compiledOf(text, variables, where);
  return {
    reads: compiled.reads.flatMap(({ path }) => variableAt(variables, path)),
    compiled,
    evaluate: (input) => {
      const result = compiled.evaluate(input);
      if (!isFault(result)) return result === true;
      return result.path.startsWith('features.') ? 'no_history' : { error: result.message };
    },
  };
}

function variableAt({ event, features }: Variables, path: string): readonly Variable[] {
  const [part, name = ''] = path.split('.');
  const found = (part === 'event' ? event : features).get(name);
  return part === 'lists' || found === undefined ? [] : [found];
}

function compiledOf(text: string, variables: Variables, where: string): CompiledCel {
  try {
    return compileCel(text, variables.byPath, 'bool');
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    throw new UsageError(`${where}: condition, ${error.message}`, { cause: error });
  }
}
