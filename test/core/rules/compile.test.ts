import { describe, expect, test } from 'vitest';
import { definePipeline } from '../../../core/definition/pipeline.ts';
import { UsageError } from '../../../core/errors.ts';
import type { FieldValue } from '../../../core/model.ts';
import { compileRules } from '../../../core/rules/compile.ts';
import type { Decision } from '../../../core/rules/decision.ts';
import type { Rule } from '../../../core/rules/rule.ts';
import { NONE, payment, pipeline, rule } from './payments.ts';

function judge(changes: Partial<Rule> | Partial<Rule>[], values: Record<string, FieldValue> = {}, features = NONE): Decision {
  const rules = (Array.isArray(changes) ? changes : [changes]).map((change, i) => rule({ id: `r${i}`, ...change }));
  return compileRules({ rules, lists: [] }, pipeline, 'v1').judge(payment(values), features);
}

const fires = (condition: string, values: Record<string, FieldValue> = {}, features = NONE): boolean =>
  judge({ condition }, values, features).fired.length === 1;

function lineFor(change: Partial<Rule>): string {
  try {
    compileRules({ rules: [rule(change)], lists: [] }, pipeline, 'v1');
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return error instanceof Error ? error.message : '';
  }
  return 'accepted';
}

describe('values that conditions read', () => {
  test.each<[string, Record<string, FieldValue>]>([
    ['event.amount_minor == 500', {}],
    ['event.amount_minor * 2 == 1000 && double(event.amount_minor) / 3.0 > 166.6', {}],
    ['event.currency == "EUR" && event.customer.startsWith("c")', {}],
    ['event.celsius == -12.35 && event.celsius < -12.34', { celsius: -1235 }],
    ['event.tries == 3', { tries: 3 }],
    ['event.online', { online: true }],
    ['event.due > timestamp("2024-01-01T00:00:00Z") && event.due.getHours() == 13', { due: Date.UTC(2024, 5, 1, 13) }],
    ['event.event_time == timestamp("1970-01-01T00:00:01Z") && event.event_id == "e1"', {}],
    ['[1, 2].filter(x, x > 1).map(x, x * 2).exists(x, x == 4)', {}],
    ['event.country in ["FR", "NL"] && [1, 2].exists(x, x == event.tries)', { country: 'NL', tries: 2 }],
  ])('%s', (condition, values) => {
    expect(fires(condition, values)).toBe(true);
  });

  test('money of several counts is money, a share of money has no unit', () => {
    const features = { count_1d: 7, mean_1d: 12.5, sum_1d: 90, celsius_sum_1d: null };
    expect(fires('features.sum_1d / features.count_1d < event.amount_minor', {}, features)).toBe(true);
    expect(fires('event.amount_minor / features.sum_1d < features.count_1d', {}, features)).toBe(true);
    expect(fires('3 * features.count_1d > features.count_1d', {}, features)).toBe(true);
  });

  test('features are ints when they count or sum whole numbers, else doubles', () => {
    const features = { count_1d: 7, mean_1d: 12.5, sum_1d: 90, celsius_sum_1d: -0.25 };
    expect(fires('features.count_1d == 7 && features.sum_1d / features.count_1d == 12', {}, features)).toBe(true);
    expect(fires('features.mean_1d == 12.5 && features.celsius_sum_1d < -0.2', {}, features)).toBe(true);
  });

  test('values of one event are not seen by the next', () => {
    const rules = compileRules({ rules: [rule({ condition: 'has(event.country)' })], lists: [] }, pipeline, 'v1');
    expect(rules.judge(payment({ country: 'NL' }), NONE).fired).toHaveLength(1);
    expect(rules.judge(payment(), NONE).fired).toHaveLength(0);
  });
});

