import { parseRule, type Rule } from '../../core/rules/rule.ts';
import { pipeline } from '../../pipelines/payments/pipeline.ts';
import { type WireEvent, World } from './world.ts';

/** Row ids of the tables that the handlers write. */
const ID_COLUMNS = new Map<string, readonly string[]>([
  ['archive', ['shard_id', 'sequence', 'sub_sequence', 'kind']],
  ['transactions', ['customer_id', 'event_id']],
  ['labels', ['customer_id', 'event_id']],
  ['decisions', ['customer_id', 'event_id']],
  ['alerts', ['alert_id']],
  ['late_events', ['shard_id', 'sequence', 'sub_sequence']],
  ['quarantine', ['shard_id', 'sequence', 'sub_sequence']],
  ['payments_1m', ['currency', 'country', 'channel', 'window_start']],
  ['payments_1h', ['currency', 'country', 'channel', 'window_start']],
  ['terminal_1h', ['terminal_id', 'currency', 'window_start']],
  ['customer_session', ['customer_id', 'currency', 'window_start']],
]);

const RULE: Rule = parseRule(
  {
    id: 'busy-or-dear',
    version: 1,
    owner: 'test',
    status: 'active',
    description: 'test',
    on: 'transaction',
    condition: 'event.amount_minor > 5000 || features.customer_count_1h >= 2 || features.terminal_frauds_28d > 0',
    points: 50,
    reason: '{features.customer_count_1h} in the last hour',
    alert: { group_by: 'customer_id', cool_down: '1h' },
  },
  'test rule',
);

/** A world of the shipped payments pipeline with one rule that reads every kind of feature. */
export function paymentsWorld(compactLength?: number): World {
  return new World(pipeline, [RULE], { idColumns: ID_COLUMNS, ...(compactLength === undefined ? {} : { compactLength }) });
}

const START_MS = Date.parse('2025-12-01T00:00:00Z');

/** RFC 3339 time `seconds` after the start of the test's events. */
export const at = (seconds: number): string => new Date(START_MS + seconds * 1000).toISOString();

/** Epoch ms of the same. */
export const atMs = (seconds: number): number => START_MS + seconds * 1000;

/** A transaction of customer `c` at `seconds`. */
export function transaction(id: string, seconds: number, fields: Readonly<Record<string, unknown>> = {}): WireEvent {
  return {
    type: 'transaction',
    event_id: id,
    event_time: at(seconds),
    customer_id: 'c1',
    terminal_id: 't1',
    amount: '12.50',
    currency: 'EUR',
    ...fields,
  };
}
