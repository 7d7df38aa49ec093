import { existsSync } from 'node:fs';
import { isCode, type SourceFile, TOPS, topOf } from './source.ts';

const LINES_MAX = 350;
const DOCUMENTED = ['core', 'lake', 'glue', 'local', 'functions', 'cli', 'load-test', 'pipelines', 'examples'];
/** Folders of tests that mirror no folder of the tree. */
const TEST_FOLDERS = ['contract', 'property', 'golden', 'simulation', 'infra', 'e2e'];

const IMPURE =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bprocess\b\s*[.[]|\bset(?:Timeout|Interval|Immediate)\b|\bperformance\b\s*\.|\brandom(?:UUID|Bytes)\b|\bgetRandomValues\b|\bfetch\(/g;
const ANY = /(?:[:<|&,]|\bas|=>)\s*any\b(?!\s*[:(])|\bany\[\]/g;
// Written with brackets, so that this file does not break its own rules.
const UNFINISHED = /\b(?:T[O]DO|F[I]XME|H[A]CK|X[X]X)\b/g;
const SILENCED = /@ts-(?:[i]gnore|[n]ocheck|[e]xpect-error)|biome-[i]gnore|eslint-[d]isable/g;
const MACHINE_PATH = /(?<![\w.~/*}-])\/(?:work|home|root|Users|mnt|srv)\/[\w.]+|\b[A-Z]:\\\\?Users\b/g;
const UNFAIR_TEST = /\b(?:test|it|describe|suite)(?:\.\w+)*\.(?:only|skip|todo|fails)\b/g;

function hits(files: readonly SourceFile[], pattern: RegExp, textOf: (file: SourceFile) => string, what: string): string[] {
  return files.flatMap((file) => {
    const text = textOf(file);
    return [...text.matchAll(pattern)].map(({ 0: found, index }) => `${file.path}:${lineAt(text, index)}: ${what}: ${found.trim()}`);
  });
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** Clocks, chance, timers and the process in core/. */
export function impureCore(files: readonly SourceFile[]): string[] {
  const core = files.filter((file) => topOf(file.path) === 'core' && isCode(file));
  return hits(core, IMPURE, ({ code }) => code, 'core/ takes time and chance as arguments');
}

/** Files that are longer than a person reads in one go. */
export function longFiles(files: readonly SourceFile[]): string[] {
  return files.filter(isCode).flatMap(({ path, text }) => {
    const lines = text.split('\n').length - 1;
    return lines > LINES_MAX ? [`${path}: ${lines} lines; at most ${LINES_MAX}`] : [];
  });
}

/** Exports without a doc comment right above them. */
export function undocumentedExports(files: readonly SourceFile[]): string[] {
  const wanted = files.filter((file) => DOCUMENTED.includes(topOf(file.path)) && isCode(file) && !file.path.endsWith('.d.ts'));
  return wanted.flatMap(({ path, text, code }) => {
    const lines = text.split('\n');
    return [...code.matchAll(/^export (?:declare |abstract |async )*(?:function\*?|class|interface|type|const|let) (\w+)/gm)].flatMap(
      (found) => {
        const line = lineAt(code, found.index);
        const above = lines[line - 2]?.trimEnd() ?? '';
        // The next overload of a function stands under the signature that has the comment.
        const isOverload = above.startsWith('export function ') && above.endsWith(';');
        return above.endsWith('*/') || isOverload ? [] : [`${path}:${line}: ${found[1]} has no doc comment`];
      },
    );
  });
}

/** Default exports and star re-exports. */
export function unnamedExports(files: readonly SourceFile[]): string[] {
  const code = files.filter((file) => isCode(file) && !file.path.endsWith('.d.ts') && file.path !== 'vitest.config.ts');
  return hits(code, /^export (?:default\b|\*)|\bas default\b/gm, (file) => file.code, 'export by name');
}

/** Words that stand for unfinished work. */
export function unfinished(files: readonly SourceFile[]): string[] {
  return hits(files, UNFINISHED, ({ text }) => text, 'unfinished work');
}

/** Comments that switch a check off. */
export function silencedChecks(files: readonly SourceFile[]): string[] {
  return hits(files.filter(isCode), SILENCED, ({ text }) => text, 'a check switched off');
}

/** Paths that exist on one machine only. */
export function machinePaths(files: readonly SourceFile[]): string[] {
  return hits(files, MACHINE_PATH, ({ text }) => text, 'path of one machine');
}

/** The type that turns checking off. */
export function anyTypes(files: readonly SourceFile[]): string[] {
  return hits(files.filter(isCode), ANY, ({ code }) => code, 'any');
}

/** Tests that run alone, or not at all. */
export function unfairTests(files: readonly SourceFile[]): string[] {
  return hits(
    files.filter((file) => topOf(file.path) === 'test' && isCode(file)),
    UNFAIR_TEST,
    ({ code }) => code,
    'test left out',
  );
}

/** Test files that neither mirror a folder of the tree nor stand in a known test folder. */
export function strayTests(files: readonly SourceFile[]): string[] {
  const folders = new Set(files.filter(({ path }) => topOf(path) !== 'test').flatMap(({ path }) => foldersOf(path)));
  return files.flatMap(({ path }) => {
    if (topOf(path) !== 'test' || !path.endsWith('.test.ts') || path === 'test/repository.test.ts') return [];
    const folder = path.slice('test/'.length, path.lastIndexOf('/'));
    const isKnown = TEST_FOLDERS.includes(topOf(`${folder}/`)) || folders.has(folder);
    return isKnown ? [] : [`${path}: mirrors no folder of ${TOPS.join(', ')}, and is in none of ${TEST_FOLDERS.join(', ')}`];
  });
}

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** Commands in documentation that do not exist: npm scripts, and subcommands of headrace. */
export function unknownCommands(
  files: readonly SourceFile[],
  known: { scripts: readonly string[]; commands: readonly string[] },
): string[] {
  const docs = files.filter(({ path }) => path.endsWith('.md'));
  return docs.flatMap(({ path, text }) => {
    const npm = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].flatMap(([call, run, short]) =>
      known.scripts.includes(run ?? short ?? '') ? [] : [`${path}: ${call} is no script of package.json`],
    );
    const headrace = [...text.matchAll(/(?:npx |`)headrace ([a-z]+)/g)].flatMap(([call, name]) =>
      known.commands.includes(name ?? '') ? [] : [`${path}: ${call} is no subcommand`],
    );
    return [...npm, ...headrace];
  });
}

/** Relative links in documentation that lead nowhere. */
export function brokenLinks(files: readonly SourceFile[], exists: (path: string) => boolean = existsSync): string[] {
  const docs = files.filter(({ path }) => path.endsWith('.md'));
  return docs.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)].flatMap(([, link]) => {
      const target = `${path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : ''}${link}`;
      return exists(target) ? [] : [`${path}: link to ${link} leads nowhere`];
    }),
  );
}

/** Dependencies whose version is a range, and lockfile entries that name the host they came from. */
export function loosePackages(packageJson: string, lockfile: string): string[] {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(packageJson) as Record<string, Record<string, string>>;
  const ranges = Object.entries({ ...dependencies, ...devDependencies }).flatMap(([name, version]) =>
    /^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version) ? [] : [`package.json: ${name} ${version} is no exact version`],
  );
  const hosts = [...lockfile.matchAll(/"resolved": "(\w+:[^"]*)"/g)].map(([, host]) => `package-lock.json: resolved ${host}`);
  return [...ranges, ...hosts];
}

/** Run-time dependencies that the record of dependencies does not give a reason for. */
export function unexplainedPackages(packageJson: string, record: string): string[] {
  const { dependencies = {} } = JSON.parse(packageJson) as { dependencies?: Record<string, string> };
  return Object.keys(dependencies).filter((name) => !record.includes(`| \`${name}\` |`));
}
