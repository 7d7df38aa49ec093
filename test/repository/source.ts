import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One file of the project. Paths are relative to its root, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Without comments. */
  readonly bare: string;
  /** Without comments and with the insides of strings and regular expressions blanked. */
  readonly code: string;
}

/** Top folders of the tree; a data folder that a user makes beside them is none of our business. */
export const TOPS = [
  ...['core', 'pipelines', 'examples', 'lake', 'glue', 'functions', 'infra', 'local'],
  ...['cli', 'console', 'load-test', 'bench', 'test', 'docs'],
];

const ROOT_FILE = /\.(ts|json|md)$/;
const KNOWN_FILE = /\.(ts|mjs|md|json|yaml|sql)$/;

/** Reads all source, test and documentation files of a project. */
export function readTree(root: string): SourceFile[] {
  const rootFiles = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isFile() && ROOT_FILE.test(entry.name));
  const nested = readdirSync(root)
    .filter((name) => TOPS.includes(name))
    .flatMap((top) =>
      readdirSync(join(root, top), { recursive: true, encoding: 'utf8' }).map((name) => `${top}/${name.replaceAll('\\', '/')}`),
    );
  const paths = [...rootFiles.map(({ name }) => name), ...nested.filter((path) => KNOWN_FILE.test(path))].sort();
  return paths.map((path) => sourceFile(path, readFileSync(join(root, path), 'utf8')));
}

/** Makes a file from its text. */
export function sourceFile(path: string, text: string): SourceFile {
  if (!/\.(ts|mjs)$/.test(path)) return { path, text, bare: text, code: text };
  return { path, text, ...blanked(text) };
}

/** Whether a file is program text. */
export function isCode({ path }: SourceFile): boolean {
  return /\.(ts|mjs)$/.test(path);
}

/** First folder of a path; '' for a file in the root. */
export function topOf(path: string): string {
  return path.includes('/') ? (path.split('/', 1)[0] ?? '') : '';
}

// In this order, so that a quote in a comment or a slash in a string opens nothing.
const TOKEN =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`|(?<=(?:^|[(,=:[!&|?{};+]|return|=>)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*|[{}]/g;

/** Blanks comments, and the insides of strings and regular expressions, line for line; what stands in `${…}` stays. */
function blanked(text: string): { bare: string; code: string } {
  const bare: string[] = [];
  const code: string[] = [];
  /** For each open template, how many braces are open inside its `${`. */
  const templates: number[] = [];
  let at = 0;
  const copy = (to: number): void => {
    bare.push(text.slice(at, to));
    code.push(text.slice(at, to));
    at = to;
  };
  const blank = (to: number, isComment: boolean): void => {
    const lines = text.slice(at, to).replaceAll(/[^\n]/g, ' ');
    bare.push(isComment ? lines : text.slice(at, to));
    code.push(lines);
    at = to;
  };
  const template = (): void => {
    const end = endOfTemplatePart(text, at);
    blank(end, false);
    if (text[end - 1] === '{') templates.push(0);
  };
  for (;;) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (found === null) break;
    const [token] = found;
    copy(found.index);
    const depth = templates.at(-1);
    if (token === '`') {
      at = found.index + 1;
      bare.push('`');
      code.push('`');
      template();
    } else if (token === '}' && depth === 0) {
      templates.pop();
      template();
    } else if (token === '{' || token === '}') {
      if (depth !== undefined) templates[templates.length - 1] = depth + (token === '{' ? 1 : -1);
      copy(found.index + 1);
    } else blank(found.index + token.length, token.startsWith('//') || token.startsWith('/*'));
  }
  copy(text.length);
  return { bare: bare.join(''), code: code.join('') };
}

/** Index behind the closing backtick or the next `${` of a template part. */
function endOfTemplatePart(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '`') return i + 1;
    else if (text[i] === '$' && text[i + 1] === '{') return i + 2;
  }
  return text.length;
}
