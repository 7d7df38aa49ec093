import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { malformed } from '../golden/malformed/malformed.ts';
import { IO_FAULTS, WORLD_FAULTS } from '../simulation/faults.ts';
import { MUTANTS } from '../simulation/mutants.ts';
import { swarmOf } from '../simulation/swarm.ts';
import { type CataloguedFault, type CitedTest, type ShownByTests, SIMULATE } from './reliability/fault.ts';
import { FAULTS } from './reliability/faults.ts';
import { BEGIN, countsOf, countsText, END, renderTable, withTable } from './reliability/table.ts';
import { testTitles } from './reliability/titles.ts';

const page = readFileSync('docs/reliability.md', 'utf8');
const tested = FAULTS.flatMap(({ number, shown }) => ('tests' in shown ? [{ number, ...shown }] : []));
const cited: readonly (readonly [number: number, test: CitedTest])[] = [
  [0, SIMULATE],
  ...tested.flatMap(({ number, tests }) => tests.map((one) => [number, one] as const)),
];

/** What is wrong with a citation; undefined if the file has such a test, with such cases. */
function citationFault({ file, name, cases = [] }: CitedTest): string | undefined {
  if (!existsSync(file)) return `there is no ${file}`;
  const text = readFileSync(file, 'utf8');
  if (!testTitles(file, text).includes(name)) return `${file} has no test ${JSON.stringify(name)}`;
  const known = file === 'test/golden/malformed/malformed.test.ts' ? malformed.map((one) => one.name) : undefined;
  const missing = cases.find((one) => (known === undefined ? !text.includes(`'${one}'`) : !known.includes(one)));
  return missing === undefined ? undefined : `${file} has no case ${JSON.stringify(missing)}`;
}

describe('the fault catalogue', () => {
  test('has the faults 1 to 115, each once and in order', () => {
    expect(FAULTS.map(({ number }) => number)).toEqual(Array.from({ length: 115 }, (_, i) => i + 1));
  });

  test('says of each fault what it is, what happens, and how that is known, in sentences', () => {
    for (const { number, fault, outcome, shown } of FAULTS) {
      for (const text of [fault, outcome]) expect(text, String(number)).toMatch(/^[A-Z_].*\.$/s);
      if ('tests' in shown) expect(shown.tests.length, String(number)).toBeGreaterThan(0);
    }
    expect(new Set(FAULTS.map(({ fault }) => fault)).size).toBe(FAULTS.length);
  });

  test('cites only tests that are there', () => {
    expect(cited.flatMap(([number, one]) => (citationFault(one) === undefined ? [] : [`${number}: ${citationFault(one)}`]))).toEqual([]);
  });

  test('cites only planted bugs and simulated faults that are there', () => {
    const mutants = new Set(MUTANTS.map(({ name }) => name));
    const simulated = new Set<string>([
      ...IO_FAULTS,
      ...WORLD_FAULTS,
      ...Object.keys(swarmOf(1).shares).map((share) => `${share} events`),
      'batch size',
    ]);
    const named = (of: (shown: ShownByTests) => readonly string[] | undefined): string[] => tested.flatMap((shown) => of(shown) ?? []);
    expect(named((shown) => shown.mutants).filter((one) => !mutants.has(one))).toEqual([]);
    expect(named((shown) => shown.simulated).filter((one) => !simulated.has(one))).toEqual([]);
  });

  test('has every fault of the simulator and every planted bug in it', () => {
    const inIt = new Set(tested.flatMap(({ simulated = [], mutants = [] }) => [...simulated, ...mutants]));
    expect([...IO_FAULTS, ...WORLD_FAULTS, ...MUTANTS.map(({ name }) => name)].filter((one) => !inIt.has(one))).toEqual([]);
  });
});

describe('docs/reliability.md', () => {
  test('has the table as it is rendered; node test/docs/reliability/main.ts writes it', () => {
    expect(page.slice(page.indexOf(BEGIN), page.indexOf(END) + END.length)).toBe(renderTable(FAULTS));
    expect(withTable(page, FAULTS)).toBe(page);
  });

  test('states the counts of the data, and one row for each fault', () => {
    const counts = countsOf(FAULTS);
    expect(counts.tested + counts.byConstruction + counts.outOfModel).toBe(115);
    expect(page.split(countsText(counts))).toHaveLength(2);
    expect(page.match(/^\| \d+ \|/gm)).toHaveLength(counts.all);
    expect(page.match(/^\| \d+ \|.*\| out of the model: /gm)).toHaveLength(counts.outOfModel);
    expect(page.match(/^\| \d+ \|.*\| by construction: /gm)).toHaveLength(counts.byConstruction);
  });

  test('a page without a place for the table is refused', () => {
    expect(() => withTable('# A page\n', FAULTS)).toThrow('no place for the table');
  });
});

describe('titles of a test file', () => {
  const text = [
    "describe('outer', () => {",
    "  test.each<[string, Map<string, () => number>]>([['a (b', new Map()]])('one \"%s\"', () => {});",
    "  describe.each(['x'])('inner', () => {",
    '    test(',
    "      'it\\'s two',",
    '      () => {},',
    '    );',
    '  });',
    '  test.runIf(true)(`three of ${name}`, () => {});',
    '});',
    "const not = \"test('a text', f)\"; // test('a comment', f)",
    "other.test('a method', f);",
    "test('four', () => {});",
  ].join('\n');

  test('are those of calls, behind the titles around them', () => {
    expect(testTitles('a.test.ts', text)).toEqual(['outer > one "%s"', "outer > inner > it's two", 'outer > three of <name>', 'four']);
  });
});

/** Each citation of a fault must name its test by the whole path: a part of one is none. */
test('a citation that is nearly right is wrong', () => {
  const [first] = (FAULTS[0] as CataloguedFault & { readonly shown: ShownByTests }).shown.tests;
  if (first === undefined) throw new Error('the first fault has no test');
  expect(citationFault(first)).toBeUndefined();
  expect(citationFault({ ...first, name: first.name.slice(1) })).toContain('has no test');
  expect(citationFault({ ...first, file: `${first.file}x` })).toContain('there is no');
  expect(citationFault({ ...first, cases: ['no such case'] })).toContain('has no case');
});
