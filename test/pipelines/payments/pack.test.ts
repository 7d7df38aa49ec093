import { describe, expect, test } from 'vitest';
import type { Rule } from '../../../core/rules/rule.ts';
import { CASES, type Change, type RuleCases } from './pack/cases.ts';
import { holdsIn, isAtEdge, partsOf } from './pack/edges.ts';
import { exitOf, firingOf, judgedOf, ruleSetOf, shipped, UNSEEN } from './pack/judge.ts';

const NONE: RuleCases = { at: {}, reason: '', quiet: [] };
const rules = shipped.rules.map((rule): [string, Rule, RuleCases] => [rule.id, rule, CASES[rule.id] ?? NONE]);

const firing = ({ at, fires = [] }: RuleCases): Change[] => [at, ...fires.map((one) => ({ ...at, ...one }))];
const quiet = (cases: RuleCases): Change[] => cases.quiet.map((one) => ({ ...cases.at, ...one }));
const without = (cases: RuleCases): Change[] => (cases.skips ?? []).map((field) => ({ ...cases.at, [field]: undefined }));
const unknown = (cases: RuleCases): Change[] => (cases.noHistory ?? []).map((one) => ({ ...cases.at, ...one }));

describe.each(rules)('%s', (_id, rule, cases) => {
  const ruleSet = ruleSetOf(rule);
  const judge = (change: Change): ReturnType<typeof ruleSet.judge> => {
    const { event, features } = judgedOf(change);
    return ruleSet.judge(event, features);
  };

  test('fires where it should, and says why', () => {
    for (const change of firing(cases)) expect(exitOf(judge(change)), JSON.stringify(change)).toBe('fires');
    expect(firingOf(judge(cases.at))?.reason).toBe(cases.reason);
  });

  test('does not fire elsewhere, and never fails', () => {
    for (const change of quiet(cases)) expect(exitOf(judge(change)), JSON.stringify(change)).toBe('quiet');
    expect(exitOf(judge({}))).not.toBe('failed');
  });

  test('is passed over, and is no failure, without an optional field', () => {
    for (const change of without(cases)) expect(exitOf(judge(change)), JSON.stringify(change)).toBe('quiet');
  });

  test('says so where there is not enough history', () => {
    for (const change of unknown(cases)) expect(exitOf(judge(change)), JSON.stringify(change)).toBe('no history');
  });
});

// So that no rule comes into the pack without cases.
describe.each(rules)('the cases of %s', (_id, rule, cases) => {
  const { reads, tests, bounds } = partsOf(rule);

  test('are on both sides of each bound, where nothing but that bound decides', () => {
    for (const bound of bounds) {
      expect(
        firing(cases).some((one) => isAtEdge(bound, judgedOf(one), true)),
        `just inside ${bound.text}`,
      ).toBe(true);
      const others = tests.filter((one) => one !== bound && !one.text.includes(' in lists.'));
      const isOutside = (one: Change): boolean =>
        isAtEdge(bound, judgedOf(one), false) && others.every((other) => holdsIn(other, judgedOf(one)));
      expect(quiet(cases).some(isOutside), `just outside ${bound.text}`).toBe(true);
    }
  });

  test('turn each test that is no bound', () => {
    const all = [...quiet(cases), ...without(cases)].map((one) => judgedOf(one));
    for (const other of tests.filter((one) => !bounds.includes(one) && !one.text.includes(' in lists.')))
      expect(
        all.some((one) => !holdsIn(other, one)),
        other.text,
      ).toBe(true);
  });

  test('leave out each optional field, and have each number at zero', () => {
    const optional = reads.filter(({ path, isRequired }) => path.startsWith('event.') && isRequired !== true);
    expect(cases.skips ?? []).toEqual(optional.map(({ from }) => from));
    const all = [...firing(cases), ...quiet(cases)].map((one) => judgedOf(one));
    const numbers = reads.filter(({ type, path }) => type !== 'string' && type !== 'bool' && path !== 'event.event_time');
    for (const { path, from } of numbers)
      expect(
        all.some(({ event, features }) => (path.startsWith('event.') ? event.values[from] : features[from]) === 0),
        `${path} 0`,
      ).toBe(true);
  });

  test('lack each feature that can be without a value', () => {
    const features = reads.filter(({ path, from }) => path.startsWith('features.') && UNSEEN[from] === null);
    const missing = unknown(cases).map((one) => judgedOf(one).features);
    for (const { from } of features)
      expect(
        missing.some((one) => one[from] === null),
        from,
      ).toBe(true);
    expect(missing.length === 0).toBe(features.length === 0);
  });
});

test('the pack has at least 15 rules, each with cases and a description, and lists that are empty', () => {
  expect(Object.keys(CASES).sort()).toEqual(shipped.rules.map(({ id }) => id));
  expect(shipped.rules.length).toBeGreaterThanOrEqual(15);
  expect(shipped.lists.map(({ entries }) => entries)).toEqual(shipped.lists.map(() => []));
});

test('on the shipped lists, which are empty, no rule of a list fires and nothing is blocked or let pass', () => {
  for (const rule of shipped.rules.filter(({ condition }) => condition.includes('lists.'))) {
    const { event, features } = judgedOf(CASES[rule.id]?.at ?? {});
    const decision = ruleSetOf(rule, [...shipped.lists]).judge(event, features);
    expect(decision).toMatchObject({ outcome: 'approve', fired: [], shadow: [], failed: [], noHistory: [], listHits: [] });
  }
});
