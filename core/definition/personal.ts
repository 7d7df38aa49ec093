import { usageError } from '../errors.ts';
import type { FeatureSpec } from './features.ts';
import type { Personal } from './fields.ts';
import type { EventTypeSpec, Pipeline } from './pipeline.ts';

/** Shortest pseudonym that erasure makes: `erased-` and 16 letters, which are 64 bits. */
export const PSEUDONYM_LENGTH_MIN = 23;

/** Names of the fields of an event type that tell of the person behind the key and that erasure treats so. */
export function personalFieldsOf({ fields }: EventTypeSpec, personal: Personal): string[] {
  return Object.keys(fields).filter((name) => fields[name]?.personal === personal);
}

/**
 * Checks that erasure leaves everything that is counted as it is: a field that goes is optional and nothing depends on it; one that becomes
 * a pseudonym is text by which features over its own key may tell events apart, and nothing else depends on it; and tiles of other keys
 * remember no keys. Throws UsageError.
 */
export function checkPersonal(pipeline: Pipeline): void {
  for (const [name, type] of Object.entries(pipeline.eventTypes)) {
    for (const field of personalFieldsOf(type, 'drop')) checkDropped(pipeline, name, field);
    for (const field of personalFieldsOf(type, 'pseudonym')) checkPseudonym(pipeline, name, field);
  }
  checkPairs(pipeline);
  checkTiles(pipeline);
}

const pathOf = (typeName: string, field: string): string => `eventTypes.${typeName}.fields.${field}.personal`;

function checkDropped(pipeline: Pipeline, typeName: string, field: string): void {
  const path = pathOf(typeName, field);
  if (pipeline.eventTypes[typeName]?.fields[field]?.optional !== true)
    throw usageError(path, 'drop, of a required field', 'an optional field: erasure leaves it out');
  const user = userOf(pipeline, typeName, field) ?? counterOf(pipeline, typeName, field);
  if (user !== undefined) throw usageError(path, `drop, while ${user} uses it`, 'a field that no aggregate, feature or amount depends on');
}

function checkPseudonym(pipeline: Pipeline, typeName: string, field: string): void {
  const path = pathOf(typeName, field);
  const type = pipeline.eventTypes[typeName];
  const spec = type?.fields[field];
  const isFit = spec?.kind === 'string' && spec.maxLength >= PSEUDONYM_LENGTH_MIN && field !== type?.key && field !== 'event_id';
  if (!isFit)
    throw usageError(
      path,
      `pseudonym, of ${field}`,
      `a text field of ${PSEUDONYM_LENGTH_MIN} characters or more that is neither key nor id`,
    );
  const user = userOf(pipeline, typeName, field);
  if (user !== undefined)
    throw usageError(path, `pseudonym, while ${user} uses it`, 'a field that only `per` and counts of features over the key depend on');
}

/** What of the definition compares or keeps values of a field, beside what a pseudonym leaves as it is. */
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
    const isBy = spec.kind === 'tile' && spec.by === field && typesOf(pipeline, spec).includes(typeName);
    const isMeasured = spec.field === field && (spec.measure !== 'count' || spec.kind === 'tile');
    const isNamed = [...Object.keys(spec.where ?? {}), ...Object.keys(spec.of ?? {}), ...(spec.place ?? [])].includes(field);
    return isBy || (spec.over === typeName && (isMeasured || isNamed));
  });
  return feature === undefined ? undefined : `features.${feature[0]}`;
}

/** What counts events by a field, each value apart, within the key: equal values are enough for it. */
function counterOf(pipeline: Pipeline, typeName: string, field: string): string | undefined {
  const feature = Object.entries(pipeline.features).find(
    ([, spec]) =>
      spec.kind === 'key' &&
      ((spec.per.includes(field) && typesOf(pipeline, spec).includes(typeName)) || (spec.over === typeName && spec.field === field)),
  );
  return feature === undefined ? undefined : `features.${feature[0]}`;
}

/** The event types whose fields a feature compares. */
function typesOf({ decision }: Pipeline, { over }: FeatureSpec): (string | undefined)[] {
  return [over, decision?.over];
}

/** A value that is a pseudonym on one side only would equal none on the other. */
function checkPairs(pipeline: Pipeline): void {
  for (const [name, spec] of Object.entries(pipeline.features)) {
    for (const field of spec.kind === 'key' ? spec.per : []) {
      const [over, judged] = typesOf(pipeline, spec).map((type) => pipeline.eventTypes[type ?? '']?.fields[field]?.personal ?? 'no');
      if (over === judged) continue;
      const received = `${field}, personal: ${over} in ${spec.over} and ${judged} in ${pipeline.decision?.over}`;
      throw usageError(`features.${name}.per`, received, 'a field that erasure treats alike in both event types');
    }
  }
}

/** Erasure finds the tiles of a key by that key, and cannot look for it in the tiles of all others. */
function checkTiles(pipeline: Pipeline): void {
  for (const [name, spec] of Object.entries(pipeline.features)) {
    const key = pipeline.eventTypes[spec.over]?.key;
    if (spec.kind === 'tile' && spec.field === key && spec.measure === 'distinct')
      throw usageError(
        `features.${name}.field`,
        spec.field,
        `another field than the key ${key}: what tiles remember, erasure does not find`,
      );
  }
}
