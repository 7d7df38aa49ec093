import { expect, test } from 'vitest';
import { text } from '../../../core/definition/fields.ts';
import { count, distinct, first } from '../../../core/definition/measures.ts';
import { definePipeline, type EventTypeSpec } from '../../../core/definition/pipeline.ts';
import { tumbling } from '../../../core/definition/windows.ts';

function definedWith(mail: EventTypeSpec['fields'][string], more: object = {}): unknown {
  const visit = { description: 'A visit.', table: 'visits', key: 'who', fields: { who: text(), mail } };
  const all = { description: 'All.', over: 'visit', window: tumbling(60_000), groupBy: [], measures: { n: count() }, ...more };
  return definePipeline({ name: 'shop', version: 1, eventTypes: { visit }, aggregates: { all } }).eventTypes['visit']?.fields['mail'];
}

test('a personal field is optional, and nothing that is counted depends on it', () => {
  const mail = text({ optional: true, personal: true });
  expect(definedWith(mail)).toMatchObject({ personal: true, optional: true });
  expect(definedWith(text())).not.toHaveProperty('personal');
  expect(() => definedWith(text({ personal: true }))).toThrow('an optional field: erasure leaves it out');
  const grouped = { groupBy: [{ field: 'mail', missing: 'none' }] };
  expect(() => definedWith(mail, grouped)).toThrow(
    'eventTypes.visit.fields.mail.personal: got "true, while aggregates.all.groupBy uses it"',
  );
  for (const measure of [distinct('mail'), first('mail')])
    expect(() => definedWith(mail, { measures: { m: measure } })).toThrow('aggregates.all.measures.m uses it');
});
