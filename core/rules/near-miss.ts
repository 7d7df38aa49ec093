import { type CompiledCel, functionOf, isFault } from '../cel/compile.ts';
import { partsOf, type Typed } from '../cel/typed.ts';
import type { CelValue } from '../cel/types.ts';
import type { RuleInput } from './variables.ts';

/** Whether a condition that does not hold all but holds. */
export type NearMiss = (input: RuleInput) => boolean;

/** Part of its bound, one in so many, that a value may be away from it. */
const NEAR_PART = 10;
const ORDERED: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);
/** Types whose zero means something; a time has none. */
const MEASURED: ReadonlySet<unknown> = new Set(['int', 'double', 'duration']);

/** A test that is asked first whether it holds; `near` is absent where no number decides. */
interface Part {
  readonly holds: CompiledCel['evaluate'];
  readonly near: NearMiss | undefined;
}

/**
 * Compiles what tells a near miss: of the tests that must all hold a single one does not, it compares two numbers or spans of time by order, and
 * the value is within a tenth of its bound or, if whole, one step from it; nothing (0) is near to nothing. Of tests of which one must hold, one that
 * is near is enough. A test without a value is not near. Undefined for a condition that knows no near miss.
 */
export function nearMissOf(typed: Typed): NearMiss | undefined {
  const { op } = typed;
  if (op.kind === 'and') return nearOfAll(membersOf(typed, 'and').map(partOf));
  if (op.kind === 'or') return nearOfAny(membersOf(typed, 'or').flatMap((member) => nearMissOf(member) ?? []));
  if (op.kind !== 'call' || !ORDERED.has(op.overload.name)) return undefined;
  const [left, right] = op.args;
  return left !== undefined && right !== undefined && MEASURED.has(left.type) ? nearOfSides(left, right) : undefined;
}

function membersOf(typed: Typed, kind: 'and' | 'or'): Typed[] {
  const { op } = typed;
  return op.kind === kind ? [...membersOf(op.left, kind), ...membersOf(op.right, kind)] : [typed];
}

function partOf(typed: Typed): Part {
  return { holds: functionOf(typed), near: nearMissOf(typed) };
}

function nearOfAll(parts: readonly Part[]): NearMiss | undefined {
  if (parts.every(({ near }) => near === undefined)) return undefined;
  return (input) => {
    let missed = false;
    for (const { holds, near } of parts) {
      if (holds(input) === true) continue;
      // Most rules end here, at a test that no number decides.
      if (missed || near === undefined || !near(input)) return false;
      missed = true;
    }
    return missed;
  };
}

function nearOfAny(nears: readonly NearMiss[]): NearMiss | undefined {
  return nears.length === 0 ? undefined : (input) => nears.some((near) => near(input));
}

function nearOfSides(left: Typed, right: Typed): NearMiss {
  // Who writes 22000 < event.amount_minor has the bound on the left.
  const [value, bound] = isConstant(left) && !isConstant(right) ? [right, left] : [left, right];
  const [valueAt, boundAt] = [functionOf(value), functionOf(bound)];
  const step = left.type === 'int' ? 1 : 0;
  return (input) => {
    const [at, limit] = [numberOf(valueAt(input)), numberOf(boundAt(input))];
    const gap = Math.abs(at - limit);
    return at !== 0 && (gap * NEAR_PART <= Math.abs(limit) || gap <= step);
  };
}

function isConstant(typed: Typed): boolean {
  return typed.op.kind !== 'variable' && partsOf(typed).every(isConstant);
}

/** NaN, which is near to nothing, where there is no value. */
function numberOf(value: ReturnType<CompiledCel['evaluate']>): number {
  return isFault(value) || typeof value === 'object' ? Number.NaN : Number(value satisfies CelValue);
}
