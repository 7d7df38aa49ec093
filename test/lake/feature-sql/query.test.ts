import { describe, expect, test } from 'vitest';
import { keyFeature } from '../../../core/definition/features.ts';
import { integer } from '../../../core/definition/fields.ts';
import type { Pipeline } from '../../../core/definition/pipeline.ts';
import type { Event } from '../../../core/model.ts';
import { featureQuery, noSqlReason } from '../../../lake/feature-sql/query.ts';
import { asked, historyOf, lakeOf, replayed } from './history.ts';
import { EVERY_FEATURE, pipelineOf } from './kinds.ts';

const pipeline = pipelineOf(EVERY_FEATURE);

describe('the SQL of a feature', () => {
  test.each([1, 2, 3])('gives what the replay gives, for every measure and filter (history %i)', async (seed) => {
    const events = historyOf(seed, 150);
    const truth = replayed(pipeline, events);
    const db = await lakeOf(pipeline, events);
    const constant: string[] = [];
    for (const name of Object.keys(EVERY_FEATURE)) {
      const said = await asked(db, featureQuery(pipeline, name));
      expect(said.size, name).toBe(truth.size);
      const wrong = [...truth].filter(([id, values]) => !isClose(said.get(id), values[name]));
      expect(
        wrong.map(([id, values]) => [id, values[name], said.get(id)]),
        name,
      ).toEqual([]);
      if (new Set(said.values()).size < 2) constant.push(name);
    }
    expect(constant).toEqual([]);
  });

  test('is refused for a field that has the name of a column which the query needs itself', () => {
    const fields = { ...pipeline.eventTypes['payment']?.fields, arrival: integer({ optional: true }) };
    const other = {
      ...pipeline,
      eventTypes: { ...pipeline.eventTypes, payment: { ...pipeline.eventTypes['payment'], fields } },
    } as Pipeline;
    const features = {
      arrivals: keyFeature({ over: 'payment', measure: 'sum', field: 'arrival', windowMs: 1, tileMs: 1, description: 'x' }),
    };
    expect(noSqlReason({ ...other, features }, 'arrivals')).toMatch(/^a field named arrival/);
  });

  test.each([
    ['event.items + 1 > 2', '+ of int and int'],
    ['event.channel.startsWith("w")', 'startsWith of string and string'],
    ['event.reading / 2.0 > 1.0', '/ of double and double'],
    ['["web"].exists(c, c == event.channel)', 'a loop'],
    ['event.event_time.getHours() > 3', 'getHours in a condition'],
  ])('is refused where fraud explains itself by %s', (when, what) => {
    const other = pipelineOf(EVERY_FEATURE, when);
    expect(noSqlReason(other, 'run_age')).toContain(what);
    expect(noSqlReason(other, 'run_all')).toBeUndefined();
  });

  test('counts a run from the lower id of two frauds that became known at one moment', async () => {
    const [earlyMs, lateMs] = [Date.parse('2026-01-02T10:00:00Z'), Date.parse('2026-01-04T10:00:00Z')];
    const label = (id: string, payment_time: number): Event => {
      const values = { event_id: id, event_time: lateMs, customer: 'c', terminal: 't', payment_id: 'p', payment_time, fraud: true };
      return { type: 'label', id, timeMs: lateMs, key: 'c', values };
    };
    const atMs = Date.parse('2026-01-05T10:00:00Z');
    const values = { event_id: 'x', event_time: atMs, customer: 'c', terminal: 't', amount: 1, currency: 'EUR' };
    const events = [label('b', lateMs), label('a', earlyMs), { type: 'payment', id: 'x', timeMs: atMs, key: 'c', values }];
    const db = await lakeOf(pipeline, events);
    expect(replayed(pipeline, events).get('c x')?.['run_age']).toBe(3);
    expect((await asked(db, featureQuery(pipeline, 'run_age'))).get('c x')).toBe(3);
  });
});

/** Equal but for what doubles lose. */
function isClose(a: number | null | undefined, b: number | null | undefined): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b;
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
}
