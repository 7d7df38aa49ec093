import { posix } from 'node:path';
import { isCode, type SourceFile, topOf } from './source.ts';

/** One import of a file: `target` is a path of the tree, or the name of a package. */
export interface Import {
  readonly from: string;
  readonly target: string;
  readonly isPackage: boolean;
  /** Erased before the program runs. */
  readonly isTypeOnly: boolean;
}

/** The import table: what each folder may import besides itself. Folders that are not here may import everything. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  pipelines: ['core'],
  examples: ['core'],
  lake: ['core'],
  glue: ['core', 'lake'],
  functions: ['core', 'lake', 'pipelines'],
  infra: ['glue', 'lake', 'pipelines', 'functions/backfill/workflow'],
  local: ['core', 'lake', 'glue', 'pipelines', 'functions'],
  cli: ['core', 'local', 'lake', 'functions/adapters', 'load-test'],
  'load-test': ['core', 'pipelines', 'functions/adapters'],
};

const CORE_PACKAGES = ['zod'];
/** Pure functions over bytes. */
const DECODE_FOLDERS = ['core/cards/', 'core/decode/'];
const DECODE_PACKAGES = ['node:buffer', 'node:crypto'];

const STATEMENT = /\b(import|export)\s+(type\s)?([^;'"]*?)\bfrom\s*['"]([^'"]+)['"]/g;
const OTHER = /\bimport\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|\bnew URL\(\s*['"](\.[^'"]+\.ts)['"],\s*import\.meta\.url/g;

/** All imports of the files, dynamic ones and worker files too. */
export function importsOf(files: readonly SourceFile[]): Import[] {
  return files.filter(isCode).flatMap(({ path, bare, code }) => {
    // An import inside a string is blanked in `code`.
    const isReal = ({ index }: RegExpExecArray): boolean => code[index] === bare[index];
    const statements = [...bare.matchAll(STATEMENT)].filter(isReal);
    const others = [...bare.matchAll(OTHER)].filter(isReal);
    return [
      ...statements.map(([, , typeWord, names, target]) => importOf(path, target, isErased(typeWord, names ?? ''))),
      ...others.map(([, plain, dynamic, worker]) => importOf(path, plain ?? dynamic ?? worker, false)),
    ];
  });
}

function isErased(typeWord: string | undefined, names: string): boolean {
  if (typeWord !== undefined) return true;
  const list = /^\s*\{([^}]*)\}\s*$/.exec(names)?.[1];
  if (list === undefined) return false;
  const members = list.split(',').map((one) => one.trim());
  return members.every((one) => one === '' || one.startsWith('type ')) && members.some((one) => one !== '');
}

function importOf(from: string, target: string | undefined, isTypeOnly: boolean): Import {
  if (!target?.startsWith('.')) return { from, target: target ?? '', isPackage: true, isTypeOnly };
  return { from, target: posix.join(posix.dirname(from), target), isPackage: false, isTypeOnly };
}

/** Imports that the table forbids, and imports of files that are not there. */
export function forbiddenImports(files: readonly SourceFile[]): string[] {
  const known = new Set(files.map(({ path }) => path));
  return importsOf(files).flatMap((one) => {
    const reason = one.isPackage ? packageReason(one) : fileReason(one, known);
    return reason === undefined ? [] : [`${one.from} imports ${one.target}: ${reason}`];
  });
}

function packageReason({ from, target }: Import): string | undefined {
  if (topOf(from) !== 'core' || CORE_PACKAGES.includes(target)) return undefined;
  if (DECODE_PACKAGES.includes(target) && DECODE_FOLDERS.some((folder) => from.startsWith(folder))) return undefined;
  return `core/ may import only ${CORE_PACKAGES.join(', ')}, and in ${DECODE_FOLDERS.join(', ')} ${DECODE_PACKAGES.join(', ')}`;
}

function fileReason({ from, target }: Import, known: ReadonlySet<string>): string | undefined {
  if (!known.has(target)) return 'there is no such file';
  const [top, to] = [topOf(from), topOf(target)];
  if (top === 'local' && target.endsWith('/lambda.ts')) return 'local/ wires handler factories itself';
  const allowed = MAY_IMPORT[top];
  if (allowed === undefined || top === to || allowed.some((folder) => target.startsWith(`${folder}/`))) return undefined;
  return `${top}/ may import only ${[top, ...allowed].join(', ')}`;
}

/** Cycles among imports that are there at run time, each once, as the files along it. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const edges = new Map<string, string[]>();
  for (const { from, target, isPackage, isTypeOnly } of importsOf(files)) {
    if (!isPackage && !isTypeOnly) edges.set(from, [...(edges.get(from) ?? []), target]);
  }
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' -> '));
    if (start >= 0 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return cycles;
}
