import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { forbiddenImports, importCycles, MAY_IMPORT } from './repository/imports.ts';
import * as rules from './repository/rules.ts';
import { readTree, type SourceFile, sourceFile } from './repository/source.ts';

const tree = readTree('.');
const packageJson = readFileSync('package.json', 'utf8');
const lockfile = readFileSync('package-lock.json', 'utf8');
const known = {
  scripts: Object.keys((JSON.parse(packageJson) as { scripts: object }).scripts),
  commands: tree.flatMap(({ path }) => /^cli\/commands\/(\w+)\.ts$/.exec(path)?.[1] ?? []),
};

type Check = (files: readonly SourceFile[]) => string[];

/** Each convention: its check, files that break it, and files that look alike and do not. */
const CONVENTIONS: readonly {
  readonly name: string;
  readonly check: Check;
  /** Each breaks it alone, unless `isTogether`. */
  readonly broken: readonly (readonly [path: string, text: string])[];
  readonly isTogether?: true;
  readonly fine: readonly (readonly [path: string, text: string])[];
}[] = [
  {
    name: 'imports follow the table of folders',
    check: forbiddenImports,
    broken: [
      ['core/a.ts', "import { x } from '../lake/b.ts';"],
      ['core/a.ts', "import type { X } from '../local/b.ts';"],
      ['core/a.ts', "import { readFile } from 'node:fs';"],
      ['core/a.ts', "import { createHash } from 'node:crypto';"],
      ['core/a.ts', "export { x } from 'lodash';"],
      ['lake/b.ts', "const b = await import('../local/c.ts');"],
      ['local/c.ts', "import { handler } from '../functions/f/lambda.ts';"],
      ['local/c.ts', "new Worker(new URL('../cli/d.ts', import.meta.url));"],
      ['cli/d.ts', "import { f } from '../functions/f/handler.ts';"],
      ['core/a.ts', "import './gone.ts';"],
    ],
    fine: [
      ['core/a.ts', "import { z } from 'zod';\nimport { b } from './e.ts';"],
      ['core/decode/a.ts', "import { createHash } from 'node:crypto';"],
      ['local/c.ts', "import { f } from '../functions/f/handler.ts'; // import { x } from '../cli/d.ts';"],
      ['cli/d.ts', "import { f } from '../functions/adapters/g.ts';"],
      ['test/a.test.ts', "import { x } from '../cli/d.ts';"],
    ],
  },
  {
    name: 'imports form no cycle',
    check: importCycles,
    isTogether: true,
    broken: [
      ['core/a.ts', "import { e } from './e.ts';\nexport const a = e;"],
      ['core/e.ts', "import { a } from './a.ts';\nexport const e = a;"],
    ],
    fine: [
      ['core/a.ts', "import { e } from './e.ts';\nexport const a = e;"],
      ['core/e.ts', "import type { A } from './a.ts';\nimport { type B } from './a.ts';"],
    ],
  },
  {
    name: 'core/ has no clock, chance, timer or process',
    check: rules.impureCore,
    broken: [
      ['core/a.ts', 'const now = Date.now();'],
      ['core/a.ts', 'const now = new Date();'],
      ['core/a.ts', 'const x = Math.random();'],
      ['core/a.ts', 'if (process.env.X) f();'],
      ['core/a.ts', 'setTimeout(f, 1);'],
      ['core/a.ts', 'const s = `at ${Date.now()}`;'],
    ],
    fine: [
      ['core/a.ts', "// Date.now()\nconst text = 'Date.now()';\nconst date = new Date(timeMs);\nconst quote = /[\"'`]/; /* new Date() */"],
      ['local/a.ts', 'const now = Date.now();'],
    ],
  },
  {
    name: 'files are at most 350 lines long',
    check: rules.longFiles,
    broken: [['core/a.ts', '\n'.repeat(351)]],
    fine: [
      ['core/a.ts', '\n'.repeat(350)],
      ['docs/a.md', '\n'.repeat(400)],
    ],
  },
  {
    name: 'exports have a doc comment',
    check: rules.undocumentedExports,
    broken: [
      ['core/a.ts', 'export function f(): void {}'],
      ['cli/a.ts', '/** One. */\nexport const a = 1;\nexport type B = 1;'],
      ['lake/a.ts', '// Not for readers of the interface.\nexport class A {}'],
    ],
    fine: [
      ['core/a.ts', '/** What it does. */\nexport async function f(): Promise<void> {}'],
      ['test/a.ts', 'export const a = 1;'],
    ],
  },
  {
    name: 'exports have names',
    check: rules.unnamedExports,
    broken: [
      ['core/a.ts', 'export default 1;'],
      ['core/a.ts', "export * from './b.ts';"],
      ['core/a.ts', 'export { a as default };'],
    ],
    fine: [
      ['core/a.ts', 'const code = `\n${1}`; // export default\nexport { code };'],
      ['vitest.config.ts', 'export default {};'],
    ],
  },
  {
    name: 'nothing is left unfinished',
    check: rules.unfinished,
    broken: [
      ['core/a.ts', `// ${'TO'}${'DO'}: later`],
      ['docs/a.md', `${'FIX'}${'ME'}`],
    ],
    fine: [['core/a.ts', 'const todos = methodOf(TODOS);']],
  },
  {
    name: 'no check is switched off',
    check: rules.silencedChecks,
    broken: [
      ['core/a.ts', `// @ts-${'ignore'}`],
      ['test/a.ts', `// biome-${'ignore'} lint: no`],
    ],
    fine: [['core/a.ts', '// biome, and what it does']],
  },
  {
    name: 'no path exists on one machine only',
    check: rules.machinePaths,
    broken: [
      ['README.md', `cd ${'/home'}/ada/headrace`],
      ['core/a.ts', `const dir = '${'/root'}/x';`],
    ],
    fine: [
      ['README.md', 'see ../work/shared and https://example.org/home/ada'],
      ['core/a.ts', "const x = '/tmp'; const y = './home/a';"],
    ],
  },
  {
    name: 'types are known',
    check: rules.anyTypes,
    broken: [
      ['core/a.ts', 'function f(x: any): void {}'],
      ['core/a.ts', 'const x = y as any;'],
      ['core/a.ts', 'const x: Map<string, any> = z;'],
      ['core/a.ts', 'let xs: any[];'],
    ],
    fine: [['core/a.ts', "const any = 1; // is it: any?\nconst s = 'as any';\nconst o = { any: any(1) };"]],
  },
  {
    name: 'every test runs',
    check: rules.unfairTests,
    broken: [
      ['test/a.test.ts', `test.${'only'}('x', f);`],
      ['test/a.test.ts', `describe.concurrent.${'skip'}('x', f);`],
    ],
    fine: [['test/a.test.ts', "test.each([1])('test.only', f);"]],
  },
  {
    name: 'tests mirror the tree',
    check: rules.strayTests,
    broken: [
      ['test/core/clock/a.test.ts', ''],
      ['test/misc/a.test.ts', ''],
    ],
    fine: [
      ['test/core/time/a.test.ts', ''],
      ['test/e2e/deep/a.test.ts', ''],
      ['test/misc/help.ts', ''],
    ],
  },
  {
    name: 'documentation names commands that exist',
    check: (files) => rules.unknownCommands(files, known),
    broken: [
      ['README.md', 'Run `npm run nothing`.'],
      ['docs/a.md', 'npx headrace fly --fast'],
      ['docs/a.md', 'Type `headrace fly`.'],
    ],
    fine: [['README.md', '`npm ci`, `npm start`, `npm run check`, `npx headrace query "SELECT 1"`; headrace carries water']],
  },
  {
    name: 'links in documentation lead somewhere',
    check: rules.brokenLinks,
    broken: [['docs/a.md', 'see [there](nowhere.md)']],
    fine: [['docs/a.md', 'see [here](../README.md#words), [there](https://example.org) and [below](#below)']],
  },
];

