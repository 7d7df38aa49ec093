import { DURATION_PARTS, TIME_PARTS } from './times.ts';
import type { Overload } from './typed.ts';
import { type CelType, fits } from './types.ts';

type Js = Overload['js'];

const total = (name: string, args: readonly CelType[], result: CelType, js: Js): Overload => ({ name, args, result, js });
const partial = (name: string, args: readonly CelType[], result: CelType, [js, fault]: readonly [Js, string]): Overload => ({
  ...{ name, args, result, js, fault },
});

const helper =
  (name: string): Js =>
  (...args) =>
    `h.${name}(${args.join(', ')})`;
const infix =
  (sign: string): Js =>
  (a, b) =>
    `(${a} ${sign} ${b})`;
const same: Js = (a) => a ?? '';

const OVERFLOW = 'the result does not fit into an int';
const BY_ZERO = 'a division by zero, or a result that does not fit into an int';
const NO_TIMESTAMP = 'no timestamp of the years 1 to 9999, in whole milliseconds';
const NO_DURATION = 'no duration of up to 292 years, in whole milliseconds';
const NO_ZONE = 'no time zone that is known';

const ORDERED: readonly CelType[] = ['bool', 'int', 'double', 'string', 'timestamp', 'duration'];

const ARITHMETIC: readonly Overload[] = [
  partial('+', ['int', 'int'], 'int', [helper('addInt'), OVERFLOW]),
  partial('-', ['int', 'int'], 'int', [helper('subtractInt'), OVERFLOW]),
  partial('*', ['int', 'int'], 'int', [helper('multiplyInt'), OVERFLOW]),
  partial('/', ['int', 'int'], 'int', [helper('divideInt'), BY_ZERO]),
  partial('%', ['int', 'int'], 'int', [helper('restInt'), BY_ZERO]),
  partial('-_', ['int'], 'int', [(a) => `h.subtractInt(0, ${a})`, OVERFLOW]),
  ...['+', '-', '*', '/'].map((sign) => total(sign, ['double', 'double'], 'double', infix(sign))),
  total('-_', ['double'], 'double', (a) => `(-${a})`),
  total('+', ['string', 'string'], 'string', infix('+')),
  partial('+', ['timestamp', 'duration'], 'timestamp', [(a, b) => `h.timestampOf(${a} + ${b})`, NO_TIMESTAMP]),
  partial('+', ['duration', 'timestamp'], 'timestamp', [(a, b) => `h.timestampOf(${a} + ${b})`, NO_TIMESTAMP]),
  partial('+', ['duration', 'duration'], 'duration', [(a, b) => `h.durationOf(${a} + ${b})`, NO_DURATION]),
  partial('-', ['timestamp', 'timestamp'], 'duration', [(a, b) => `h.durationOf(${a} - ${b})`, NO_DURATION]),
  partial('-', ['timestamp', 'duration'], 'timestamp', [(a, b) => `h.timestampOf(${a} - ${b})`, NO_TIMESTAMP]),
  partial('-', ['duration', 'duration'], 'duration', [(a, b) => `h.durationOf(${a} - ${b})`, NO_DURATION]),
  total('!_', ['bool'], 'bool', (a) => `!${a}`),
];

const ORDER: readonly Overload[] = ORDERED.flatMap((type) =>
  ['<', '<=', '>', '>='].map((sign) =>
    total(sign, [type, type], 'bool', type === 'string' ? (a, b) => `(h.compareText(${a}, ${b}) ${sign} 0)` : infix(sign)),
  ),
);

const CONVERSIONS: readonly Overload[] = [
  total('int', ['int'], 'int', same),
  partial('int', ['double'], 'int', [helper('intOfDouble'), 'the double does not fit into an int']),
  partial('int', ['string'], 'int', [helper('intOfText'), 'the text is no int']),
  total('int', ['timestamp'], 'int', helper('epochSeconds')),
  total('double', ['double'], 'double', same),
  total('double', ['int'], 'double', helper('Number')),
  partial('double', ['string'], 'double', [helper('doubleOfText'), 'the text is no double']),
  total('string', ['string'], 'string', same),
  ...(['int', 'double', 'bool'] as const).map((type) => total('string', [type], 'string', helper('String'))),
  total('string', ['timestamp'], 'string', helper('timestampText')),
  total('string', ['duration'], 'string', helper('durationText')),
  total('bool', ['bool'], 'bool', same),
  partial('bool', ['string'], 'bool', [helper('boolOfText'), 'the text is no bool']),
  total('timestamp', ['timestamp'], 'timestamp', same),
  partial('timestamp', ['string'], 'timestamp', [helper('timestampOfText'), NO_TIMESTAMP]),
  partial('timestamp', ['int'], 'timestamp', [helper('timestampOfSeconds'), NO_TIMESTAMP]),
  total('duration', ['duration'], 'duration', same),
  partial('duration', ['string'], 'duration', [helper('durationOfText'), NO_DURATION]),
];

