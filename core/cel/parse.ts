import { CelError } from './errors.ts';
import type { BinaryOperator, Node, Span } from './nodes.ts';
import { type Token, tokensOf } from './tokens.ts';

/** Bounds of one expression: far above what a page of CEL needs, far below what could hold up a stream. */
export const NODES_MAX = 1_000;
const DEPTH_MAX = 50;

/** Operators from the loosest to the tightest; those of one line are taken from left to right. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [
  ['||'],
  ['&&'],
  ['==', '!=', '<', '<=', '>', '>=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
];

/** Reads an expression. Throws CelError at the first thing that is no CEL, or above the bounds. */
export function parse(text: string): Node {
  const parser = new Parser(text, tokensOf(text));
  const node = parser.expression();
  parser.end();
  return node;
}

class Parser {
  private readonly text: string;
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;
  private nodes = 0;

  constructor(text: string, tokens: readonly Token[]) {
    this.text = text;
    this.tokens = tokens;
  }

  expression(): Node {
    this.deeper();
    const condition = this.level(0);
    let node = condition;
    if (this.takes('?')) {
      const then = this.level(0);
      this.expect(':');
      const otherwise = this.expression();
      node = this.made({ kind: 'choice', condition, then, otherwise, start: condition.start, end: otherwise.end });
    }
    this.depth -= 1;
    return node;
  }

  end(): void {
    const token = this.peek();
    if (token.kind !== 'end') this.refuse(token, `${this.shown(token)} behind the end of the expression`, 'an operator such as && or >');
  }

  private level(index: number): Node {
    const operators = LEVELS[index];
    if (operators === undefined) return this.unary();
    let left = this.level(index + 1);
    for (;;) {
      const token = this.peek();
      const op = token.kind === 'sign' ? operators.find((one) => one === token.text) : undefined;
      if (op === undefined) return left;
      this.at += 1;
      const right = this.level(index + 1);
      left = this.made({ kind: 'binary', op, left, right, start: left.start, end: right.end });
    }
  }

  private unary(): Node {
    const token = this.peek();
    if (token.kind !== 'sign' || (token.text !== '!' && token.text !== '-')) return this.member();
    this.at += 1;
    this.deeper();
    const next = this.peek();
    // The least int has no positive counterpart.
    const operand =
      token.text === '-' && next.kind === 'literal' && typeof next.value !== 'string' && typeof next.value !== 'boolean'
        ? this.negative(token, next)
        : this.made({ kind: 'unary', op: token.text, operand: this.unary(), start: token.start, end: this.lastEnd() });
    this.depth -= 1;
    return operand;
  }

  private negative(sign: Token, { end, ...token }: Token & { readonly kind: 'literal' }): Node {
    this.at += 1;
    const value = typeof token.value === 'bigint' || typeof token.value === 'number' ? -token.value : token.value;
    return this.members(this.made({ ...token, value, start: sign.start, end }));
  }

  private member(): Node {
    return this.members(this.primary());
  }

  private members(first: Node): Node {
    let node = first;
    for (;;) {
      if (this.takes('.')) node = this.dotted(node);
      else if (this.takes('[')) {
        if (this.takes('?')) this.refuse(this.peek(), 'an optional element', 'list[index]', true);
        const index = this.expression();
        this.expect(']');
        node = this.made({ kind: 'index', target: node, index, start: node.start, end: this.lastEnd() });
      } else if (this.isNext('{')) this.refuse(this.peek(), 'a message', 'fields of the event, such as event.amount_minor', true);
      else return node;
    }
  }

  private dotted(target: Node): Node {
    if (this.takes('?')) this.refuse(this.peek(), 'an optional field', 'has(event.name) ? event.name : otherwise', true);
    const name = this.name();
    if (!this.takes('(')) return this.made({ kind: 'field', target, name, start: target.start, end: this.lastEnd() });
    const args = this.list(')');
    return this.made({ kind: 'call', name, target, args, start: target.start, end: this.lastEnd() });
  }