describe('conventions of the repository', () => {
  test.each(CONVENTIONS)('$name', ({ check }) => {
    expect(check(tree)).toEqual([]);
  });

  test('versions are exact and the lockfile names no host', () => {
    expect(rules.loosePackages(packageJson, lockfile)).toEqual([]);
    expect(rules.loosePackages('{"dependencies":{"a":"^1.0.0"}}', '{"resolved": "https://example.org/a.tgz"}')).toHaveLength(2);
  });

  test('each run-time dependency has a reason on record', () => {
    const record = readFileSync('docs/decisions/0002-dependencies.md', 'utf8');
    expect(rules.unexplainedPackages(packageJson, record)).toEqual([]);
    expect(rules.unexplainedPackages('{"dependencies":{"left-pad":"1.0.0"}}', record)).toEqual(['left-pad']);
  });

  test('the import table of the linter is the one checked here', () => {
    const { overrides } = JSON.parse(readFileSync('biome.json', 'utf8')) as { overrides: { includes: string[]; linter: object }[] };
    const folders = overrides
      .filter(({ linter }) => JSON.stringify(linter).includes('noRestrictedImports'))
      .map(({ includes }) => includes[0]);
    expect(folders.sort()).toEqual(
      Object.keys(MAY_IMPORT)
        .map((folder) => `${folder}/**`)
        .sort(),
    );
  });
});

// Files that the fixtures import or mirror.
const SCENERY = [
  ...['core/e.ts', 'core/time/a.ts', 'lake/b.ts', 'local/b.ts', 'local/c.ts', 'cli/d.ts'],
  ...['functions/f/handler.ts', 'functions/f/lambda.ts', 'functions/adapters/g.ts'],
];

describe('each convention can fail', () => {
  const withScenery = (files: readonly (readonly [string, string])[]): SourceFile[] => {
    const own = new Set(files.map(([path]) => path));
    return [
      ...SCENERY.filter((path) => !own.has(path)).map((path) => sourceFile(path, '')),
      ...files.map(([path, text]) => sourceFile(path, text)),
    ];
  };

  test.each(CONVENTIONS)('$name', ({ check, broken, fine, isTogether }) => {
    const groups = isTogether ? [broken] : broken.map((one) => [one]);
    for (const group of groups) expect(check(withScenery(group)), JSON.stringify(group)).not.toEqual([]);
    expect(check(withScenery(fine))).toEqual([]);
  });
});
