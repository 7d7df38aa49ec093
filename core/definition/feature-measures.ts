import { checkFilter, ensure, FIELD_KINDS, type Fields, fieldOf, listOf, NUMERIC } from './check-tools.ts';
import { type FeatureMeasure, type FeatureSpec, rememberedBy } from './features.ts';

/** Fields of the events that a feature is computed over, and of those that are judged. */
interface BothFields {
  readonly over: Fields;
  readonly judged: Fields;
}

/** What each measure takes as `field`; none where it is absent. */
const FIELD_OF: Readonly<Partial<Record<FeatureMeasure, readonly string[]>>> = {
  count: FIELD_KINDS,
  sum: NUMERIC,
  mean: NUMERIC,
  stddev: NUMERIC,
  min: NUMERIC,
  max: NUMERIC,
  distinct: ['string', 'currency', 'integer'],
  ratio: NUMERIC,
};
/** About the key's own earlier events: tiles of other keys end before them. */
const OF_KEY: readonly FeatureMeasure[] = ['since_last', 'distance_km', 'speed_kmh', 'ratio'];
const PLACES: readonly FeatureMeasure[] = ['distance_km', 'speed_kmh'];
/** About an order of events that parts of several shards have only once they are merged, in closed tiles. */
const OF_OTHERS: readonly FeatureMeasure[] = ['run', 'run_age_days'];
const MEASURES: readonly FeatureMeasure[] = [
  ...(['count', 'sum', 'mean', 'stddev', 'min', 'max', 'distinct', 'share'] as const),
  ...OF_KEY,
  ...OF_OTHERS,
];

/** Checks what a feature measures. Throws UsageError. */
export function checkFeatureMeasure(path: string, feature: FeatureSpec, fields: BothFields): void {
  const { measure, kind } = feature;
  const allowed = MEASURES.filter((one) => !(kind === 'key' ? OF_OTHERS : OF_KEY).includes(one));
  ensure(allowed.includes(measure), `${path}.measure`, measure, listOf(allowed));
  checkOf(path, feature, fields.over);
  checkPlace(path, feature, fields);
  checkUsual(path, feature, fields);
  checkSince(path, feature, fields.over);
  if (rememberedBy(feature) !== undefined) return;
  const kinds = FIELD_OF[measure];
  if (kinds === undefined) ensure(feature.field === undefined, `${path}.field`, feature.field, `no field: ${measure} takes none`);
  else if (measure !== 'count') checkField(path, feature, { fields: fields.over, kinds });
  else if (feature.field !== undefined) fieldOf(`${path}.field`, fields.over, feature.field, kinds);
}

/** Checks a feature that remembers what another one was. Throws UsageError. */
export function checkRemembered(path: string, feature: FeatureSpec, features: Readonly<Record<string, FeatureSpec>>): void {
  const name = rememberedBy(feature);
  if (name === undefined) return;
  ensure(
    feature.kind === 'key' && feature.measure === 'max',
    `${path}.measure`,
    feature.measure,
    'max over the partition key, of a feature',
  );
  const base = Object.hasOwn(features, name) ? features[name] : undefined;
  const isRight = base?.kind === 'key' && base.over === feature.over && rememberedBy(base) === undefined;
  ensure(
    isRight,
    `${path}.field`,
    feature.field,
    `a feature over the partition key of the same events (${feature.over}) that reads fields`,
  );
}

function checkField(
  path: string,
  feature: FeatureSpec,
  { fields, kinds }: { readonly fields: Fields; readonly kinds: readonly string[] },
): void {
  const spec = fieldOf(`${path}.field`, fields, feature.field, kinds);
  if (spec.kind !== 'money') return;
  const per: readonly string[] = feature.kind === 'key' ? feature.per : [];
  const isOneCurrency = per.includes(spec.currencyField) || Object.hasOwn(feature.where ?? {}, spec.currencyField);
  ensure(
    isOneCurrency,
    path,
    `${feature.measure} of ${feature.field}`,
    `money only with ${spec.currencyField} in per or where: currencies do not mix`,
  );
}

function checkOf(path: string, { measure, of }: FeatureSpec, fields: Fields): void {
  const names = Object.keys(of ?? {});
  const takesOf = measure === 'share' || OF_OTHERS.includes(measure);
  ensure(takesOf || of === undefined, `${path}.of`, listOf(names), `nothing: only share and runs take it, and this is ${measure}`);
  if (!takesOf) return;
  ensure(
    names.length > 0,
    `${path}.of`,
    of === undefined ? 'nothing' : '{}',
    'the values that events must have to count, such as { fraud: true }',
  );
  checkFilter(`${path}.of`, of ?? {}, fields);
}

function checkUsual(path: string, { measure, usual, field, over }: FeatureSpec, { judged }: BothFields): void {
  const isRatio = measure === 'ratio';
  ensure(isRatio || usual === undefined, `${path}.usual`, usual, `nothing: only ratio takes it, and this is ${measure}`);
  if (!isRatio) return;
  const { dropOneIn, prior } = usual ?? {};
  ensure(Number.isSafeInteger(dropOneIn) && Number(dropOneIn) >= 2, `${path}.usual.dropOneIn`, dropOneIn, 'a whole number from 2 on');
  ensure(Number.isSafeInteger(prior) && Number(prior) >= 1, `${path}.usual.prior`, prior, 'a whole number from 1 on');
  fieldOf(`${path}.field of ${over} in the judged events`, judged, field, NUMERIC);
}

function checkSince(path: string, { measure, since }: FeatureSpec, fields: Fields): void {
  const isRun = OF_OTHERS.includes(measure);
  ensure(isRun || since === undefined, `${path}.since`, since, `nothing: only runs take it, and this is ${measure}`);
  if (isRun) fieldOf(`${path}.since`, fields, since, ['time']);
}

/** Both ends of a way need the same fields. */
function checkPlace(path: string, { measure, place }: FeatureSpec, { over, judged }: BothFields): void {
  const isTravel = PLACES.includes(measure);
  ensure(isTravel || place === undefined, `${path}.place`, String(place), `nothing: ${measure} takes no place`);
  ensure(!isTravel || place?.length === 2, `${path}.place`, String(place), 'the names of two fixed-point fields: latitude, longitude');
  for (const [i, field] of (place ?? []).entries()) {
    fieldOf(`${path}.place[${i}]`, over, field, ['fixed']);
    fieldOf(`${path}.place[${i}] in the judged events`, judged, field, ['fixed']);
  }
}
