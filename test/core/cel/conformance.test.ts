import { expect, test } from 'vitest';
import { conformance } from './conformance.ts';

const verdicts = conformance();
const countsOf = (texts: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const text of texts.toSorted()) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
};

test('every public case of the part of CEL that conditions have ends as CEL says', () => {
  expect(verdicts.filter(({ kind }) => kind === 'differs')).toEqual([]);
  expect(countsOf(verdicts.map(({ kind }) => kind))).toEqual({ agrees: 657, 'left out': 1_687 });
});

test('what is left out is left out by name', () => {
  expect(countsOf(verdicts.flatMap(({ kind, note }) => (kind === 'left out' ? [note] : [])))).toEqual({
    'a message': 665,
    'a name in backticks': 6,
    'an unsigned number': 266,
    bytes: 120,
    'elements of different types': 19,
    'functions that are not there': 416,
    'ints and doubles in one operation': 16,
    'macros of the second version': 21,
    'names of a container': 2,
    null: 42,
    'optional values': 30,
    'times finer than milliseconds': 7,
    'types as values': 48,
    'types that are only known at run time': 29,
  });
});
