import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pipeline } from '../../pipelines/payments/pipeline.ts';
import { partsOf } from '../pipelines/payments/pack/edges.ts';
import { shipped } from '../pipelines/payments/pack/judge.ts';

const guide = readFileSync('docs/guides/rule-pack.md', 'utf8');

/** Cells of the lines of the tables whose first cell is a name in code. */
const lines = [...guide.matchAll(/^\| `.*\|$/gm)].map(([line]) =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim()),
);

test('the table of the rule pack says what the rule files say', () => {
  const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(' ');
  const said = lines.filter((cells) => cells.length === 8);
  const wanted = shipped.rules.map((rule) => {
    const { reads } = partsOf(rule);
    const optional = reads.filter(({ path, isRequired }) => path.startsWith('event.') && isRequired !== true);
    const features = reads.filter(({ path }) => path.startsWith('features.'));
    const read = [code(optional.map(({ from }) => from)), code(features.map(({ from }) => from))];
    return [`\`${rule.id}\``, String(rule.points), rule.status, rule.typology ?? '', ...read];
  });
  expect(said.map(([id, points, status, typology, , fields, features]) => [id, points, status, typology, fields, features])).toEqual(
    wanted,
  );
  for (const [id, , , , sees, , , alarms] of said) expect([sees, alarms], id).not.toContain('');
});

test('the guide to the rule pack names the fields that rules read, the lists, and the thresholds of the definition', () => {
  const fields = lines
    .filter((cells) => cells.length === 3)
    .flatMap(([names = '']) => [...names.matchAll(/`([a-z_]+)`/g)].map(([, one]) => one));
  const read = shipped.rules.flatMap((rule) =>
    partsOf(rule).reads.filter(({ path, isRequired }) => path.startsWith('event.') && isRequired !== true),
  );
  expect(fields.toSorted()).toEqual([...new Set(read.map(({ from }) => from))].sort());
  for (const { id } of shipped.lists) expect(guide).toContain(`\`${id}\``);
  const { reviewPoints, declinePoints, typologies = {} } = pipeline.decision ?? { reviewPoints: 0, declinePoints: 0 };
  expect(guide).toContain(`reviewed from ${reviewPoints} points on and declined from ${declinePoints}`);
  const declining = (points: number): string =>
    Object.keys(typologies)
      .filter((name) => typologies[name]?.declinePoints === points)
      .map((name) => `\`${name}\``)
      .join(', ');
  expect(guide.replaceAll('\n', ' ')).toContain(`(${declining(80)}: 80, ${declining(100)}: 100)`);
});
