import type { GroupField } from '../definition/pipeline.ts';
import type { Event, FieldValue } from '../model.ts';

/**
 * Group of an event: the JSON array of its group values, a field's `missing` standing in where the event lacks it. Throws when
 * a group field without `missing` is absent: definitions do not allow that.
 */
export function groupKeyOf(aggregate: { readonly groupBy: readonly GroupField[] }, event: Pick<Event, 'values'>): string {
  const values: FieldValue[] = [];
  for (const { field, missing } of aggregate.groupBy) {
    const value = event.values[field] ?? missing;
    if (value === undefined) throw new Error(`group field ${field} is absent and has no replacement`);
    values.push(value);
  }
  return JSON.stringify(values);
}

/** Values of a group key, in the order of the aggregate's group fields. */
export function groupValuesOf(groupKey: string): FieldValue[] {
  return JSON.parse(groupKey) as FieldValue[];
}
