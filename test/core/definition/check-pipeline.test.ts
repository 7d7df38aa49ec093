import { describe, expect, test } from 'vitest';
import { definePipeline } from '../../../core/definition/pipeline.ts';
import { messageFor, refuses, rightSpec } from './support.ts';

const SALE = 'eventTypes.sale';
const FIELDS = 'eventTypes.sale.fields';
const flag = { kind: 'boolean', optional: true };

describe('a right definition', () => {
  test('is accepted with its defaults filled in', () => {
    const pipeline = definePipeline(rightSpec());
    expect(pipeline.aggregates['sales_1m']?.groupBy.at(-1)).toEqual({ field: 'country', missing: 'unknown' });
    expect(pipeline.time.allowedLatenessMs).toBe(600_000);
    expect(Object.keys(pipeline.eventTypes['sale']?.fields ?? {}).slice(0, 2)).toEqual(['event_id', 'event_time']);
  });

  test('needs neither features nor a decision', () => {
    expect(messageFor({ features: undefined, decision: undefined })).toBe('accepted');
  });

  test('may sit on the limits', () => {
    const onLimits = [
      { [`${FIELDS}.height`]: { kind: 'fixed', optional: false, scale: 9 } },
      { [`${FIELDS}.event_id`]: { kind: 'string', optional: false, maxLength: 64 } },
      { time: { outOfOrdernessMs: 0, allowedLatenessMs: 0, idleTimeoutMs: 0, futureMs: 0, duplicateMemoryMs: 0 } },
      { time: { allowedLatenessMs: 3_540_000 } },
      { decision: { over: 'sale', reviewPoints: 1, declinePoints: 1 } },
    ];
    for (const change of onLimits) expect(messageFor(change)).toBe('accepted');
  });

  test('errors say what was wrong, the value received and what is allowed', () => {
    expect(messageFor({ version: 0 })).toBe('version: got 0; allowed: a whole number, at least 1');
    expect(messageFor({ 'aggregates.sales_1m.window': { kind: 'hopping', sizeMs: 60_000, advanceMs: 90_000 } })).toBe(
      'aggregates.sales_1m.window.advanceMs: got 90000; allowed: a whole number in 1..60000',
    );
  });
});

describe('the pipeline itself', () => {
  refuses([
    ['a name with capitals', 'name', 'Shop', 'name: got "Shop"'],
    ['no name', 'name', undefined, 'name: got undefined'],
    ['a name that is too long for what is named after it', 'name', 's'.repeat(33), 'name: got "sss'],
    ['version 0', 'version', 0, 'version: got 0'],
    ['a broken version', 'version', 1.5, 'version: got 1.5'],
    ['no event types', 'eventTypes', {}, 'eventTypes: got "{}"'],
  ]);
});

describe('event types and fields', () => {
  const { sale } = rightSpec().eventTypes;
  refuses([
    ['an event type not in snake_case', 'eventTypes.Sale-2', sale, 'eventTypes.Sale-2: got "Sale-2"'],
    ['a field not in snake_case', `${FIELDS}.shopId`, flag, `${FIELDS}.shopId: got "shopId"`],
    ['a field named like a partition column', `${FIELDS}.dt`, flag, `${FIELDS}.dt: got "dt"`],
    ['a field named like the wire tag', `${FIELDS}.type`, flag, `${FIELDS}.type: got "type"`],
    ['an unknown kind', `${FIELDS}.size`, { kind: 'float', optional: true }, `${FIELDS}.size.kind: got "float"`],
    ['text of no length', `${FIELDS}.memo`, { kind: 'string', optional: true, maxLength: 0 }, `${FIELDS}.memo.maxLength: got 0`],
    ['a scale of 10', `${FIELDS}.size`, { kind: 'fixed', optional: true, scale: 10 }, `${FIELDS}.size.scale: got 10`],
    ['a negative scale', `${FIELDS}.size`, { kind: 'fixed', optional: true, scale: -1 }, `${FIELDS}.size.scale: got -1`],
    ['money without its currency', `${FIELDS}.currency`, undefined, `${FIELDS}.price.currencyField: got "currency"`],
    ['money in text', `${FIELDS}.price.currencyField`, 'country', `${FIELDS}.price.currencyField: got "country of kind string"`],
    ['required money of an optional currency', `${FIELDS}.currency.optional`, true, `${FIELDS}.price.currencyField: got "currency, which`],
    ['a field that is the minor units of another', `${FIELDS}.price_minor`, flag, `${FIELDS}.price_minor: got "a field"`],
    ['an event id that is no text', `${FIELDS}.event_id`, { kind: 'integer', optional: false }, `${FIELDS}.event_id: got "integer"`],
    ['an optional event time', `${FIELDS}.event_time`, { kind: 'time', optional: true }, `${FIELDS}.event_time: got "time"`],
    ['a key that is no field', `${SALE}.key`, 'client', `${SALE}.key: got "client"`],
    ['a key named like a member of all objects', `${SALE}.key`, 'constructor', `${SALE}.key: got "constructor"`],
    ['a key that is no text', `${SALE}.key`, 'floor', `${SALE}.key: got "floor of kind integer"`],
    ['an optional key', `${SALE}.key`, 'country', `${SALE}.key: got "country, which is optional"`],
  ]);
});

