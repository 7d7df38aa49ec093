import type { FieldSpec } from '../definition/fields.ts';
import type { EventTypeSpec, Pipeline } from '../definition/pipeline.ts';
import { currencyCodes } from './currency.ts';

type Schema = Readonly<Record<string, unknown>>;

const TIME_PATTERN = '^\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?([Zz]|[+-]00:00)$';
const DECIMAL_PATTERN = '^-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?$';

/**
 * JSON Schema (2020-12) of the events of a pipeline, for producers: one definition for each event type, told apart by `type`. It
 * is as strict as a schema can be; what it cannot say (decimals of a currency, calendar, distance from arrival) is in descriptions.
 */
export function jsonSchemaOf(pipeline: Pipeline): Schema {
  const types = Object.entries(pipeline.eventTypes);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `Events of the pipeline ${pipeline.name}, version ${pipeline.version}`,
    oneOf: types.map(([name]) => ({ $ref: `#/$defs/${name}` })),
    $defs: Object.fromEntries(types.map(([name, type]) => [name, typeSchema(name, type)])),
  };
}

function typeSchema(name: string, type: EventTypeSpec): Schema {
  const fields = Object.entries(type.fields);
  return {
    type: 'object',
    description: type.description,
    properties: { type: { const: name }, ...Object.fromEntries(fields.map(([field, spec]) => [field, fieldSchema(spec)])) },
    required: ['type', ...fields.filter(([, spec]) => !spec.optional).map(([field]) => field)],
    additionalProperties: true,
  };
}

function fieldSchema(spec: FieldSpec): Schema {
  const schema = valueSchema(spec);
  return spec.optional ? { anyOf: [schema, { type: 'null' }] } : schema;
}

function valueSchema(spec: FieldSpec): Schema {
  switch (spec.kind) {
    case 'string':
      return { type: 'string', minLength: 1, maxLength: spec.maxLength };
    case 'time':
      return { type: 'string', pattern: TIME_PATTERN, description: 'RFC 3339 time in UTC, from 2000 up to, not including, 2100.' };
    case 'currency':
      return { type: 'string', enum: currencyCodes(), description: 'ISO 4217 code.' };
    case 'boolean':
      return { type: 'boolean' };
    case 'integer':
      return { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
    case 'fixed':
      return decimalSchema(`Exact decimal with at most ${spec.scale} decimals.`);
    case 'money':
      return decimalSchema(`Exact amount, with no more decimals than the currency in ${spec.currencyField} has.`);
  }
}

function decimalSchema(description: string): Schema {
  return { anyOf: [{ type: 'string', pattern: DECIMAL_PATTERN }, { type: 'number' }], description };
}
