import fc from 'fast-check';
import type { CelType, CelValue, CelVariable } from '../../../core/cel/types.ts';

/** Types that generated expressions have. */
type Simple = 'bool' | 'int' | 'double' | 'string';

/** Variables of generated expressions: two of each type, the second of which may be absent. */
export const VARIABLES: readonly (CelVariable & { readonly type: Simple })[] = (['bool', 'int', 'double', 'string'] as const).flatMap(
  (type, i) => [
    { path: `event.${type}_a`, type, index: 2 * i, isRequired: true },
    { path: `event.${type}_b`, type, index: 2 * i + 1 },
  ],
);

const EDGES = [
  '0',
  '1',
  '-1',
  '2',
  '7',
  '9007199254740991',
  '9007199254740992',
  '-9007199254740993',
  '9223372036854775807',
  '-9223372036854775000',
];
const DOUBLES = ['0.0', '-0.0', '1.5', '-2.25', '1e300', '3.0', '9007199254740993.0'];
const TEXTS = ['""', '"a"', '"ab"', '"b"', '"é"', '"😀"', '"12"', '"-7"', '"x\\n"'];

const literal: Readonly<Record<Simple, fc.Arbitrary<string>>> = {
  bool: fc.constantFrom('true', 'false'),
  int: fc.oneof(fc.constantFrom(...EDGES), fc.integer({ min: -100, max: 100 }).map(String)),
  double: fc.oneof(
    fc.constantFrom(...DOUBLES),
    fc.integer({ min: -400, max: 400 }).map((n) => (n / 4).toFixed(2)),
  ),
  string: fc.constantFrom(...TEXTS),
};

// int() of doubles beyond 64 bits is left out: the other implementation wraps around, where the public cases ask for an error;
// so are int(""), which it takes for 0, and -2^63 with its sign turned.
/** Text of an expression of a type, at most so many levels deep. */
export function expression(type: Simple, depth: number): fc.Arbitrary<string> {
  const leaf = fc.oneof(literal[type], fc.constantFrom(...VARIABLES.filter((one) => one.type === type).map(({ path }) => path)));
  if (depth === 0) return leaf;
  const of = (inner: Simple): fc.Arbitrary<string> => expression(inner, depth - 1);
  const choice = fc.tuple(of('bool'), of(type), of(type)).map(([a, b, c]) => `(${a} ? ${b} : ${c})`);
  return fc.oneof({ weight: 1, arbitrary: leaf }, { weight: 1, arbitrary: choice }, { weight: 5, arbitrary: operation[type](of) });
}

type Of = (type: Simple) => fc.Arbitrary<string>;

const infix = (of: Of, type: Simple, signs: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(of(type), fc.constantFrom(...signs), of(type)).map(([a, sign, b]) => `(${a} ${sign} ${b})`);

const compared = (of: Of): fc.Arbitrary<string> =>
  fc.constantFrom<Simple>('int', 'double', 'string', 'bool').chain((type) => infix(of, type, ['==', '!=', '<', '<=', '>', '>=']));

const listed = (of: Of): fc.Arbitrary<string> =>
  fc
    .constantFrom<Simple>('int', 'string')
    .chain((type) => fc.tuple(of(type), fc.array(of(type), { maxLength: 5 })).map(([a, list]) => `(${a} in [${list.join(', ')}])`));

const looped = (of: Of): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom('all', 'exists', 'exists_one'),
      fc.array(of('int'), { maxLength: 4 }),
      fc.constantFrom('>', '==', '!='),
      of('int'),
    )
    .map(([macro, list, sign, bound]) => `[${list.join(', ')}].${macro}(x, (10 / x) ${sign} ${bound})`);

const operation: Readonly<Record<Simple, (of: Of) => fc.Arbitrary<string>>> = {
  bool: (of) =>
    fc.oneof(
      { weight: 4, arbitrary: infix(of, 'bool', ['&&', '||']) },
      { weight: 4, arbitrary: compared(of) },
      { weight: 1, arbitrary: of('bool').map((a) => `!${a}`) },
      { weight: 1, arbitrary: listed(of) },
      { weight: 1, arbitrary: looped(of) },
      { weight: 1, arbitrary: fc.constantFrom(...VARIABLES).map(({ path }) => `has(${path})`) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(of('string'), fc.constantFrom('contains', 'startsWith', 'endsWith'), of('string'))
          .map(([a, f, b]) => `${a}.${f}(${b})`),
      },
    ),
  int: (of) =>
    fc.oneof(
      { weight: 5, arbitrary: infix(of, 'int', ['+', '-', '*', '/', '%']) },
      { weight: 1, arbitrary: of('double').map((a) => `(${a} > -1e15 && ${a} < 1e15 ? int(${a}) : 3)`) },
      { weight: 1, arbitrary: of('string').map((a) => `(${a} == "" ? 5 : int(${a}))`) },
      { weight: 1, arbitrary: of('string').map((a) => `size(${a})`) },
      { weight: 1, arbitrary: fc.constantFrom('-event.int_a', '-event.int_b') },
    ),
  double: (of) =>
    fc.oneof(
      { weight: 5, arbitrary: infix(of, 'double', ['+', '-', '*', '/']) },
      { weight: 1, arbitrary: of('int').map((a) => `double(${a})`) },
    ),
  string: (of) =>
    fc.oneof(
      infix(of, 'string', ['+']),
      of('int').map((a) => `string(${a})`),
      of('bool').map((a) => `string(${a})`),
    ),
};

/** Values of the variables, in their order. */
export const values: fc.Arbitrary<(CelValue | undefined)[]> = fc.tuple(
  ...VARIABLES.map(({ type, isRequired }) => {
    const value = randomValue(type);
    return isRequired === true ? value : fc.option(value, { nil: undefined });
  }),
);

function randomValue(type: CelType): fc.Arbitrary<CelValue> {
  switch (type) {
    case 'bool':
      return fc.boolean();
    case 'int':
      return fc.oneof(fc.integer({ min: -20, max: 20 }), fc.maxSafeInteger());
    case 'double':
      return fc.oneof(
        fc.integer({ min: -40, max: 40 }).map((n) => n / 4),
        fc.constantFrom(0, 1e300, 2 ** 53),
      );
    default:
      return fc.constantFrom('', 'a', 'ab', 'b', 'é', '😀', '12', '-7');
  }
}