  private primary(): Node {
    const token = this.peek();
    this.at += 1;
    if (token.kind === 'literal') return this.made(token);
    if (token.kind === 'name') {
      if (token.text === 'null') return this.refuse(token, 'null', 'has(event.name), which asks whether there is a value', true);
      if (token.isReserved) return this.refuse(token, `${token.text}, a word that CEL keeps for itself`, 'another name');
      if (!this.takes('(')) return this.made({ kind: 'name', name: token.text, start: token.start, end: token.end });
      return this.made({
        kind: 'call',
        name: token.text,
        target: undefined,
        args: this.list(')'),
        start: token.start,
        end: this.lastEnd(),
      });
    }
    if (token.text === '(') {
      const inner = this.expression();
      this.expect(')');
      return inner;
    }
    if (token.text === '[') return this.made({ kind: 'list', items: this.list(']'), start: token.start, end: this.lastEnd() });
    if (token.text === '{') return this.made({ kind: 'map', entries: this.entries(), start: token.start, end: this.lastEnd() });
    if (token.text === '.') return this.refuse(token, 'a name from the root', 'event.<name>, features.<name>', true);
    return this.refuse(token, this.shown(token), 'a value here: a name, a number, a text in quotes, ( or [');
  }

  private list(close: ')' | ']'): Node[] {
    const items: Node[] = [];
    while (!this.takes(close)) {
      if (close === ']' && this.takes('?')) this.refuse(this.peek(), 'an optional element', 'plain elements', true);
      items.push(this.expression());
      if (!this.takes(',') && !this.isNext(close)) this.refuse(this.peek(), this.shown(this.peek()), `, or ${close}`);
      // A list may end with a comma, the arguments of a call may not.
      else if (close === ')' && this.isNext(')') && this.text[this.lastEnd() - 1] === ',')
        this.refuse(this.peek(), ')', 'another argument');
    }
    return items;
  }

  private entries(): [Node, Node][] {
    const entries: [Node, Node][] = [];
    while (!this.takes('}')) {
      if (this.takes('?')) this.refuse(this.peek(), 'an optional entry', 'plain entries', true);
      const key = this.expression();
      this.expect(':');
      entries.push([key, this.expression()]);
      if (!this.takes(',') && !this.isNext('}')) this.refuse(this.peek(), this.shown(this.peek()), ', or }');
    }
    return entries;
  }

  private name(): string {
    const token = this.peek();
    if (token.kind !== 'name') return this.refuse(token, this.shown(token), 'a name behind the point');
    this.at += 1;
    return token.text;
  }

  private peek(): Token {
    const token = this.tokens[this.at] ?? this.tokens.at(-1);
    if (token === undefined) throw new Error('there is always an end');
    return token;
  }

  private isNext(sign: string): boolean {
    const token = this.peek();
    return token.kind === 'sign' && token.text === sign;
  }

  private takes(sign: string): boolean {
    if (!this.isNext(sign)) return false;
    this.at += 1;
    return true;
  }

  private expect(sign: string): void {
    if (!this.takes(sign)) this.refuse(this.peek(), this.shown(this.peek()), sign);
  }

  private lastEnd(): number {
    return this.tokens[this.at - 1]?.end ?? 0;
  }

  private shown(token: Token): string {
    return token.kind === 'end' ? 'the end of the expression' : this.text.slice(token.start, token.end);
  }

  private made(node: Node): Node {
    this.nodes += 1;
    if (this.nodes > NODES_MAX) this.refuse(node, 'an expression that is too large', `at most ${NODES_MAX} parts; cut the rule in two`);
    return node;
  }

  private deeper(): void {
    this.depth += 1;
    if (this.depth > DEPTH_MAX) this.refuse(this.peek(), 'an expression that is nested too deep', `at most ${DEPTH_MAX} levels`);
  }

  private refuse(span: Span, what: string, allowed: string, isLeftOut = false): never {
    throw new CelError(this.text, span, { what, allowed, isLeftOut });
  }
}
