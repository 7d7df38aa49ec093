import type { CelType, CelVariable, Unit } from '../cel/types.ts';
import { type FeatureSpec, rememberedBy } from '../definition/features.ts';
import type { FieldSpec } from '../definition/fields.ts';
import type { Pipeline } from '../definition/pipeline.ts';
import type { FieldValue } from '../model.ts';
import type { RuleList } from './list.ts';
import type { ListView } from './list-view.ts';

/** One value that rules can name, as `event.<name>` or `features.<name>`. */
export interface Variable extends CelVariable {
  readonly name: string;
  /** Event field or feature that it is read from. */
  readonly from: string;
  /** What a stored value is divided by to be in real units: 1, or 10^scale of a fixed-point field. */
  readonly divisor: number;
  /** The value as a reason shows it; the value in real units. */
  readonly toText: (value: FieldValue) => string;
}

/** Values of variables and lists, each at its index, in real units; undefined where there is none. */
export type RuleInput = readonly (FieldValue | ListView | undefined)[];

/** All values that rules of a pipeline can name. */
export interface Variables {
  /** By name behind `event.`. */
  readonly event: ReadonlyMap<string, Variable>;
  /** By name behind `features.`. */
  readonly features: ReadonlyMap<string, Variable>;
  /** By id behind `lists.`. */
  readonly lists: ReadonlyMap<string, CelVariable>;
  readonly byPath: ReadonlyMap<string, CelVariable>;
}

/** Digits shown behind the point of a feature's last exact digit: a mean of cents shows hundredths of a cent. */
const EXTRA_DIGITS = 2;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Fields that every event has, whatever its type. */
const ALWAYS: ReadonlySet<string> = new Set(['event_id', 'event_time']);

type Unnumbered = Omit<Variable, 'index'>;

/**
 * Variables of one event type and the pipeline's features. Money `amount` is `event.amount_minor` (int), fixed-point fields are
 * doubles in real units, integers are ints, times are CEL timestamps, all under the field's own name.
 */
export function variablesOf(pipeline: Pipeline, eventType: string, ruleLists: readonly RuleList[] = []): Variables {
  const fields = pipeline.eventTypes[eventType]?.fields ?? {};
  const event = Object.entries(fields).map(([field, spec]) => fieldVariable(field, spec));
  const features = Object.entries(pipeline.features).map(([name, spec]) =>
    featureVariable(name, spec, pipeline.eventTypes[spec.over]?.fields[spec.field ?? '']),
  );
  const all = [...event, ...features].map((one, index): Variable => ({ ...one, index }));
  const ofPart = (part: string): Map<string, Variable> =>
    new Map(all.filter(({ path }) => path.startsWith(`${part}.`)).map((one) => [one.name, one]));
  const lists = new Map(
    ruleLists.map(({ id }, i): [string, CelVariable] => [
      id,
      { path: `lists.${id}`, type: { set: 'string' }, isRequired: true, index: all.length + i },
    ]),
  );
  const byPath = new Map<string, CelVariable>([...all, ...lists.values()].map((one) => [one.path, one]));
  return { event: ofPart('event'), features: ofPart('features'), lists, byPath };
}

/** The value of a variable in real units; undefined where there is none. */
export function valueOfVariable(variable: Variable, values: Readonly<Record<string, FieldValue | null>>): FieldValue | undefined {
  const value = values[variable.from] ?? undefined;
  return variable.divisor === 1 || value === undefined ? value : Number(value) / variable.divisor;
}

function fieldVariable(from: string, spec: FieldSpec): Unnumbered {
  const name = spec.kind === 'money' ? `${from}_minor` : from;
  const isRequired = ALWAYS.has(from) || !spec.optional;
  const base = { path: `event.${name}`, name, from, divisor: 1, isRequired, toText: String };
  switch (spec.kind) {
    case 'money':
      return { ...base, type: 'int', unit: 'money' };
    case 'integer':
      return { ...base, type: 'int' };
    case 'fixed':
      return { ...base, type: 'double', divisor: 10 ** spec.scale };
    case 'time':
      return { ...base, type: 'timestamp', toText: (value) => new Date(Number(value)).toISOString() };
    case 'boolean':
      return { ...base, type: 'bool' };
    default:
      return { ...base, type: 'string' };
  }
}

function featureVariable(name: string, spec: FeatureSpec, field: FieldSpec | undefined): Unnumbered {
  const scale = field?.kind === 'fixed' ? field.scale : 0;
  return {
    path: `features.${name}`,
    name,
    from: name,
    type: featureType(spec, field),
    unit: featureUnit(spec, field),
    divisor: 1,
    toText:
      spec.measure === 'since_last'
        ? (value) => spanText(Number(value))
        : (value) => String(Number(Number(value).toFixed(scale + EXTRA_DIGITS))),
  };
}

/** A time between two events as people say it, down to what has passed whole: `45 days`. */
function spanText(ms: number): string {
  const units = [['days', DAY_MS] as const, ['hours', HOUR_MS] as const, ['minutes', MINUTE_MS] as const];
  const [unit, unitMs] = units.find(([, one]) => ms >= 2 * one) ?? ['seconds', 1_000];
  return `${Math.floor(ms / unitMs)} ${unit}`;
}

function featureType(spec: FeatureSpec, field: FieldSpec | undefined): CelType {
  const { measure } = spec;
  if (rememberedBy(spec) !== undefined) return 'double';
  if (['count', 'distinct', 'run', 'run_age_days'].includes(measure)) return 'int';
  if (measure === 'since_last') return 'duration';
  return ['sum', 'min', 'max'].includes(measure) && field?.kind !== 'fixed' ? 'int' : 'double';
}

function featureUnit({ measure }: FeatureSpec, field: FieldSpec | undefined): Unit | undefined {
  switch (measure) {
    case 'count':
    case 'distinct':
    case 'run':
      return 'count';
    case 'share':
    case 'since_last':
    case 'ratio':
    case 'run_age_days':
      return undefined;
    case 'distance_km':
      return 'km';
    case 'speed_kmh':
      return 'km/h';
    default:
      return field?.kind === 'money' ? 'money' : undefined;
  }
}
