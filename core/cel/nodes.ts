/** Where a part of an expression stands: offsets of UTF-16 units, half-open. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Types of literals. */
export type LiteralType = 'bool' | 'int' | 'double' | 'string';

/** Operators between two operands. */
export type BinaryOperator = '||' | '&&' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | '+' | '-' | '*' | '/' | '%';

/** One part of an expression as it was written. */
export type Node = Span &
  (
    | { readonly kind: 'literal'; readonly type: LiteralType; readonly value: bigint | number | string | boolean }
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'field'; readonly target: Node; readonly name: string }
    | { readonly kind: 'index'; readonly target: Node; readonly index: Node }
    | { readonly kind: 'call'; readonly name: string; readonly target: Node | undefined; readonly args: readonly Node[] }
    | { readonly kind: 'unary'; readonly op: '!' | '-'; readonly operand: Node }
    | { readonly kind: 'binary'; readonly op: BinaryOperator; readonly left: Node; readonly right: Node }
    | { readonly kind: 'choice'; readonly condition: Node; readonly then: Node; readonly otherwise: Node }
    | { readonly kind: 'list'; readonly items: readonly Node[] }
    | { readonly kind: 'map'; readonly entries: readonly (readonly [Node, Node])[] }
  );
