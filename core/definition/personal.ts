import { usageError } from '../errors.ts';
import type { EventTypeSpec, Pipeline } from './pipeline.ts';

/** Names of the fields of an event type that tell of the person behind the key. */
export function personalFieldsOf({ fields }: EventTypeSpec): string[] {
  return Object.keys(fields).filter((name) => fields[name]?.personal === true);
}

/**
 * Checks the fields marked personal: erasure leaves them out, so each must be optional, and nothing that is counted may depend on it.
 * Throws UsageError.
 */
export function checkPersonal(pipeline: Pipeline): void {
  for (const [name, type] of Object.entries(pipeline.eventTypes)) {
    for (const field of personalFieldsOf(type)) {
      const path = `eventTypes.${name}.fields.${field}.personal`;
      if (type.fields[field]?.optional !== true)
        throw usageError(path, 'true for a required field', 'an optional field: erasure leaves it out');
      const user = userOf(pipeline, name, field);
      if (user !== undefined)
        throw usageError(path, `true, while ${user} uses it`, 'a field that no aggregate, feature or amount depends on');
    }
  }
}

function userOf(pipeline: Pipeline, typeName: string, field: string): string | undefined {
  const type = pipeline.eventTypes[typeName];
  const money = Object.keys(type?.fields ?? {}).find((name) => {
    const spec = type?.fields[name];
    return spec?.kind === 'money' && spec.currencyField === field;
  });
  if (money !== undefined) return `eventTypes.${typeName}.fields.${money}`;
  for (const aggregate of Object.values(pipeline.aggregates)) {
    if (aggregate.over !== typeName) continue;
    if (aggregate.groupBy.some((group) => group.field === field)) return `aggregates.${aggregate.name}.groupBy`;
    const measure = Object.entries(aggregate.measures).find(([, one]) => 'field' in one && one.field === field);
    if (measure !== undefined) return `aggregates.${aggregate.name}.measures.${measure[0]}`;
  }
  const feature = Object.entries(pipeline.features).find(([, spec]) => {
    const isOver = spec.over === typeName || pipeline.decision?.over === typeName;
    const shared: readonly string[] = spec.kind === 'key' ? spec.per : [spec.by];
    const own = [spec.field, ...Object.keys(spec.where ?? {}), ...Object.keys(spec.of ?? {}), ...(spec.place ?? [])];
    return (isOver && shared.includes(field)) || (spec.over === typeName && own.includes(field));
  });
  return feature === undefined ? undefined : `features.${feature[0]}`;
}
