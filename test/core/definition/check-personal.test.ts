import { describe, expect, test } from 'vitest';
import { type FeatureSpec, keyFeature, tileFeature } from '../../../core/definition/features.ts';
import { integer, text } from '../../../core/definition/fields.ts';
import { count, distinct, first } from '../../../core/definition/measures.ts';
import { definePipeline, type EventTypeSpec } from '../../../core/definition/pipeline.ts';
import { tumbling } from '../../../core/definition/windows.ts';

const HOUR_MS = 3_600_000;

function definedWith(mail: EventTypeSpec['fields'][string], more: object = {}): unknown {
  const visit = { description: 'A visit.', table: 'visits', key: 'who', fields: { who: text(), mail } };
  const all = { description: 'All.', over: 'visit', window: tumbling(60_000), groupBy: [], measures: { n: count() }, ...more };
  return definePipeline({ name: 'shop', version: 1, eventTypes: { visit }, aggregates: { all } }).eventTypes['visit']?.fields['mail'];
}

test('a personal field is optional, and nothing that is counted depends on it', () => {
  const mail = text({ optional: true, personal: 'drop' });
  expect(definedWith(mail)).toMatchObject({ personal: 'drop', optional: true });
  expect(definedWith(text())).not.toHaveProperty('personal');
  expect(() => definedWith(text({ personal: 'drop' }))).toThrow('an optional field: erasure leaves it out');
  const grouped = { groupBy: [{ field: 'mail', missing: 'none' }] };
  expect(() => definedWith(mail, grouped)).toThrow(
    'eventTypes.visit.fields.mail.personal: got "drop, while aggregates.all.groupBy uses it"',
  );
  for (const measure of [distinct('mail'), first('mail')])
    expect(() => definedWith(mail, { measures: { m: measure } })).toThrow('aggregates.all.measures.m uses it');
});

const VEILED = text({ optional: true, personal: 'pseudonym' });

/** A shop whose visits have a device; orders of the same key may have one too. */
function shopWith(features: Record<string, FeatureSpec>, device = VEILED, orderDevice: EventTypeSpec['fields'][string] = device): unknown {
  const fields = { who: text(), place: text() };
  return definePipeline({
    name: 'shop',
    version: 1,
    eventTypes: {
      visit: { description: 'A visit.', table: 'visits', key: 'who', fields: { ...fields, device } },
      order: { description: 'An order.', table: 'orders', key: 'who', fields: { ...fields, device: orderDevice } },
    },
    aggregates: {},
    features,
    decision: { over: 'visit', reviewPoints: 1, declinePoints: 2 },
  });
}

const OF_KEY = { over: 'visit', measure: 'count', windowMs: HOUR_MS, tileMs: HOUR_MS, description: 'x' } as const;
const OF_PLACE = { ...OF_KEY, by: 'place', delayMs: 2 * HOUR_MS } as const;

describe('a field that becomes a pseudonym', () => {
  test('may tell apart what features over the key count, also between two event types', () => {
    expect(() =>
      shopWith({
        seen: keyFeature({ ...OF_KEY, field: 'device', per: ['device'] }),
        ordered: keyFeature({ ...OF_KEY, over: 'order', per: ['device'] }),
      }),
    ).not.toThrow();
  });

  test.each<[string, FeatureSpec]>([
    [
      'a number of different values, which is an estimate when it is large',
      keyFeature({ ...OF_KEY, measure: 'distinct', field: 'device' }),
    ],
    ['one value of it', keyFeature({ ...OF_KEY, where: { device: 'd1' } })],
    ['a share of one value', keyFeature({ ...OF_KEY, measure: 'share', of: { device: 'd1' } })],
    ['tiles by it, where other keys are', tileFeature({ ...OF_PLACE, by: 'device' })],
    ['tiles that count it', tileFeature({ ...OF_PLACE, field: 'device' })],
  ])('is not used by %s', (_what, feature) => {
    expect(() => shopWith({ feature })).toThrow(
      'eventTypes.visit.fields.device.personal: got "pseudonym, while features.feature uses it"; allowed: a field that only',
    );
  });

  test('is treated alike in both event types that a feature compares', () => {
    const features = { ordered: keyFeature({ ...OF_KEY, over: 'order', per: ['device'] }) };
    expect(() => shopWith(features, VEILED, text({ optional: true }))).toThrow(
      'features.ordered.per: got "device, personal: no in order and pseudonym in visit"',
    );
    expect(() => shopWith({}, VEILED, text({ optional: true }))).not.toThrow();
  });

  test.each([
    ['a number', integer({ optional: true, personal: 'pseudonym' })],
    ['a text too short for one', text({ personal: 'pseudonym', maxLength: 22 })],
  ])('is not %s', (_what, device) => {
    expect(() => shopWith({}, device)).toThrow('a text field of 23 characters or more that is neither key nor id');
  });

  test('may be required', () => {
    expect(() => shopWith({}, text({ personal: 'pseudonym', maxLength: 23 }))).not.toThrow();
  });
});

test('a field that goes is not counted, and tiles of other keys do not remember keys', () => {
  const dropped = text({ optional: true, personal: 'drop' });
  expect(() => shopWith({ seen: keyFeature({ ...OF_KEY, field: 'device' }) }, dropped)).toThrow('features.seen uses it');
  expect(() => shopWith({ seen: keyFeature({ ...OF_KEY, per: ['device'] }) }, dropped)).toThrow('features.seen uses it');
  expect(() => shopWith({ people: tileFeature({ ...OF_PLACE, measure: 'distinct', field: 'who' }) })).toThrow(
    'features.people.field: got "who"; allowed: another field than the key who',
  );
});
