import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkout, run, shapeOf, stepsOf } from './steps.ts';

test('the guide to bad data runs as written and prints what it shows', () => {
  const folder = checkout();
  const steps = stepsOf(readFileSync('docs/guides/mend-bad-data.md', 'utf8'), 'Look, mend, send');
  expect(steps).toHaveLength(5);
  for (const { command, shown } of steps) {
    const printed = run(command, folder);
    if (shown !== undefined) expect(shapeOf(printed), command).toBe(shapeOf(shown));
    if (command.includes('headrace ledger')) expect(printed).toMatch(/^all +5 +3 +0 +0 +2$/m);
  }
}, 60_000);
