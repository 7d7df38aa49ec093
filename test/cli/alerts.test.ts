import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LoadedPipeline, loadPipeline } from '../../local/pipeline.ts';
import { startPipeline } from '../../local/runtime/up.ts';
import { streamClient } from '../../local/stream/client.ts';
import { headrace } from './command-line.ts';

const DAY_MS = 86_400_000;
const OPTIONS = { port: 0, shardCount: 1, batchSize: 10, flushMs: 60_000 };
const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const data = join(root, 'data');
let loaded: LoadedPipeline;

/** Puts payments through a live pipeline over the folder, and stops it. */
async function pay(...payments: readonly (readonly [id: string, customer: string, amount: string])[]): Promise<void> {
  const running = await startPipeline({ ...OPTIONS, dataDir: data, loaded });
  const client = streamClient({ endpoint: running.endpoint });
  for (const [id, customer, amount] of payments) {
    const fields = { type: 'transaction', event_id: id, event_time: new Date().toISOString(), customer_id: customer, terminal_id: 't' };
    const Data = Buffer.from(JSON.stringify({ ...fields, amount, currency: 'EUR' }));
    await client.send(new PutRecordCommand({ StreamName: running.streamName, PartitionKey: customer, Data }));
  }
  client.destroy();
  await running.stop();
}

const alerts = (...args: readonly string[]): ReturnType<typeof headrace> => headrace('alerts', ...args, '--data', data);
const daysAhead = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();
const toldIn = (): string[] => {
  const path = join(data, 'alerts.ndjson');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
};

beforeAll(async () => {
  const all = await loadPipeline('pipelines/payments');
  // Customers without history spend unusual amounts: one rule says enough here.
  loaded = { ...all, rules: { ...all.rules, rules: all.rules.rules.filter(({ id }) => id === 'amount-over-limit') } };
  await pay(['p1', 'ada', '300.00'], ['p2', 'ada', '310.00'], ['p3', 'bob', '250.00'], ['p4', 'bob', '12.00']);
}, 60_000);

describe('alerts of a live pipeline', () => {
  test('are told to the file, and listed with what became of each', async () => {
    expect(toldIn()).toHaveLength(2);
    const { code, out, err } = await alerts('list', '--json');
    expect(code, err).toBe(0);
    const { alerts: listed, fates } = JSON.parse(out) as { alerts: Record<string, unknown>[]; fates: unknown[] };
    expect(fates).toEqual([
      { delivery: 'told', alerts: 2 },
      { delivery: 'folded', alerts: 1 },
    ]);
    const ada = listed.filter(({ entity }) => entity === 'ada');
    expect(new Set(ada.map(({ delivery }) => delivery))).toEqual(new Set(['told', 'folded']));
    expect(new Set(ada.map((one) => one['case_id'])).size).toBe(1);
    expect(ada[0]).toMatchObject({ amount: expect.stringMatching(/^3[01]0\.00\d* EUR$/) as string, score: 100, outcome: 'decline' });
    expect((await alerts()).out).toMatch(/\n3 alerts: told 2, folded 1\.\n$/);
    expect((await alerts('--since', daysAhead(1).slice(0, 10))).out).toBe('No alerts.\n');
  });

  test('are held back by a snooze, whoever is asked says until when, and wake ends it', async () => {
    const until = daysAhead(2);
    expect(await alerts('snooze', 'eve', '--until', until, '--why', 'test card', '--by', 'kim')).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse((await alerts('snoozed', '--json')).out)).toMatchObject({
      snoozed: [{ field: 'customer_id', value: 'eve', until, by: 'kim', why: 'test card' }],
    });
    await pay(['p5', 'eve', '400.00']);
    expect(toldIn()).toHaveLength(2);
    expect((await alerts('--json')).out).toContain('"delivery":"snoozed"');
    expect((await alerts('wake', 'customer_id=eve')).code).toBe(0);
    expect((await alerts('snoozed')).out).toBe('Nothing is snoozed.\n');
  }, 60_000);
});

describe('what is wrong with a command line', () => {
  test.each<[readonly string[], string]>([
    [['snooze', 'ada', '--why', 'x'], '--until: got "nothing"'],
    [['snooze', 'ada', '--until', '2027-01-01'], '--why: got "nothing"'],
    [['snooze', '--until', '2027-01-01', '--why', 'x'], 'FIELD=VALUE such as customer_id=ada'],
    [['snooze', 'ada', '--until', 'tomorrow', '--why', 'x'], '--until: got "tomorrow"'],
    [['snooze', 'ada', '--until', '2020-01-01', '--why', 'x'], 'at most 90 days ahead'],
    [['snooze', 'ada', '--until', '91d', '--why', 'x'], 'at most 90 days ahead'],
    [['snooze', 'ada', '--until', '0d', '--why', 'x'], '--until: got "0d"'],
    [['wake', 'nobody'], 'nothing is snoozed'],
    [['doze'], 'list, snooze, snoozed, wake'],
    [['list', 'ada'], 'only flags'],
    [['--since', 'noon'], '--since: got "noon"'],
  ])('%s', async (line, message) => {
    const { code, err } = await alerts(...line);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
