import { describe, expect, test } from 'vitest';
import { definePipeline } from '../../../core/definition/pipeline.ts';
import { compileRules } from '../../../core/rules/compile.ts';
import type { Decision } from '../../../core/rules/decision.ts';
import type { RuleList } from '../../../core/rules/list.ts';
import type { Rule } from '../../../core/rules/rule.ts';
import { payment, pipeline, rule } from './payments.ts';

describe('thresholds and lists', () => {
  const typed = definePipeline({
    name: 'typed',
    version: 1,
    eventTypes: pipeline.eventTypes,
    aggregates: {},
    decision: {
      over: 'payment',
      reviewPoints: 10,
      declinePoints: 20,
      typologies: { testing: { reviewPoints: 3, declinePoints: 6, description: 'Cards are tried out.' } },
    },
  });
  const list = (change: Partial<RuleList>): RuleList => ({
    ...{ id: 'l', owner: 'desk', description: 'd', effect: 'block', field: 'customer' },
    entries: [{ value: 'c1', reason: 'stolen' }],
    ...change,
  });
  const decide = (rules: readonly Partial<Rule>[], lists: readonly RuleList[] = []): Decision =>
    compileRules({ rules: rules.map((change, i) => rule({ id: `r${i}`, ...change })), lists }, typed, 'v').judge(payment(), {});

  test.each([
    [[{ points: 9 }], 'approve'],
    [[{ points: 10 }], 'review'],
    [[{ points: 2, typology: 'testing' }], 'approve'],
    [[{ points: 3, typology: 'testing' }], 'review'],
    [
      [
        { points: 3, typology: 'testing' },
        { points: 3, typology: 'testing' },
      ],
      'decline',
    ],
    [[{ points: 5, typology: 'testing' }, { points: 15 }], 'decline'],
  ] as const)('points %j: %s', (rules, outcome) => {
    expect(decide(rules).outcome).toBe(outcome);
  });

  test('the points of a typology are told apart', () => {
    expect(decide([{ points: 2, typology: 'testing' }, { points: 5 }])).toMatchObject({ score: 7, typologyScores: { testing: 2 } });
  });

  test('a block list before an allow list, an allow list before points', () => {
    const dear = [{ points: 50 }];
    const allow = list({ id: 'friends', effect: 'allow' });
    expect(decide([], [list({})]).outcome).toBe('decline');
    expect(decide(dear, [allow])).toMatchObject({ outcome: 'approve', score: 50 });
    expect(decide(dear, [allow, list({})])).toMatchObject({ outcome: 'decline' });
    expect(decide(dear, [list({ effect: 'watch' })])).toMatchObject({ outcome: 'decline', listHits: [] });
    expect(decide([], [list({})]).listHits).toEqual([{ listId: 'l', effect: 'block', field: 'customer', value: 'c1', reason: 'stolen' }]);
  });

  test('an entry holds before its end, and not at it', () => {
    const until = (untilMs: number): RuleList => list({ entries: [{ value: 'c1', reason: 'r', untilMs }] });
    expect(decide([], [until(1_001)]).outcome).toBe('decline');
    expect(decide([], [until(1_000)]).outcome).toBe('approve');
    expect(decide([{ condition: 'event.customer in lists.l', points: 10 }], [{ ...until(1_000), effect: 'watch' }]).fired).toEqual([]);
  });

  test('rules ask whether a value is on a list', () => {
    const watch = list({ id: 'watched', effect: 'watch' });
    expect(decide([{ condition: 'event.customer in lists.watched', points: 10 }], [watch])).toMatchObject({
      outcome: 'review',
      fired: [{ tests: [{ test: 'event.customer in lists.watched', value: 'c1' }] }],
    });
    expect(decide([{ condition: '!(event.currency in lists.watched)' }], [watch]).fired).toHaveLength(1);
  });

  test('what the pipeline does not know is refused by name', () => {
    expect(() => decide([{ typology: 'tasting' }])).toThrow('rule r0: typology: got "tasting"; allowed: testing');
    expect(() => decide([], [list({ field: 'amount' })])).toThrow(
      /list l: field: got "amount"; allowed: event_id, customer, currency, country/,
    );
    expect(() => decide([{ condition: 'event.customer in lists.wached' }], [list({ id: 'watched' })])).toThrow(
      /did you mean lists\.watched\?/,
    );
    expect(() => decide([{ condition: 'lists.l == "c1"' }], [list({})])).toThrow(/== of \(set\(string\), string\)/);
  });
});
