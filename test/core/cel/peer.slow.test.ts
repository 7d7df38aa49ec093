import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileCel, isFault } from '../../../core/cel/compile.ts';
import type { CelValue } from '../../../core/cel/types.ts';
import { expression, VARIABLES, values } from './expressions.ts';

/** `HEADRACE_TESTS=slow HEADRACE_CEL_CASES=100000 npx vitest run test/core/cel/peer.slow.test.ts` looks longer. */
const CASES = Number(process.env['HEADRACE_CEL_CASES'] ?? 5_000);

class Event {
  [name: string]: unknown;
}

const environment = new Environment()
  .registerType('Event', { ctor: Event, fields: Object.fromEntries(VARIABLES.map(({ path, type }) => [path.replace('event.', ''), type])) })
  .registerVariable('event', 'Event');
const variables = new Map(VARIABLES.map((one) => [one.path, one]));

/** What the other implementation says; ints as ours has them. */
function peer(text: string, input: readonly (CelValue | undefined)[]): unknown {
  const event = new Event();
  for (const { path, type, index } of VARIABLES) {
    const value = input[index];
    event[path.replace('event.', '')] = type === 'int' && typeof value === 'number' ? BigInt(value) : value;
  }
  try {
    const result: unknown = environment.evaluate(text, { event });
    if (typeof result !== 'bigint') return result;
    return Number.isSafeInteger(Number(result)) ? Number(result) : result;
  } catch {
    return 'a fault';
  }
}

test.each(['bool', 'int', 'double', 'string'] as const)(
  'a compiled expression of type %s gives what another implementation of CEL gives',
  (type) => {
    fc.assert(
      fc.property(expression(type, 4), values, (text, input) => {
        const result = compileCel(text, variables).evaluate(input);
        expect(isFault(result) ? 'a fault' : result).toEqual(peer(text, input));
      }),
      { numRuns: CASES / 4 },
    );
  },
);