const TEXTS: readonly Overload[] = [
  total('size', ['string'], 'int', helper('textSize')),
  total('.size', ['string'], 'int', helper('textSize')),
  ...[
    ['contains', 'includes'],
    ['startsWith', 'startsWith'],
    ['endsWith', 'endsWith'],
  ].map(([name, method]) => total(`.${name}`, ['string', 'string'], 'bool', (a, b) => `${a}.${method}(${b})`)),
  total('.lowerAscii', ['string'], 'string', helper('lowerAscii')),
  total('.upperAscii', ['string'], 'string', helper('upperAscii')),
];

const TIMES: readonly Overload[] = [
  ...TIME_PARTS.flatMap((part) => [
    total(`.${part}`, ['timestamp'], 'int', (a) => `h.timePart('${part}', ${a})`),
    partial(`.${part}`, ['timestamp', 'string'], 'int', [(a, zone) => `h.timePart('${part}', ${a}, ${zone})`, NO_ZONE]),
  ]),
  ...Object.keys(DURATION_PARTS).map((part) => total(`.${part}`, ['duration'], 'int', (a) => `h.DURATION_PARTS.${part}(${a})`)),
];

const NUMBERS: readonly Overload[] = (['int', 'double'] as const).flatMap((type) => [
  type === 'int'
    ? partial('math.abs', [type], type, [(a) => `(${a} < 0 ? h.subtractInt(0, ${a}) : ${a})`, OVERFLOW])
    : total('math.abs', [type], type, (a) => `Math.abs(${a})`),
  ...[1, 2, 3, 4].flatMap((count) => {
    const args = Array.from({ length: count }, () => type);
    return [total('math.greatest', args, type, helper('greatest')), total('math.least', args, type, helper('least'))];
  }),
]);

const BY_NAME = new Map<string, Overload[]>();
for (const one of [...ARITHMETIC, ...ORDER, ...CONVERSIONS, ...TEXTS, ...TIMES, ...NUMBERS]) {
  BY_NAME.set(one.name, [...(BY_NAME.get(one.name) ?? []), one]);
}

/** Names of functions (`size`), methods (`.contains`) and operators (`+`, `-_`, `!_`). */
export const FUNCTION_NAMES: readonly string[] = [...BY_NAME.keys(), '==', '!=', 'in'];

/** All forms of a name, by the types of their operands. */
export function overloadsOf(name: string): readonly Overload[] {
  return BY_NAME.get(name) ?? [];
}

/** The form of a name for operands of these types; undefined if there is none. */
export function overloadFor(name: string, types: readonly CelType[]): Overload | undefined {
  const found = overloadsOf(name).find(
    ({ args }) => args.length === types.length && args.every((arg, i) => arg === types[i] || types[i] === 'nothing'),
  );
  return found ?? collectionOverload(name, types);
}

const isSimple = (type: CelType): boolean => typeof type === 'string';

/** Forms over lists, maps and sets of any type. */
function collectionOverload(name: string, types: readonly CelType[]): Overload | undefined {
  const [a = 'nothing', b = 'nothing'] = types;
  const of = (result: CelType, js: Js, fault?: string): Overload =>
    fault === undefined ? { name, args: types, result, js } : { name, args: types, result, js, fault };
  switch (name) {
    case '==':
    case '!=':
      if (types.length !== 2 || !fits(a, b)) return undefined;
      if (isSimple(a)) return of('bool', infix(`${name}=`));
      return of('bool', (left, right) => `${name === '!=' ? '!' : ''}h.equal(${left}, ${right})`);
    case 'in':
      return inOverload(types, of);
    case 'size':
    case '.size':
      if (types.length !== 1 || isSimple(a)) return undefined;
      return of('int', (list) => (typeof a === 'object' && 'list' in a ? `${list}.length` : `${list}.size`));
    case '[]':
      if (typeof a === 'string') return undefined;
      if ('list' in a && b === 'int') return of(a.list, helper('elementAt'), 'the list has no such element');
      return 'map' in a && fits(b, a.keys) ? of(a.map, (map, key) => `${map}.get(${key})`, 'the map has no such key') : undefined;
    case '+':
      if (typeof a === 'string' || typeof b === 'string' || !('list' in a && 'list' in b)) return undefined;
      return fits(a, b) ? of(a.list === 'nothing' ? b : a, (left, right) => `[...${left}, ...${right}]`) : undefined;
    default:
      return undefined;
  }
}

function inOverload([a = 'nothing', b = 'nothing']: readonly CelType[], of: (result: CelType, js: Js) => Overload): Overload | undefined {
  if (typeof b === 'string') return undefined;
  if ('set' in b) return fits(a, b.set) ? of('bool', (value, set) => `${set}.has(${value})`) : undefined;
  if ('map' in b) return fits(a, b.keys) ? of('bool', (value, map) => `${map}.has(${value})`) : undefined;
  return fits(a, b.list) ? of('bool', (value, list) => `h.includes(${list}, ${value})`) : undefined;
}
