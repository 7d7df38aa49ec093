import type { Span } from './nodes.ts';
import type { CelType, CelValue, CelVariable, Unit } from './types.ts';

/** A function or operator for operands of certain types. */
export interface Overload {
  readonly name: string;
  readonly args: readonly CelType[];
  readonly result: CelType;
  /** JavaScript of the result over JavaScript of the operands; `h` has the helpers by name. */
  readonly js: (...args: string[]) => string;
  /** What it means when the result is undefined; absent if there is always one. */
  readonly fault?: string;
}

/** Loops over the elements of a list or the keys of a map. */
export type Macro = 'all' | 'exists' | 'exists_one' | 'map' | 'filter';

/** A part of an expression whose type is known. */
export interface Typed extends Span {
  readonly type: CelType;
  readonly unit: Unit | undefined;
  /** Steps that it takes at most. */
  readonly steps: number;
  /** Elements that it has at most, if it is a list or map. */
  readonly lengthMax: number;
  readonly op: Operation;
}

/** What a typed part does. */
export type Operation =
  | { readonly kind: 'constant'; readonly value: CelValue }
  | { readonly kind: 'variable'; readonly variable: CelVariable }
  | { readonly kind: 'has'; readonly variable: CelVariable }
  | { readonly kind: 'local'; readonly name: string }
  | { readonly kind: 'call'; readonly overload: Overload; readonly args: readonly Typed[] }
  | { readonly kind: 'and' | 'or'; readonly left: Typed; readonly right: Typed }
  | { readonly kind: 'choice'; readonly condition: Typed; readonly then: Typed; readonly otherwise: Typed }
  | { readonly kind: 'list'; readonly items: readonly Typed[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [Typed, Typed])[] }
  | {
      readonly kind: 'loop';
      readonly macro: Macro;
      readonly over: Typed;
      readonly name: string;
      /** Of `map` with four arguments: elements that are left out. */
      readonly only: Typed | undefined;
      readonly body: Typed;
    };

/** The parts that a part is made of. */
export function partsOf({ op }: Typed): readonly Typed[] {
  switch (op.kind) {
    case 'call':
      return op.args;
    case 'and':
    case 'or':
      return [op.left, op.right];
    case 'choice':
      return [op.condition, op.then, op.otherwise];
    case 'list':
      return op.items;
    case 'map':
      return op.entries.flat();
    case 'loop':
      return op.only === undefined ? [op.over, op.body] : [op.over, op.only, op.body];
    default:
      return [];
  }
}