describe('a rule that fires', () => {
  test('reports what its condition read, in real units', () => {
    const decision = judge(
      {
        condition: 'event.amount_minor > 100 && event.celsius < 0.0 && (!has(event.country) || event.online) && features.mean_1d > 1.0',
        reason: '{event.amount_minor} at {event.celsius} degrees on {event.due}; mean {features.mean_1d}, country {event.country}',
        alert: { groupBy: 'celsius', coolDownMs: 900_000 },
        version: 3,
      },
      { celsius: -1235, due: 1_000 },
      { ...NONE, mean_1d: 1234.56789 },
    );
    expect(decision.fired).toEqual([
      {
        ruleId: 'r0',
        ruleVersion: 3,
        points: 4,
        typology: undefined,
        reason: '500 at -12.35 degrees on 1970-01-01T00:00:01.000Z; mean 1234.57, country unknown',
        values: { 'event.amount_minor': 500, 'event.celsius': -12.35, 'features.mean_1d': 1234.56789 },
        tests: [
          { test: 'event.amount_minor > 100', value: 500, bound: 100 },
          { test: 'event.celsius < 0.0', value: -12.35, bound: 0 },
          { test: '!has(event.country)' },
          { test: 'features.mean_1d > 1.0', value: 1234.56789, bound: 1 },
        ],
        alertGroup: '-12.35',
        coolDownMs: 900_000,
      },
    ]);
  });

  test('groups its alerts under an empty text where the group field is absent', () => {
    expect(judge({ alert: { groupBy: 'country', coolDownMs: 1 } }).fired[0]?.alertGroup).toBe('');
  });
});

describe('a decision', () => {
  test.each([
    [[1, 2], 'approve', 3],
    [[1, 3], 'review', 4],
    [[4, 5], 'review', 9],
    [[4, 6], 'decline', 10],
    [[], 'approve', 0],
  ] as const)('with points %j is %s', (points, outcome, score) => {
    expect(judge(points.map((one) => ({ points: one })))).toMatchObject({ outcome, score });
  });

  test('counts active rules, reports shadow rules apart and ignores drafts and retired ones', () => {
    const decision = judge((['draft', 'shadow', 'active', 'retired'] as const).map((status) => ({ status, id: status })));
    expect(decision.fired.map(({ ruleId }) => ruleId)).toEqual(['active']);
    expect(decision.shadow.map(({ ruleId }) => ruleId)).toEqual(['shadow']);
    expect(decision.score).toBe(4);
  });

  test('lists rules by id, however they were given', () => {
    expect(judge([{ id: 'b' }, { id: 'a' }]).fired.map(({ ruleId }) => ruleId)).toEqual(['a', 'b']);
  });

  test('of a pipeline that judges nothing is to approve', () => {
    const quiet = definePipeline({ name: 'quiet', version: 1, eventTypes: pipeline.eventTypes, aggregates: {} });
    expect(compileRules({ rules: [], lists: [] }, quiet, 'v').judge(payment(), {})).toMatchObject({
      outcome: 'approve',
      score: 0,
      fired: [],
    });
    expect(() => compileRules({ rules: [rule({})], lists: [] }, quiet, 'v')).toThrow(/rule r: on: got "payment"; allowed: no rules/);
  });
});

describe('what goes wrong in a condition is the outcome of that rule alone', () => {
  const fine = { id: 'z', condition: 'true' };

  test.each<[string, string, string, Record<string, FieldValue>]>([
    [
      'division by zero',
      'event.amount_minor / event.tries > 1',
      'a division by zero, or a result that does not fit into an int',
      { tries: 0 },
    ],
    ['an absent optional field', 'event.country == "NL"', 'event.country is absent', {}],
    ['an absent field behind another test', 'event.amount_minor > 1 && event.tries > 2', 'event.tries is absent', {}],
    ['a number past 64 bits', 'event.amount_minor * 9223372036854775807 > 1', 'the result does not fit into an int', {}],
    ['text that is no number', 'int(event.currency) > 1', 'the text is no int', {}],
  ])('%s', (_name, condition, error, values) => {
    const decision = judge([{ condition }, fine], values);
    expect(decision.failed).toEqual([{ ruleId: 'r0', error }]);
    expect(decision.fired.map(({ ruleId }) => ruleId)).toEqual(['z']);
  });

  test('a comparison with a feature that has no value is no_history, not an error', () => {
    const decision = judge([{ condition: 'features.mean_1d > 1.0' }, fine]);
    expect(decision).toMatchObject({ noHistory: ['r0'], failed: [], score: 4 });
  });

  test('a feature that the caller does not know has no value either', () => {
    const decision = judge({ condition: 'features.count_1d > 1' }, {}, {});
    expect(decision.noHistory).toEqual(['r0']);
  });

  test('false and anything is false, and a guard keeps the rest from being read', () => {
    expect(judge({ condition: 'features.count_1d >= 10 && features.mean_1d > 1.0' })).toMatchObject({ noHistory: [], fired: [] });
    expect(judge({ condition: 'has(features.mean_1d) && features.mean_1d > 1.0' })).toMatchObject({ noHistory: [], fired: [] });
    expect(judge({ condition: 'has(event.country) && event.country == "NL"' })).toMatchObject({ failed: [], fired: [] });
    expect(fires('features.mean_1d > 1.0 || event.amount_minor > 1')).toBe(true);
  });

  test('failures of shadow rules are reported and those of drafts are not', () => {
    const condition = 'event.country == "NL"';
    const decision = judge([
      { status: 'shadow', condition },
      { status: 'draft', condition },
    ]);
    expect(decision.failed.map(({ ruleId }) => ruleId)).toEqual(['r0']);
  });
});

