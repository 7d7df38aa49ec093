import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import { checkout, run, stepsOf } from './steps.ts';

const readme = readFileSync('README.md', 'utf8');
const guide = readFileSync('docs/lake.md', 'utf8');

test('every command of the page about the lake runs as written, after the tour of the README', () => {
  const folder = checkout();
  for (const { command } of stepsOf(readme, 'A tour in five minutes').slice(0, 2)) run(command, folder);
  const sections = ['Look at it', 'Compact it', 'Look back', 'Ready-made queries', 'Exports'];
  const printed = sections.map((section) => stepsOf(guide, section).map(({ command }) => run(command, folder)));
  expect(printed[0]?.join('')).toMatch(/^transactions +1 +\d+/m);
  expect(printed[1]?.join('')).toMatch(/^all +\d+ /m);
  expect(printed[2]?.join('')).toContain('2');
  expect(printed[3]?.join('')).toContain('fraud-by-terminal-and-week');
  expect(tableFromIPC(readFileSync(join(folder, 'transactions.arrow'))).numRows).toBe(2);
  expect(JSON.parse(readFileSync(join(folder, 'transactions.json'), 'utf8'))).toHaveLength(2);
}, 180_000);

test('every fault that the code names is in the table of messages', () => {
  const faults = [...readFileSync('lake/errors.ts', 'utf8').matchAll(/\| '([A-Z_]+)'/g)].map(([, fault]) => fault ?? '');
  expect(faults.length).toBeGreaterThan(5);
  for (const fault of faults) expect(guide).toContain(`\`${fault}\``);
});
