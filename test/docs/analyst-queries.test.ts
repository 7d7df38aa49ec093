import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { namedQueries } from '../../glue/queries.ts';
import { tablesOf } from '../../lake/tables.ts';
import { pipeline as payments } from '../../pipelines/payments/pipeline.ts';
import { checkout, run, shapeOf, stepsOf } from './steps.ts';

const guide = readFileSync('docs/guides/analyst-queries.md', 'utf8');

test('the guide lists every named query as its file describes it, and no other', () => {
  const listed = [...guide.matchAll(/^\| `([a-z][a-z0-9-]*)` \| (.+) \|$/gm)].map(([, name, description]) => ({ name, description }));
  const shipped = namedQueries(new Set(tablesOf(payments).map(({ name }) => name)));
  expect(listed).toEqual(shipped.map(({ name, description }) => ({ name, description })));
});

test('the guide to queries runs as written and prints what it shows', () => {
  const folder = checkout();
  for (const section of ['Run one', 'Adapt one']) {
    const [step] = stepsOf(guide, section);
    const printed = run(step?.command ?? 'false', folder);
    expect(step?.shown).toBeDefined();
    expect(shapeOf(printed), section).toBe(shapeOf(step?.shown ?? ''));
  }
}, 60_000);
