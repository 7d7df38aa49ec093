import type { FieldSpec } from '../definition/fields.ts';
import type { MeasureSpec } from '../definition/measures.ts';
import type { Component } from './component.ts';
import { countOf } from './count.ts';
import { distinctCountOf, distinctOf } from './distinct.ts';
import { firstOf, lastOf } from './ends.ts';
import { maxOf, minOf } from './extremes.ts';
import { quantileOf, quantilesOf } from './quantiles.ts';
import { shareOf } from './rank.ts';
import { meanOf, squaresOf, stddevOf, sumOf } from './sums.ts';
import type { Accumulator, AggregateFunction, ResultValue } from './types.ts';

type Fields = Readonly<Record<string, FieldSpec>>;
type Reader = (of: Accumulator) => ResultValue;

/**
 * Compiles measures over a checked event type into an aggregate. Measures share components, and an event that lacks an optional
 * field is passed over by that field's measures. Over a `fixed` field sum, min, max, quantile, first and last stay scaled
 * integers; mean and stddev are doubles in real units (divided by 10^scale). Over money all are in minor units.
 */
export function compileAggregate(measures: Readonly<Record<string, MeasureSpec>>, fields: Fields): AggregateFunction {
  const parts = new Parts();
  const columns = Object.entries(measures).map(([name, measure]) => ({ name, read: readerOf(measure, fields, parts) }));
  const components = parts.components;
  return {
    empty: () => components.map((component) => component.empty()),
    add: (into, input) => {
      for (let i = 0; i < components.length; i += 1) into[i] = components[i]?.add(into[i], input);
      return into;
    },
    merge: (into, other) => {
      for (let i = 0; i < components.length; i += 1) into[i] = components[i]?.merge(into[i], other[i]);
      return into;
    },
    result: (of) => {
      const row: Record<string, ResultValue> = {};
      for (const { name, read } of columns) row[name] = read(of);
      return row;
    },
  };
}

/** Ids of the components of an aggregate, in the order of the parts of its accumulators. */
export function componentIdsOf(measures: Readonly<Record<string, MeasureSpec>>, fields: Fields): string[] {
  const parts = new Parts();
  for (const measure of Object.values(measures)) readerOf(measure, fields, parts);
  return parts.components.map(({ id }) => id);
}

/** Components of an aggregate, each once. */
class Parts {
  readonly components: Component[] = [];

  /** Adds the component unless it is there, and returns the reader of its state. */
  use<State>(component: Component<State>): (of: Accumulator) => State {
    const known = this.components.findIndex(({ id }) => id === component.id);
    const at = known >= 0 ? known : this.components.push(component) - 1;
    return (of) => of[at] as State;
  }
}

function readerOf(measure: MeasureSpec, fields: Fields, parts: Parts): Reader {
  switch (measure.kind) {
    case 'count':
      return parts.use(countOf());
    case 'sum':
      return sumReader(measure.field, fields, parts);
    case 'min':
      return parts.use(minOf(measure.field));
    case 'max':
      return parts.use(maxOf(measure.field));
    case 'mean':
      return meanReader(measure.field, fields, parts);
    case 'stddev':
      return stddevReader(measure.field, fields, parts);
    case 'distinct': {
      const values = parts.use(distinctOf(measure.field));
      return (of) => distinctCountOf(values(of));
    }
    case 'first':
    case 'last': {
      const seen = parts.use(measure.kind === 'first' ? firstOf(measure.field) : lastOf(measure.field));
      return (of) => seen(of)?.[2] ?? null;
    }
    case 'quantile': {
      const values = parts.use(quantilesOf(measure.field));
      const share = shareOf(measure.share);
      return (of) => quantileOf(values(of), share);
    }
  }
}

function sumReader(field: string, fields: Fields, parts: Parts): Reader {
  const sum = parts.use(sumOf(field));
  const count = parts.use(valuesOf(field, fields));
  return (of) => (count(of) === 0 ? null : sum(of));
}

function meanReader(field: string, fields: Fields, parts: Parts): Reader {
  const sum = parts.use(sumOf(field));
  const count = parts.use(valuesOf(field, fields));
  const unit = unitOf(field, fields);
  return (of) => meanOf(sum(of), count(of), unit);
}

function stddevReader(field: string, fields: Fields, parts: Parts): Reader {
  const sum = parts.use(sumOf(field));
  const squares = parts.use(squaresOf(field));
  const count = parts.use(valuesOf(field, fields));
  const unit = unitOf(field, fields);
  return (of) => stddevOf(sum(of), squares(of), count(of), unit);
}

/** Counts the values of a field; for a required one that is the count of events. */
function valuesOf(field: string, fields: Fields): Component<number> {
  return fields[field]?.optional === true ? countOf(field) : countOf();
}

/** Integer that stands for one whole of a field. */
function unitOf(field: string, fields: Fields): number {
  const spec = fields[field];
  return spec?.kind === 'fixed' ? 10 ** spec.scale : 1;
}
