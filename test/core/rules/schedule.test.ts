import { describe, expect, test } from 'vitest';
import { compileRules } from '../../../core/rules/compile.ts';
import { type RuleChange, ScheduledRules, scheduleLength, scheduleName, versionAt } from '../../../core/rules/schedule.ts';
import { NONE, payment, pipeline, rule } from './payments.ts';

const change = (version: string | null, fromMs: number | null, kind: RuleChange['kind'] = 'active'): RuleChange => ({
  ...{ kind, version, fromMs, source: 'files', by: 'ada', why: 'test', atMs: 0, changes: [] },
});

describe('the version in force', () => {
  test('is that of the last entry that is for the time: both sides of its start', () => {
    const log = [change('a', null), change('b', 1_000)];
    expect([999, 1_000, 1_001].map((ms) => versionAt(log, 'active', ms))).toEqual(['a', 'b', 'b']);
  });

  test('a later entry holds against one that was to begin after it', () => {
    const log = [change('a', null), change('b', 2_000), change('a', 1_000)];
    expect([500, 1_500, 2_500].map((ms) => versionAt(log, 'active', ms))).toEqual(['a', 'a', 'a']);
  });

  test('of a trial is its own, and ends', () => {
    const log = [change('a', null), change('t', 1_000, 'trial'), change(null, 2_000, 'trial')];
    expect([999, 1_000, 2_000].map((ms) => versionAt(log, 'trial', ms))).toEqual([undefined, 't', undefined]);
  });
});

test('a log of one entry is named by its version, a longer one by its length and what is in force', () => {
  const names = [[], [change('a', null)], [change('a', null), change('b', 5)], [change('a', null), change('t', 5, 'trial')]].map(
    scheduleName,
  );
  expect(names).toEqual(['', 'a', '2@b', '2@a']);
  expect(names.map(scheduleLength)).toEqual([undefined, undefined, 2, 2]);
});

describe('judging by a schedule', () => {
  const set = (version: string, points: number) => compileRules({ rules: [rule({ points })], lists: [] }, pipeline, version);
  const sets = new Map([set('a', 4), set('b', 10)].map((one) => [one.version, one]));
  const at = (timeMs: number) => ({ ...payment(), timeMs });

  test('each event has the rules of its time, and its decision names them', () => {
    const rules = new ScheduledRules([change('a', null), change('b', 1_000)], sets);
    expect([999, 1_000].map((ms) => rules.judge(at(ms), NONE))).toMatchObject([
      { ruleSet: 'a', outcome: 'review' },
      { ruleSet: 'b', outcome: 'decline' },
    ]);
    expect(rules.explain(at(999), NONE).decision.ruleSet).toBe('a');
  });

  test('a trial is told beside, and changes nothing', () => {
    const plain = new ScheduledRules([change('a', null)], sets).judge(at(5_000), NONE);
    const tried = new ScheduledRules([change('a', null), change('b', 1_000, 'trial')], sets).judge(at(5_000), NONE);
    expect(tried).toEqual({ ...plain, trial: { ruleSet: 'b', outcome: 'decline', score: 10, fired: ['r'], failed: [] } });
  });
});
