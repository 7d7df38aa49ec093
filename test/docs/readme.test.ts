import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkout, run, shapeOf, stepsOf } from './steps.ts';

const readme = readFileSync('README.md', 'utf8');

test('the tour of the README runs as written and prints what it shows', () => {
  const folder = checkout();
  const steps = stepsOf(readme, 'A tour in five minutes');
  expect(steps.length).toBeGreaterThan(5);
  for (const { command, shown } of steps) {
    const printed = run(command, folder);
    if (shown !== undefined) expect(shapeOf(printed), command).toBe(shapeOf(shown));
  }
}, 60_000);

test('the sensor example of the README runs as written', () => {
  const folder = checkout();
  const [make, feed] = stepsOf(readme, 'Write a pipeline');
  run(make?.command ?? 'false', folder);
  expect(run(feed?.command ?? 'false', folder)).toContain('The ledger balances');
}, 60_000);

test('every script that the documents name is there, and those that show how sure things are run in .ci/run', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const documents = ['README.md', ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`)];
  const named = documents
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) => [...readFileSync(name, 'utf8').matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script ?? ''));
  expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  const ci = readFileSync('.ci/run', 'utf8');
  for (const script of ['simulate', 'soak', 'fuzz', 'cards']) {
    expect(named).toContain(script);
    expect(ci).toMatch(new RegExp(`^both .*'${script} -- `, 'm'));
  }
});
