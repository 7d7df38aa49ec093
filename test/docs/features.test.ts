import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DUCKDB_MACROS } from '../../glue/macros.ts';
import { checkout, run, shapeOf, stepsOf } from './steps.ts';

const guide = readFileSync('docs/guides/features.md', 'utf8');

test('the guide to features runs as written and prints what it shows', () => {
  const folder = checkout();
  const steps = stepsOf(guide, 'See it');
  expect(steps).toHaveLength(2);
  for (const { command, shown } of steps) {
    const printed = run(command, folder);
    expect(shown).toBeDefined();
    expect(shapeOf(printed), command).toBe(shapeOf(shown ?? ''));
    for (const value of ['1250', '6125']) if (command.includes('--sql')) expect(printed).toContain(value);
  }
}, 60_000);

test('the guide to features shows the macro that queries use, as it is', () => {
  const macro = DUCKDB_MACROS.find((text) => text.includes(' to_unixtime('));
  expect(guide).toContain(macro?.replace('CREATE OR REPLACE', 'CREATE'));
});
