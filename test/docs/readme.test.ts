import { readFileSync } from 'node:fs';
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
