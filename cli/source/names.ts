import { usageError } from '../../core/errors.ts';

/** Names of a stack's resources that commands talk to. */
export interface StackNames {
  /** The stack's own name, `headrace-<env>`. */
  readonly stack: string;
  readonly stream: string;
  readonly stateTable: string;
  readonly database: string;
  /** Database of the landed tables, repeats included. */
  readonly landingDatabase: string;
  readonly workgroup: string;
  /** Function that compacts the lake. */
  readonly compactFunction: string;
  /** State machine of backfills, and the function that takes its steps. */
  readonly backfillMachine: string;
  readonly backfillFunction: string;
  /** Function that erases keys. */
  readonly forgetFunction: string;
}

const STACK = /^headrace-[a-z][a-z0-9]*$/;

/**
 * Names the resources of a stack by the convention that the infrastructure follows, so that nothing but their own permissions is
 * needed to reach them. Throws UsageError for a name that no stack has.
 */
export function stackNames(stack: string): StackNames {
  if (!STACK.test(stack)) throw usageError('--stack', stack, 'headrace-ENV as it was deployed, such as headrace-dev');
  const database = stack.replaceAll('-', '_');
  return {
    stack,
    stream: `${stack}-events`,
    stateTable: `${stack}-state`,
    database,
    landingDatabase: `${database}_landing`,
    workgroup: stack,
    compactFunction: `${stack}-compact`,
    backfillMachine: `${stack}-backfill`,
    backfillFunction: `${stack}-backfill`,
    forgetFunction: `${stack}-forget`,
  };
}
