import { sourceFile } from '../../repository/source.ts';

interface Block {
  readonly isTest: boolean;
  readonly title: string;
  readonly from: number;
  readonly to: number;
}

const CALL = /(?<![.\w])(describe|test|it)((?:\.\w+)*)(?=\s*[<(])/g;
const TITLE = /^\s*(?:'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`)/;
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '<': '>', '[': ']', '{': '}' };

/** Titles of all tests in a test file, each behind those of the describes around it, joined by ` > `; what a template fills in stands as `<name>`. */
export function testTitles(path: string, text: string): string[] {
  const { code } = sourceFile(path, text);
  const blocks = [...code.matchAll(CALL)].flatMap((call) => blockAt(text, code, call) ?? []);
  const pathOf = ({ from, to, title }: Block): string =>
    [...blocks.filter((outer) => !outer.isTest && outer.from < from && outer.to >= to).map((outer) => outer.title), title].join(' > ');
  return blocks.filter(({ isTest }) => isTest).map(pathOf);
}

/** `test(…)`, `test.each(…)(…)`, `test.each<…>(…)(…)`; undefined for what has no title of its own. */
function blockAt(text: string, code: string, call: RegExpExecArray): Block | undefined {
  const [whole, word, modifiers = ''] = call;
  let at = openingAt(code, call.index + whole.length);
  if (code[at] === '<') at = openingAt(code, endOf(code, at));
  if (/\.(each|runIf|skipIf)$/.test(modifiers)) at = openingAt(code, endOf(code, at));
  if (code[at] !== '(') return undefined;
  const [, single, double, template] = TITLE.exec(text.slice(at + 1)) ?? [];
  const written = single ?? double ?? template;
  if (written === undefined) return undefined;
  const title = written.replaceAll(/\$\{(\w+)\}/g, '<$1>').replaceAll(/\\(.)/g, '$1');
  return { isTest: word !== 'describe', title, from: call.index, to: endOf(code, at) };
}

function openingAt(code: string, from: number): number {
  let at = from;
  while (/\s/.test(code[at] ?? '')) at += 1;
  return at;
}

/** Index behind the bracket that closes the one at `from`. */
function endOf(code: string, from: number): number {
  const [open, close] = [code[from] ?? '', CLOSING[code[from] ?? '']];
  let depth = 0;
  for (let at = from; at < code.length; at += 1) {
    if (code[at] === open) depth += 1;
    // The arrow of a function closes nothing.
    if (code[at] === close && code[at - 1] !== '=') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return code.length;
}
