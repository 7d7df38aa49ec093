import { expect, test } from 'vitest';
import { parseList } from '../../../core/rules/list.ts';

const GOOD = {
  ...{ id: 'blocked_terminals', owner: 'fraud-desk', description: 'Terminals.', effect: 'block', field: 'terminal_id' },
  entries: [
    { value: 't1', reason: 'skimmer', until: '2026-03-01T00:00:00Z' },
    { value: 't2', reason: 'stolen' },
  ],
};

test('a list has its ends as times', () => {
  expect(parseList(GOOD, 'l.yaml').entries).toEqual([
    { value: 't1', reason: 'skimmer', untilMs: Date.UTC(2026, 2, 1) },
    { value: 't2', reason: 'stolen' },
  ]);
});

test.each<[string, object, string]>([
  ['an id that CEL cannot name', { id: 'blocked-terminals' }, 'l.yaml: id: got "blocked-terminals"; allowed: snake_case text'],
  ['an effect that there is not', { effect: 'deny' }, 'l.yaml: effect: got "deny"; allowed: block, allow, watch'],
  [
    'a value that YAML took for a number',
    { entries: [{ value: 12, reason: 'r' }] },
    'entries.0.value: got 12; allowed: text of 1..256 characters, in quotes',
  ],
  ['a value twice', { entries: [GOOD.entries[1], GOOD.entries[1]] }, 'entries.1.value: got "t2"; allowed: each value once'],
  [
    'an end that is no time',
    { entries: [{ value: 'x', reason: 'r', until: 'March' }] },
    'entries.0.until: got "March"; allowed: a time in quotes',
  ],
  ['an entry without a reason', { entries: [{ value: 'x' }] }, 'entries.0.reason: got "nothing"'],
  ['a key too many', { entries: [{ value: 'x', reason: 'r', by: 'me' }] }, 'unknown key in entries.0: got "by"'],
])('%s is refused', (_name, change, line) => {
  expect(() => parseList({ ...GOOD, ...change }, 'l.yaml')).toThrow(line);
});
