import type { Typed } from './typed.ts';
import type { Unit } from './types.ts';

/** What a number without a unit of its own counts. */
type Operand = Pick<Typed, 'unit'>;

/** Operators whose operands must count the same. */
const ALIKE: ReadonlySet<string> = new Set(['+', '-', '==', '!=', '<', '<=', '>', '>=', 'math.greatest', 'math.least']);
const COUNT: Unit = 'count';

/** The two units that must not meet in this operation; undefined if all is well. */
export function clash(name: string, operands: readonly Operand[]): readonly [Unit, Unit] | undefined {
  if (!ALIKE.has(name)) return undefined;
  const units = [...new Set(operands.flatMap(({ unit }) => (unit === undefined ? [] : [unit])))];
  const [first, second] = units;
  return first === undefined || second === undefined ? undefined : [first, second];
}

/** What the result of an operation counts. */
export function resultUnit(name: string, [a, b]: readonly Operand[]): Unit | undefined {
  switch (name) {
    case '+':
    case '-':
    case 'math.greatest':
    case 'math.least':
      return a?.unit ?? b?.unit;
    case '-_':
    case 'int':
    case 'double':
    case 'math.abs':
    case '%':
      return a?.unit;
    case '*':
      return times(a?.unit, b?.unit);
    case '/':
      return by(a?.unit, b?.unit);
    default:
      return undefined;
  }
}

/** So many of something is some of it. */
function times(a: Unit | undefined, b: Unit | undefined): Unit | undefined {
  if (a === undefined || a === COUNT) return b ?? a;
  return b === undefined || b === COUNT ? a : undefined;
}

/** A share has no unit; money for each payment is money. */
function by(a: Unit | undefined, b: Unit | undefined): Unit | undefined {
  if (a === b) return undefined;
  return b === undefined || b === COUNT ? a : undefined;
}
