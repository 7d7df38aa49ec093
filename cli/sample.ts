import type { FieldSpec } from '../core/definition/fields.ts';
import type { EventTypeSpec, Pipeline } from '../core/definition/pipeline.ts';

/** A valid event of a pipeline as a shell word: the shell fills in a new id and the time at which the line is run. */
export interface SampleEvent {
  readonly type: string;
  readonly table: string;
  /** Partition key. */
  readonly key: string;
  /** JSON in single quotes with `date` calls, for sh, bash and zsh. */
  readonly shellJson: string;
}

const NOW = "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'";
const UNIQUE = "'$(date +%s)'";

/** Makes up an event of the type that is judged, or of the first one. */
export function sampleEvent({ eventTypes, decision }: Pipeline): SampleEvent {
  const [first] = Object.keys(eventTypes);
  const type = decision?.over ?? first ?? '';
  const spec = eventTypes[type];
  if (spec === undefined) throw new Error(`event type ${type} is not in the pipeline`);
  const values = { type, ...Object.fromEntries(requiredFields(spec).map(([name, field]) => [name, sampleValue(name, field)])) };
  return { type, table: spec.table, key: String(Reflect.get(values, spec.key)), shellJson: `'${JSON.stringify(values)}'` };
}

function requiredFields({ fields }: EventTypeSpec): [string, FieldSpec][] {
  return Object.entries(fields).filter(([, field]) => !field.optional);
}

function sampleValue(name: string, field: FieldSpec): string | number | boolean {
  switch (field.kind) {
    case 'string':
      return name === 'event_id' ? `try-${UNIQUE}` : `${name.replace(/_id$/, '')}-1`.slice(0, field.maxLength);
    case 'time':
      return NOW;
    case 'money':
      return '250';
    case 'currency':
      return 'EUR';
    case 'boolean':
      return false;
    case 'integer':
      return 1;
    case 'fixed':
      return '1';
  }
}
