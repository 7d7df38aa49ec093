import type { FeatureSpec } from '../definition/features.ts';
import type { FieldSpec } from '../definition/fields.ts';
import type { Pipeline } from '../definition/pipeline.ts';
import type { FieldValue } from '../model.ts';

/** What CEL computes with: ints are BigInt, doubles are numbers, times are Dates. */
export type CelValue = bigint | number | string | boolean | Date;

/** CEL types that rules meet. */
export type CelType = 'int' | 'double' | 'string' | 'bool' | 'google.protobuf.Timestamp';

/** One value that rules can name, as `event.<name>` or `features.<name>`. */
export interface Variable {
  readonly path: string;
  readonly name: string;
  /** Event field or feature that it is read from. */
  readonly from: string;
  readonly celType: CelType;
  readonly toCel: (value: FieldValue) => CelValue;
  /** The value in real units, as decision rows keep it; times are epoch ms. */
  readonly toRow: (value: FieldValue) => FieldValue;
  /** The value as a reason shows it. */
  readonly toText: (value: FieldValue) => string;
}

/** All values that rules of a pipeline can name, by name. */
export interface Variables {
  readonly event: ReadonlyMap<string, Variable>;
  readonly features: ReadonlyMap<string, Variable>;
}

/** Digits shown behind the point of a feature's last exact digit: a mean of cents shows hundredths of a cent. */
const EXTRA_DIGITS = 2;

const same = (value: FieldValue): FieldValue => value;
const toInt = (value: FieldValue): bigint => BigInt(value);

/**
 * Variables of one event type and the pipeline's features. Money `amount` is `event.amount_minor` (int), fixed-point fields are
 * doubles in real units, integers are ints, times are CEL timestamps, all under the field's own name.
 */
export function variablesOf(pipeline: Pipeline, eventType: string): Variables {
  const fields = pipeline.eventTypes[eventType]?.fields ?? {};
  const event = Object.entries(fields).map(([field, spec]) => fieldVariable(field, spec));
  const features = Object.entries(pipeline.features).map(([name, spec]) =>
    featureVariable(name, spec, pipeline.eventTypes[spec.over]?.fields[spec.field ?? '']),
  );
  return { event: byName(event), features: byName(features) };
}

function byName(variables: readonly Variable[]): Map<string, Variable> {
  return new Map(variables.map((one) => [one.name, one]));
}

function fieldVariable(from: string, spec: FieldSpec): Variable {
  const name = spec.kind === 'money' ? `${from}_minor` : from;
  const base = { path: `event.${name}`, name, from, toRow: same, toText: String };
  switch (spec.kind) {
    case 'money':
    case 'integer':
      return { ...base, celType: 'int', toCel: toInt };
    case 'fixed': {
      const unit = 10 ** spec.scale;
      const toReal = (value: FieldValue): number => Number(value) / unit;
      return { ...base, celType: 'double', toCel: toReal, toRow: toReal, toText: (value) => String(toReal(value)) };
    }
    case 'time':
      return {
        ...base,
        celType: 'google.protobuf.Timestamp',
        toCel: (value) => new Date(Number(value)),
        toText: (value) => new Date(Number(value)).toISOString(),
      };
    case 'boolean':
      return { ...base, celType: 'bool', toCel: same };
    default:
      return { ...base, celType: 'string', toCel: same };
  }
}

function featureVariable(name: string, spec: FeatureSpec, field: FieldSpec | undefined): Variable {
  const scale = field?.kind === 'fixed' ? field.scale : 0;
  const isInt = spec.measure === 'count' || (spec.measure === 'sum' && field?.kind !== 'fixed');
  return {
    path: `features.${name}`,
    name,
    from: name,
    celType: isInt ? 'int' : 'double',
    toCel: isInt ? toInt : same,
    toRow: same,
    toText: (value) => String(Number(Number(value).toFixed(scale + EXTRA_DIGITS))),
  };
}
