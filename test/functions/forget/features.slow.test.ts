import { expect, test } from 'vitest';
import { forget } from '../../../functions/forget/forget.ts';
import { subjectOf } from '../../../lake/erasure/subject.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { loadRules } from '../../../pipelines/rule-files.ts';
import { filesWith } from '../../local/erasure/world.ts';
import { BackfillWorld } from '../backfill/world.ts';
import { recordOf, type WireEvent, World } from '../world.ts';
import { forgetPorts } from './world.ts';

const RANGE = { from: '2025-12-01', to: '2025-12-20' };
const SHARD = 'shardId-000000000000';
const [KEY, PHONE, TABLET] = ['ada-lovelace', 'phone-of-ada', 'tablet-of-both'];
const BERLIN = { terminal_id: 't-berlin', terminal_lat: '52.520008', terminal_lon: '13.404954', country: 'DE' };
const TOKYO = { terminal_id: 't-tokyo', terminal_lat: '35.676423', terminal_lon: '139.650027', country: 'JP' };

/** A payment of ada on a day of December 2025. */
function paid(id: string, time: string, fields: Readonly<Record<string, unknown>> = {}): WireEvent {
  const at = { event_id: id, event_time: `2025-12-${time}:00Z`, customer_id: KEY, amount: '10.00', currency: 'EUR' };
  return { type: 'transaction', ...at, ...BERLIN, card_country: 'DE', device_id: PHONE, ...fields };
}

const twelveDays = Array.from({ length: 12 }, (_, i) => paid(`habit-${i}`, `${String(i + 1).padStart(2, '0')}T10:00`));
const online = { channel: 'online', terminal_lat: null, terminal_lon: null };
const EVENTS: readonly WireEvent[] = [
  ...twelveDays,
  paid('bob', '13T09:00', { customer_id: 'bob', device_id: TABLET }),
  paid('same-device', '13T10:00', { amount: '25.00' }),
  paid('new-device', '13T10:30', { amount: '25.00', device_id: TABLET }),
  paid('known-now', '13T10:40', { amount: '25.00', device_id: TABLET }),
  paid('travel', '13T12:00', TOKYO),
  ...[1, 2, 3].map((n) => paid(`test-${n}`, `14T10:0${n}`, { ...online, amount: '1.00', payee_id: 'p1' })),
  paid('purchase', '14T10:05', { ...online, amount: '150.00', country: 'US' }),
  ...[1, 2, 3].map((n) => paid(`declined-${n}`, `15T10:0${n}`, { approved: false })),
  paid('after-declines', '15T10:04', { approved: true, device_id: 'unknown' }),
  ...[1, 2, 3].map((n) => paid(`atm-${n}`, `16T10:0${n}`, { channel: 'atm', amount: '300.00' })),
  paid('payee', '17T10:00', { ...online, amount: '1000.00', payee_id: 'p2' }),
];
const EXPECTED: Readonly<Record<string, string>> = {
  'new-device': 'new-device-high-amount',
  travel: 'impossible-travel',
  purchase: 'card-test-then-purchase',
  'after-declines': 'repeated-declines',
  'atm-3': 'cash-out',
  payee: 'new-payee-high-amount',
};

/** The shipped pipeline with its rules, through the real handlers; rules of lists are left out. */
async function told(): Promise<BackfillWorld> {
  const { rules } = await loadRules('pipelines/payments');
  const idColumns = new Map(tablesOf(pipeline).map(({ name, columns }) => [name, columns.map((column) => column.name)]));
  const world = new World(
    pipeline,
    rules.filter(({ condition }) => !condition.includes('lists.')),
    { idColumns },
  );
  const one = new BackfillWorld(world);
  for (const [n, event] of EVENTS.entries()) await world.process({ Records: [recordOf(SHARD, n + 1, [event])] });
  await world.close({ kind: 'end' });
  await one.land();
  return one;
}

const FIRED = 'SELECT event_id, outcome, rules_fired, rules_shadow, features FROM decisions ORDER BY 1';

test('rules saw a customer by device, place and payee; once the customer is forgotten they see the same, and verification holds', async () => {
  const one = await told();
  const before = await one.rows(FIRED);
  for (const [id, rule] of Object.entries(EXPECTED))
    expect(
      before.find((row) => row.includes(`"${id}"`)),
      id,
    ).toContain(rule);
  for (const id of ['same-device', 'known-now'])
    expect(
      before.find((row) => row.includes(`"${id}"`)),
      id,
    ).not.toContain('new-device');
  const subject = subjectOf(pipeline, 'customer_id', KEY, Buffer.alloc(32, 5));
  const ports = await forgetPorts(one);
  const request = { plan: one.world.plan, subject, rules: one.world.ruleList, streamEpoch: '1', by: 'test', remains: [] };
  expect((await forget(ports, request)).kind).toBe('done');
  ports.engine.rest();

  expect(await one.rows(FIRED)).toEqual(before);
  const devices = 'SELECT customer_id, device_id, count(*) FROM transactions GROUP BY ALL ORDER BY 3, 1';
  expect(await one.rows(devices)).toEqual(
    [
      ['bob', TABLET, 1],
      [subject.pseudonym, subject.pseudonymOf('device_id', 'unknown'), 1],
      [subject.pseudonym, subject.pseudonymOf('device_id', TABLET), 2],
      [subject.pseudonym, subject.pseudonymOf('device_id', PHONE), 25],
    ].map((row) => JSON.stringify(row)),
  );
  expect(await filesWith(one.lake.root, [KEY, PHONE])).toEqual([]);
  const same = { added: 0, changed: 0, removed: 0, faults: 0 };
  expect(await one.backfill('verify', { mode: 'verify', ...RANGE })).toMatchObject(same);
}, 240_000);
