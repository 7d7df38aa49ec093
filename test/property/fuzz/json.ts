import type { Random } from '../../../core/random.ts';
import { FITTING, KEYS, VALUES } from './dictionary.ts';
import type { PipelineName } from './pipelines.ts';

/** One member of an event: key between quotes, value, both as JSON text. */
type Member = readonly [key: string, value: string];

const quoted = (text: string): string => JSON.stringify(text);

function timeText(random: Random): string {
  const fraction = random.pick(['', '.5', '.123', '.123456789']);
  const two = (below: number): string => String(random.below(below)).padStart(2, '0');
  return quoted(
    `${random.pick(['2000', '2023', '2024', '2025'])}-${random.pick(['01', '02', '03', '06', '12'])}-0${1 + random.below(9)}T${two(24)}:${two(60)}:${two(60)}${fraction}Z`,
  );
}

const id = (random: Random, letter: string): string => quoted(`${letter}${random.below(1_000)}`);

/** Each optional member with a chance of a half. */
function some(random: Random, members: readonly Member[]): Member[] {
  return members.filter(() => random.chance(0.5));
}

function transaction(random: Random): Member[] {
  const amount = `${random.below(100_000)}.${random.below(10)}0`;
  return [
    ['type', '"transaction"'],
    ['event_id', id(random, 'p')],
    ['event_time', timeText(random)],
    ['customer_id', id(random, 'c')],
    ['terminal_id', id(random, 't')],
    ['amount', random.chance(0.5) ? amount : quoted(amount)],
    ['currency', random.pick(['"EUR"', '"USD"', '"KWD"', '"CLF"'])],
    ...some(random, [
      ['merchant_id', id(random, 'm')],
      ['country', '"DE"'],
      ['mcc', '"5411"'],
      ['channel', '"web"'],
      ['device_id', id(random, 'd')],
      ['lat', '52.520008'],
      ['lon', '-13.404954'],
    ]),
  ];
}

function label(random: Random): Member[] {
  return [
    ['type', '"label"'],
    ['event_id', id(random, 'l')],
    ['event_time', timeText(random)],
    ['transaction_id', id(random, 'p')],
    ['transaction_time', timeText(random)],
    ['customer_id', id(random, 'c')],
    ['terminal_id', id(random, 't')],
    ['fraud', random.pick(['true', 'false'])],
    ...some(random, [['scenario', '"1"']]),
  ];
}

function reading(random: Random): Member[] {
  const celsius = `${random.pick(['', '-'])}${random.below(60)}.${random.below(10)}`;
  return [
    ['type', '"reading"'],
    ['event_id', id(random, 'r')],
    ['event_time', timeText(random)],
    ['sensor_id', id(random, 's')],
    ['celsius', random.chance(0.5) ? celsius : quoted(celsius)],
    ...some(random, [['site', '"north"']]),
  ];
}

function membersOf(random: Random, pipeline: PipelineName): Member[] {
  if (pipeline === 'sensors') return reading(random);
  return random.chance(0.6) ? transaction(random) : label(random);
}

/** A key spelt with an escape somewhere. */
function escaped(random: Random, key: string): string {
  const index = random.below(key.length);
  const unit = key.charCodeAt(index);
  return key.includes('\\') || key === '' ? key : `${key.slice(0, index)}\\u${unit.toString(16).padStart(4, '0')}${key.slice(index + 1)}`;
}

function nested(random: Random, value: string): string {
  const depth = 1 + random.below(random.chance(0.9) ? 6 : 40);
  return random.chance(0.5) ? '['.repeat(depth) + value + ']'.repeat(depth) : '{"a":'.repeat(depth) + value + '}'.repeat(depth);
}

type Edit = (random: Random, members: Member[], place: number) => void;

const keyAt = (members: readonly Member[], place: number): string => members[place]?.[0] ?? 'note';
const valueAt = (members: readonly Member[], place: number): string => members[place]?.[1] ?? '1';

/** Gives a member whose kind of value is known another one of that kind. */
function refit(random: Random, members: Member[]): void {
  const places = [...members.keys()].filter((place) => Object.hasOwn(FITTING, keyAt(members, place)));
  if (places.length === 0) return;
  const place = random.pick(places);
  const key = keyAt(members, place);
  members[place] = [key, random.pick(FITTING[key] ?? VALUES)];
}

const EDITS: readonly Edit[] = [
  (random, members) => refit(random, members),
  (random, members) => refit(random, members),
  (random, members, place) => members.splice(place, 1, [keyAt(members, place), random.pick(VALUES)]),
  (random, members, place) => members.splice(place, 1, [keyAt(members, place), random.pick(VALUES)]),
  (_random, members, place) => members.splice(place, 1),
  (random, members, place) => members.splice(place, 0, [random.pick(KEYS), random.pick(VALUES)]),
  (random, members, place) => members.splice(place, 0, [random.pick(KEYS), valueAt(members, random.below(members.length))]),
  (random, members, place) => members.splice(random.below(members.length), 0, [keyAt(members, place), valueAt(members, place)]),
  (random, members, place) => members.splice(place, 1, [escaped(random, keyAt(members, place)), valueAt(members, place)]),
  (random, members, place) => members.splice(place, 1, [keyAt(members, place), nested(random, valueAt(members, place))]),
  (random, members) => members.sort(() => random.unit() - 0.5),
];

/** JSON text of an event of a pipeline, with `edits` changes to its members; a right event for 0. */
export function eventText(random: Random, pipeline: PipelineName, edits: number): string {
  const members = membersOf(random, pipeline);
  for (let i = 0; i < edits; i += 1) random.pick(EDITS)(random, members, random.below(members.length));
  const space = random.chance(0.1) ? random.pick([' ', '\n', '\t\r\n ', '   ']) : '';
  return `{${members.map(([key, value]) => `${space}"${key}"${space}:${space}${value}`).join(',')}${space}}`;
}
