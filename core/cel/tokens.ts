import { CelError } from './errors.ts';
import type { LiteralType, Span } from './nodes.ts';
import { unescapeText } from './text.ts';

/** One token of an expression; `end` stands behind the last one. */
export type Token = Span &
  (
    | { readonly kind: 'literal'; readonly type: LiteralType; readonly value: bigint | number | string | boolean }
    | { readonly kind: 'name'; readonly text: string; readonly isReserved: boolean }
    | { readonly kind: 'sign'; readonly text: string }
    | { readonly kind: 'end'; readonly text: '' }
  );

const SPACE = /(?:[\t\n\f\r ]+|\/\/[^\n]*)*/y;
const NUMBER =
  /(?:0[xX][0-9a-fA-F]+[uU]?|(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)|[0-9]+[uU]?)/y;
const TEXT = /([rRbB]{0,2})("""(?:\\[\s\S]|[^\\])*?"""|'''(?:\\[\s\S]|[^\\])*?'''|"(?:\\.|[^\\"\r\n])*"|'(?:\\.|[^\\'\r\n])*')/y;
/** Within a raw text a backslash is a letter like any other. */
const RAW_TEXT = /([rRbB]{1,2})("""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\r\n]*"|'[^'\r\n]*')/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const SIGN = /==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]{}]/y;

/** Names that CEL keeps for itself. */
const RESERVED = new Set(
  'as break const continue else for function if import let loop package namespace return var void while null'.split(' '),
);

/** Cuts an expression into tokens. Throws CelError at the first one that is none. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = spaceEnd(text, 0); at < text.length; at = spaceEnd(text, tokens.at(-1)?.end ?? text.length)) tokens.push(tokenAt(text, at));
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length });
  return tokens;
}

function spaceEnd(text: string, at: number): number {
  return at + (match(SPACE, text, at)?.[0].length ?? 0);
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function tokenAt(text: string, start: number): Token {
  const number = match(NUMBER, text, start);
  if (number !== null) return numberToken(text, number[0], { start, end: start + number[0].length });
  const quoted = quotedAt(text, start);
  if (quoted !== undefined) return quoted;
  const name = match(NAME, text, start);
  if (name !== null) return nameToken(name[0], { start, end: start + name[0].length });
  const sign = match(SIGN, text, start);
  if (sign !== null) return { kind: 'sign', text: sign[0], start, end: start + sign[0].length };
  const letter = String.fromCodePoint(text.codePointAt(start) ?? 0);
  if (letter === '`')
    throw new CelError(text, { start, end: start + 1 }, { what: 'a name in backticks', allowed: 'plain names', isLeftOut: true });
  const what = /["']/.test(letter) ? `a text that begins with ${letter} and does not end` : `the letter ${JSON.stringify(letter)}`;
  throw new CelError(text, { start, end: start + letter.length }, { what, allowed: 'names, numbers, texts in quotes, operators' });
}

function numberToken(text: string, written: string, span: Span): Token {
  if (/^0[xX]/.test(written) ? /[uU]$/.test(written) : /[uU]$/.test(written)) {
    throw new CelError(text, span, { what: 'an unsigned number', allowed: 'an int, such as 3', isLeftOut: true });
  }
  if (/^0[xX]|^[0-9]+$/.test(written)) return { kind: 'literal', type: 'int', value: BigInt(written), ...span };
  return { kind: 'literal', type: 'double', value: Number(written), ...span };
}

function quotedAt(text: string, start: number): Token | undefined {
  const isRaw = /^[bB]?[rR]/.test(text.slice(start, start + 2));
  const found = match(isRaw ? RAW_TEXT : TEXT, text, start);
  if (found === null) return undefined;
  const [whole, prefix = '', quoted = ''] = found;
  const span = { start, end: start + whole.length };
  if (/[bB]/.test(prefix)) throw new CelError(text, span, { what: 'bytes', allowed: 'a text', isLeftOut: true });
  const quotes = /^("""|''')/.test(quoted) ? 3 : 1;
  const inner = quoted.slice(quotes, -quotes);
  const value = /[rR]/.test(prefix) ? inner : unescapeText(inner);
  if (value === undefined) {
    throw new CelError(text, span, {
      what: 'an escape that CEL does not know',
      allowed: String.raw`\n, \t, \", \', \\, \x41, \u0041, \U0001f600, \101`,
    });
  }
  return { kind: 'literal', type: 'string', value, ...span };
}

function nameToken(name: string, span: Span): Token {
  if (name === 'true' || name === 'false') return { kind: 'literal', type: 'bool', value: name === 'true', ...span };
  if (name === 'in') return { kind: 'sign', text: name, ...span };
  return { kind: 'name', text: name, isReserved: RESERVED.has(name), ...span };
}
