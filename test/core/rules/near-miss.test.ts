import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileCel } from '../../../core/cel/compile.ts';
import { compileRules } from '../../../core/rules/compile.ts';
import { flipsOf } from '../../../core/rules/flip.ts';
import { nearMissOf } from '../../../core/rules/near-miss.ts';
import { type RuleInput, type Variable, variablesOf } from '../../../core/rules/variables.ts';
import { pipeline as payments } from '../../../pipelines/payments/pipeline.ts';
import { NONE, payment, pipeline, rule } from './payments.ts';

type Values = Readonly<Record<string, number | string | boolean>>;

const variables = variablesOf(payments, 'transaction');

function inputOf(values: Values): RuleInput {
  const input: RuleInput[number][] = new Array(variables.byPath.size).fill(undefined);
  for (const [path, value] of Object.entries(values)) input[variables.byPath.get(path)?.index ?? -1] = value;
  return input;
}

/** Whether a condition nearly fires: the rule engine asks only where it does not. */
function isNear(condition: string, values: Values): boolean {
  const { typed, evaluate } = compileCel(condition, variables.byPath, 'bool');
  const input = inputOf(values);
  return evaluate(input) === false && nearMissOf(typed)?.(input) === true;
}

const AMOUNT = 'event.amount_minor';
const COUNT = 'features.customer_count_1h';
const MEAN = 'features.customer_mean_minor_30d';
const LONG = 'features.customer_since_last_60d';

describe('a value is near its bound', () => {
  test.each([
    ['a tenth below it', 19_800, true],
    ['just under that', 19_799, false],
    ['just under it', 21_999, true],
    ['at it, where it must be greater', 22_000, true],
    ['just above it: the rule fires', 22_001, false],
    ['far below', 0, false],
  ])('%s', (_, amount, near) => {
    expect(isNear(`${AMOUNT} > 22000`, { [AMOUNT]: amount })).toBe(near);
    expect(isNear(`22000 < ${AMOUNT}`, { [AMOUNT]: amount })).toBe(near);
  });

  test.each([
    ['from above', `${AMOUNT} <= 200`, { [AMOUNT]: 220 }, true],
    ['too far above', `${AMOUNT} <= 200`, { [AMOUNT]: 221 }, false],
    ['below zero', `${AMOUNT} < -1000`, { [AMOUNT]: -950 }, true],
    ['one whole step away', `${COUNT} >= 5`, { [COUNT]: 4 }, true],
    ['two steps away', `${COUNT} >= 5`, { [COUNT]: 3 }, false],
    ['nothing, one step away', `${COUNT} >= 1`, { [COUNT]: 0 }, false],
    ['nothing at a bound of nothing', `${COUNT} > 0`, { [COUNT]: 0 }, false],
    ['one step above nothing', `${COUNT} <= 0`, { [COUNT]: 1 }, true],
    ['a double, one away', `${MEAN} < 2.0`, { [MEAN]: 3 }, false],
    ['a bound that is reckoned', `double(${AMOUNT}) > 3.0 * ${MEAN}`, { [AMOUNT]: 2_800, [MEAN]: 1_000 }, true],
    ['a span of time', `${LONG} >= duration("10h")`, { [LONG]: 9 * 3_600_000 }, true],
    ['too short a span', `${LONG} >= duration("10h")`, { [LONG]: 9 * 3_600_000 - 1 }, false],
  ])('%s', (_, condition, values, near) => {
    expect(isNear(condition, values)).toBe(near);
  });
});

