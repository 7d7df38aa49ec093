import type { Typed } from './typed.ts';
import type { CelValue } from './types.ts';

/** Gives the value of a part without variables; undefined for one that has none. */
type Evaluate = (part: Typed) => CelValue | undefined;

/** Puts the value in the place of times and durations that are written as text, so that `duration("720h")` is read once and not for each event. */
export function folded(typed: Typed, evaluate: Evaluate): Typed {
  const { op } = typed;
  const fold = (part: Typed): Typed => folded(part, evaluate);
  switch (op.kind) {
    case 'and':
    case 'or':
      return { ...typed, op: { ...op, left: fold(op.left), right: fold(op.right) } };
    case 'call': {
      const part: Typed = { ...typed, op: { ...op, args: op.args.map(fold) } };
      const isText = op.args.every((arg) => arg.op.kind === 'constant') && (typed.type === 'duration' || typed.type === 'timestamp');
      const value = isText ? evaluate(part) : undefined;
      return value === undefined ? part : { ...typed, op: { kind: 'constant', value } };
    }
    default:
      return typed;
  }
}