describe('tables', () => {
  const aggregate = rightSpec().aggregates['sales_1m'];
  refuses([
    ['a table not in snake_case', `${SALE}.table`, 'My Sales', `${SALE}.table: got "My Sales"`],
    ['a table of the lake itself', `${SALE}.table`, 'archive', `${SALE}.table: got "archive"`],
    ['two event types in one table', 'eventTypes.refund.table', 'sales', 'eventTypes.refund.table: got "sales"'],
    ['an aggregate named like a table of events', 'aggregates.sales', aggregate, 'aggregates.sales: got "sales"'],
    ['an aggregate named like a table of the lake', 'aggregates.late_events', aggregate, 'aggregates.late_events: got "late_events"'],
  ]);
});

describe('retention in the lake', () => {
  test('has a week of time travel unless said otherwise', () => {
    expect(definePipeline(rightSpec()).lake).toEqual({ generationsDays: 7, tieringAfterDays: 90, keptDays: {} });
  });

  refuses([
    ['no time travel', 'lake', { generationsDays: 0 }, 'lake.generationsDays: got 0; allowed: a whole number of days in 1..365'],
    ['cheaper tiers too soon', 'lake', { tieringAfterDays: 29 }, 'lake.tieringAfterDays: got 29'],
    ['an unknown table', 'lake', { keptDays: { nothing: 90 } }, 'lake.keptDays: got "nothing"'],
    ['rows that leave before their generations', 'lake', { keptDays: { archive: 7 } }, 'lake.keptDays.archive: got 7'],
  ]);
});

describe('time limits', () => {
  refuses([
    ['a negative bound', 'time', { outOfOrdernessMs: -1 }, 'time.outOfOrdernessMs: got -1'],
    ['a negative lateness', 'time', { allowedLatenessMs: -1 }, 'time.allowedLatenessMs: got -1'],
    ['a broken time-out', 'time', { idleTimeoutMs: 0.1 }, 'time.idleTimeoutMs: got 0.1'],
    ['a negative future', 'time', { futureMs: -1 }, 'time.futureMs: got -1'],
    ['ids forgotten before their events are late', 'time', { duplicateMemoryMs: 599_999 }, 'time.duplicateMemoryMs: got 599999'],
  ]);
});

describe('decisions', () => {
  refuses([
    ['features without a decision', 'decision', undefined, 'decision: got undefined'],
    ['an event type that is not there', 'decision.over', 'sell', 'decision.over: got "sell"'],
    ['review at 0 points', 'decision.reviewPoints', 0, 'decision.reviewPoints: got 0'],
    ['decline below review', 'decision.declinePoints', 3, 'decision.declinePoints: got 3; allowed: a whole number, at least 4'],
  ]);

  test('a key named like a column of decisions is refused', () => {
    const score = { kind: 'string', optional: false, maxLength: 9 };
    expect(messageFor({ [`${FIELDS}.score`]: score, [`${SALE}.key`]: 'score', aggregates: {}, features: {} })).toContain(
      `${SALE}.key: got "score"`,
    );
  });
});