describe('a condition all but holds', () => {
  const both = `${AMOUNT} > 22000 && ${COUNT} >= 5`;

  test.each([
    ['where a single test does not hold and is near', both, { [AMOUNT]: 23_000, [COUNT]: 4 }, true],
    ['never where two tests do not hold, however near', both, { [AMOUNT]: 21_999, [COUNT]: 4 }, false],
    ['never where a value is missing', both, { [AMOUNT]: 21_999 }, false],
    ['never where a value that comes first is missing', `${COUNT} >= 5 && ${AMOUNT} > 22000`, { [AMOUNT]: 21_999 }, false],
    ['never where a test ends in an error', `10 / ${COUNT} > 2 && ${AMOUNT} > 22000`, { [AMOUNT]: 21_999, [COUNT]: 0 }, false],
    ['never for a text', `event.currency == "EUR" && ${AMOUNT} > 10`, { 'event.currency': 'USD', [AMOUNT]: 11 }, false],
    ['never for an equal value', `${COUNT} == 5`, { [COUNT]: 4 }, false],
    ['never for a moment', 'event.event_time > timestamp("2026-01-01T00:00:00Z")', { 'event.event_time': 1_767_225_599_000 }, false],
    ['never behind a not', `!(${AMOUNT} <= 22000)`, { [AMOUNT]: 21_999 }, false],
    ['by one of two ways', `${AMOUNT} > 22000 || ${COUNT} >= 5`, { [AMOUNT]: 1, [COUNT]: 4 }, true],
    ['by one way, where the other has no value', `${AMOUNT} > 22000 || ${COUNT} >= 5`, { [AMOUNT]: 21_999 }, false],
    [
      'by one of two ways within',
      `(${AMOUNT} > 22000 || ${COUNT} >= 5) && ${MEAN} > 1.0`,
      { [AMOUNT]: 21_999, [COUNT]: 0, [MEAN]: 2 },
      true,
    ],
    [
      'not where the rest does not hold',
      `(${AMOUNT} > 22000 || ${COUNT} >= 5) && ${MEAN} > 1.0`,
      { [AMOUNT]: 21_999, [COUNT]: 0, [MEAN]: 0.1 },
      false,
    ],
  ])('%s', (_, condition, values, near) => {
    expect(isNear(condition, values)).toBe(near);
  });

  test('has nothing to ask where no number decides', () => {
    expect(nearMissOf(compileCel('has(event.channel) && event.channel == "online"', variables.byPath, 'bool').typed)).toBeUndefined();
  });
});

test('a decision names near misses of active rules, only where they are asked for', () => {
  const rules = [
    rule({ id: 'near' }),
    rule({ id: 'shadow', status: 'shadow' }),
    rule({ id: 'fires', condition: 'event.amount_minor > 90' }),
    rule({ id: 'far', condition: 'event.amount_minor > 200' }),
    rule({ id: 'error', condition: 'event.amount_minor / features.count_1d > 99' }),
    rule({ id: 'no-history', condition: 'features.mean_1d > 99.0' }),
  ];
  const judged = (nearMisses: boolean) =>
    compileRules({ rules, lists: [] }, pipeline, 'v', { nearMisses }).judge(payment({ amount: 99 }), NONE);
  const { nearMisses, ...rest } = judged(true);
  expect(nearMisses).toEqual(['near']);
  expect(rest).toMatchObject({ noHistory: ['no-history'], failed: [{ ruleId: 'error' }], fired: [{ ruleId: 'fires' }] });
  expect(judged(false)).toEqual(rest);
});

test('what is near would fire with the one value at the place where the engine finds its flip, and what is not would need more', () => {
  const bound = fc.integer({ min: 1, max: 400 });
  const value = fc.integer({ min: 0, max: 450 });
  const sign = fc.constantFrom('<', '<=', '>', '>=');
  fc.assert(
    fc.property(
      fc.tuple(sign, sign),
      fc.tuple(bound, bound),
      fc.tuple(value, value),
      fc.constantFrom('&&', '||'),
      (signs, bounds, values, join) => {
        const condition = `${AMOUNT} ${signs[0]} ${bounds[0]} ${join} ${COUNT} ${signs[1]} ${bounds[1]}`;
        const { typed, evaluate, reads } = compileCel(condition, variables.byPath, 'bool');
        const input = inputOf({ [AMOUNT]: values[0], [COUNT]: values[1] });
        if (evaluate(input) !== false) return;
        const flips = flipsOf(typed, reads as readonly Variable[], { input, holds: (other) => evaluate(other) === true });
        const boundOf = (path: string): number => bounds[path === AMOUNT ? 0 : 1];
        const near = flips.filter(({ path, from }) => {
          const gap = Math.abs(from - boundOf(path));
          return from !== 0 && (gap <= boundOf(path) / 10 || gap <= 1);
        });
        expect(nearMissOf(typed)?.(input)).toBe(near.length > 0);
      },
    ),
    { numRuns: 500 },
  );
});