const LIST = JSON.stringify(Array.from({ length: 20 }, (_, i) => i));

describe('a rule that cannot be compiled says where and why', () => {
  test.each<[string, Partial<Rule>, RegExp]>([
    [
      'unknown field',
      { condition: 'true && event.amount > 1' },
      /column 9: the unknown name event\.amount; allowed: did you mean event\.amount_minor\?/,
    ],
    [
      'unknown field in has()',
      { condition: 'has(event.contry)' },
      /the unknown name event\.contry; allowed: did you mean event\.country\?/,
    ],
    [
      'unknown feature',
      { condition: 'features.count_1h > 1' },
      /the unknown name features\.count_1h; allowed: did you mean features\.count_1d\?/,
    ],
    [
      'a feature like no other',
      { condition: 'features.zzzzzz > 1' },
      /the unknown name features\.zzzzzz; allowed: features\.count_1d, features\.mean_1d,/,
    ],
    ['unknown variable', { condition: 'amount > 1' }, /column 1: the unknown name amount; allowed: /],
    ['syntax', { condition: 'event.amount_minor >' }, /column 21: the end of the expression; allowed: a value here/],
    [
      'fault in the second line',
      { condition: 'true &&\n  event.nothing > 1' },
      /, line 2, column 3: the unknown name event\.nothing.*\n {4}event\.nothing > 1\n {4}\^{13}$/,
    ],
    ['types that do not compare', { condition: 'event.currency > 3' }, /> of \(string, int\); allowed: \(bool, bool\), \(int, int\)/],
    [
      'int times double',
      { condition: 'event.amount_minor * 1.5 > 1.0' },
      /\* of int, double; allowed: two ints or two doubles: write 3\.0 for 3/,
    ],
    [
      'money against a count',
      { condition: 'event.amount_minor > features.count_1d' },
      /money and count in one >; allowed: both sides counting the same/,
    ],
    ['money and a count added up', { condition: 'event.amount_minor + 2 * features.count_1d > 7' }, /money and count in one \+/],
    ['a condition that is no bool', { condition: 'event.amount_minor + 1' }, /an expression that gives int; allowed: bool/],
    ['event used whole', { condition: 'event["amount_minor"] > 1' }, /event used whole; allowed: event\.<name>/],
    ['values of no known type', { condition: 'dyn(event).anything == 1' }, /the function dyn, which is not there/],
    [
      'a pattern',
      { condition: 'event.currency.matches("(a+)+")' },
      /the function matches, which is not there; allowed: contains, startsWith/,
    ],
    ['a binding', { condition: 'cel.bind(x, event.customer, x + x == "a")' }, /the function bind, which is not there/],
    [
      'loops in loops in loops',
      { condition: `${LIST}.all(x, ${LIST}.all(y, ${LIST}.all(z, x + y > z)))` },
      /an expression that may take [0-9]{5,} steps; allowed: at most 10000 for one event/,
    ],
    ['nesting without end', { condition: `${'('.repeat(300)}true${')'.repeat(300)}` }, /nested too deep; allowed: at most 50 levels/],
    ['a text without an end', { condition: 'event.currency == "EUR' }, /a text that begins with " and does not end/],
    ['another event type', { on: 'note' }, /on: got "note"; allowed: payment/],
    [
      'unknown group',
      { alert: { groupBy: 'terminal', coolDownMs: 1 } },
      /alert\.group_by: got "terminal"; allowed: event_id, event_time, customer/,
    ],
    ['unknown name in the reason', { reason: 'x {event.amount}' }, /reason: got "\{event\.amount\}"; allowed: event\.event_id/],
    ['unknown feature in the reason', { reason: 'x {features.y}' }, /reason: got "\{features\.y\}"; allowed: features\./],
  ])('%s', (_name, change, line) => {
    const message = lineFor(change);
    expect(message).toMatch(line);
    expect(message).toMatch(/^rule r: [^\n]*(?:\n[^\n]*\n *\^+)?$/);
  });

  test('drafts and retired rules are checked too', () => {
    expect(lineFor({ status: 'draft', condition: 'event.x' })).toMatch(/the unknown name event\.x/);
  });
});
