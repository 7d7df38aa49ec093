import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { KeptRatios } from '../../bench/harness/guard.ts';
import { STATED } from '../../bench/harness/report.ts';
import { MEASURES } from '../../bench/measures/list.ts';

const guide = readFileSync('docs/performance.md', 'utf8');
const readme = readFileSync('README.md', 'utf8');
const rowsOf = (text: string): string[] => text.split('\n').filter((line) => /^\| \w+_(vs|us)_\w+ \|/.test(line));

test('the table of ratios has every stated figure, and the README quotes it', () => {
  const names = rowsOf(guide).map((line) => line.split(' ')[1]);
  expect(names).toEqual(expect.arrayContaining([...STATED]));
  expect(rowsOf(readme).length).toBeGreaterThanOrEqual(STATED.length);
  expect(rowsOf(readme).filter((line) => !guide.includes(line))).toEqual([]);
});

test('the kept ratios are those that the guard measures', () => {
  const { ratios } = JSON.parse(readFileSync('bench/ratios.json', 'utf8')) as KeptRatios;
  const guarded = MEASURES.filter(({ sizes }) => sizes.guard !== undefined).flatMap((one) => one.ratios.map(({ name }) => name));
  expect(Object.keys(ratios).toSorted()).toEqual(guarded.filter((name) => !name.includes('_p99_')).toSorted());
});

test('.ci/run fails when a ratio is lost', () => {
  expect(readFileSync('.ci/run', 'utf8')).toMatch(/^check npm run --silent bench -- --guard$/m);
});
