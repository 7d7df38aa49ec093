import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import { parseRule } from '../../../core/rules/rule.ts';

const GOOD = {
  id: 'amount-over-limit',
  version: 1,
  owner: 'fraud-desk',
  status: 'active',
  description: 'A single large payment.',
  on: 'transaction',
  condition: 'event.amount_minor > 22000',
  points: 10,
  reason: 'amount {event.amount_minor}',
  alert: { group_by: 'customer_id', cool_down: '1h' },
};

function lineFor(source: unknown): string {
  try {
    parseRule(source, 'rules/r.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return error instanceof Error ? error.message : '';
  }
  return 'accepted';
}

describe('a rule file', () => {
  test('becomes a rule with the cool-down in ms', () => {
    expect(parseRule(GOOD, 'rules/r.yaml')).toEqual({
      id: 'amount-over-limit',
      version: 1,
      owner: 'fraud-desk',
      status: 'active',
      description: 'A single large payment.',
      on: 'transaction',
      condition: 'event.amount_minor > 22000',
      points: 10,
      reason: 'amount {event.amount_minor}',
      alert: { groupBy: 'customer_id', coolDownMs: 3_600_000 },
    });
  });

  test.each([
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
  ])('cool-down %s is %d ms', (text, ms) => {
    const rule = parseRule({ ...GOOD, alert: { ...GOOD.alert, cool_down: text } }, 'r');
    expect(rule.alert.coolDownMs).toBe(ms);
  });

  const { owner: _owner, ...withoutOwner } = GOOD;
  const alert = (change: object): object => ({ ...GOOD, alert: { ...GOOD.alert, ...change } });

  test.each<[string, unknown, RegExp]>([
    ['that is empty', null, /the file: got null; allowed: a mapping/],
    ['that is a list', [GOOD], /the file: got "\[/],
    ['without an owner', withoutOwner, /owner: got "nothing"; allowed: text/],
    ['with a key too many', { ...GOOD, severity: 'high' }, /unknown key: got "severity"; allowed: a mapping with the keys id,/],
    ['with an id that is not kebab-case', { ...GOOD, id: 'Amount_Over' }, /id: got "Amount_Over"; allowed: kebab-case/],
    ['with an id that ends in a dash', { ...GOOD, id: 'amount-' }, /id: got "amount-"/],
    ['with version 0', { ...GOOD, version: 0 }, /version: got 0; allowed: a whole number from 1/],
    ['with a version in quotes', { ...GOOD, version: '1' }, /version: got "1"/],
    ['with an unknown status', { ...GOOD, status: 'live' }, /status: got "live"; allowed: draft, shadow, active, paused, retired/],
    ['with too many points', { ...GOOD, points: 1001 }, /points: got 1001; allowed: a whole number 0\.\.1000/],
    ['with half a point', { ...GOOD, points: 0.5 }, /points: got 0\.5/],
    ['with an empty condition', { ...GOOD, condition: ' ' }, /condition: got " "/],
    ['with a condition that YAML read as a bool', { ...GOOD, condition: true }, /condition: got true; allowed: CEL text/],
    ['with an endless condition', { ...GOOD, condition: 'x'.repeat(4_001) }, /condition: got "xxx/],
    [
      'with a brace left open',
      { ...GOOD, reason: 'amount {event.amount_minor' },
      /reason: got "amount \{event\.amount_minor"; allowed: text with references/,
    ],
    ['with a brace left over', { ...GOOD, reason: 'amount } x' }, /reason: got/],
    ['with a reference to neither event nor features', { ...GOOD, reason: '{customer}' }, /reason: got "\{customer\}"/],
    ['without a group', alert({ group_by: undefined }), /alert\.group_by: got "nothing"; allowed: the name of a field/],
    ['with a cool-down without a unit', alert({ cool_down: '60' }), /alert\.cool_down: got "60"; allowed: a number of minutes/],
    ['with a cool-down of nothing', alert({ cool_down: '0h' }), /alert\.cool_down: got "0h"/],
    ['with a cool-down as a number', alert({ cool_down: 60 }), /alert\.cool_down: got 60/],
    ['with a key too many in alert', alert({ budget: 3 }), /unknown key in alert: got "budget"; allowed: a mapping with the keys group_by/],
  ])('%s gives one line', (_name, source, line) => {
    const message = lineFor(source);
    expect(message).toMatch(line);
    expect(message).toMatch(/^rules\/r\.yaml: [^\n]*$/);
  });
});
