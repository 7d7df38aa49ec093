import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServiceName } from '../../../lake/metrics.ts';
import { deploy, inEmulator, STACK } from './deployment.ts';
import { ACCOUNT, type Emulator, REGION, startEmulator } from './emulator.ts';
import { type Grant, makePerson, RoleUnderTest } from './roles.ts';
import { rulesLog } from './rules-story.ts';
import { SCENARIO } from './scenario.ts';
import { eventually, NAMES, StackWorld } from './world.ts';

const DEPLOY_MS = 600_000;
const STEP_MS = 180_000;

let emulator: Emulator;
let world: StackWorld;
let heard: Awaited<ReturnType<StackWorld['listen']>>;

beforeAll(async () => {
  emulator = await startEmulator({ isEnforcing: true });
  world = new StackWorld(emulator);
  await deploy(emulator);
  heard = await world.listen();
}, DEPLOY_MS);

afterAll(async () => {
  world?.close();
  await emulator?.stop();
}, STEP_MS);

/** Below all that the emulator gives out: a batch of it comes again for a shard that is further on, and only its state can say so. */
const earlier = (sequence: number): string => String(sequence).padStart(30, '0');

/** A batch of one record that is long done: with all permissions nothing is to do, without one the call fails. */
function batchOf(sequence: number): unknown {
  const text = JSON.stringify({ type: 'transaction', event_id: `direct-${sequence}` });
  return {
    Records: [
      {
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: 'direct',
          sequenceNumber: earlier(sequence),
          data: Buffer.from(text).toString('base64'),
          approximateArrivalTimestamp: Date.now() / 1000,
        },
        eventSource: 'aws:kinesis',
        eventVersion: '1.0',
        eventID: `shardId-000000000000:${earlier(sequence)}`,
        eventName: 'aws:kinesis:record',
        invokeIdentityArn: '',
        awsRegion: REGION,
        eventSourceARN: `arn:aws:kinesis:${REGION}:000000000000:stream/${NAMES.stream}`,
      },
    ],
  };
}

let calls = 0;
/** A file in an hour that nobody has registered. */
const landed = (): unknown => {
  calls += 1;
  const hour = String(calls).padStart(2, '0');
  return { source: 'aws.s3', detail: { object: { key: `lake/decisions/landing/dt=2026-02-01/hour=${hour}/x.parquet` } } };
};
const CALLS: Readonly<Record<string, () => Promise<string | undefined>>> = {
  'process-stream': () => {
    calls += 1;
    return world.invoke('process-stream', batchOf(calls));
  },
  'close-windows': () => world.tick('close-windows'),
  'deliver-alerts': () => world.tick('deliver-alerts'),
  'register-partitions': () => world.invoke('register-partitions', landed()),
  compact: () => world.invoke('compact', { 'detail-type': 'Compact now' }),
};

/** Actions that the guide names for a command. */
function documented(command: string): string[] {
  const row = readFileSync('docs/deploy.md', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| ${command} |`));
  return [...(row ?? '').matchAll(/`([a-z0-9]+:\w+)`/g)].map(([, action = '']) => action);
}

/** These actions, each on what the guide says that it is on. */
function grantsOf(actions: readonly string[]): Grant[] {
  const glue = ['catalog', `database/${NAMES.landing}`, `table/${NAMES.landing}/archive`].map(
    (one) => `arn:aws:glue:${REGION}:${ACCOUNT}:${one}`,
  );
  const bucket = `arn:aws:s3:::${NAMES.lakeBucket}`;
  const on: Readonly<Record<string, readonly string[]>> = { glue, kms: ['*'], s3: [`${bucket}/lake/_rules/*`] };
  const resourcesOf = (action: string): readonly string[] =>
    action === 's3:ListBucket' ? [bucket] : (on[action.slice(0, action.indexOf(':'))] ?? []);
  return actions.map((action) => ({ actions: [action], resources: resourcesOf(action) }));
}

describe('with every permission checked', () => {
  test(
    'each role has enough for the whole story',
    async () => {
      let seen = 0;
      for (const step of SCENARIO) {
        await world.put(step);
        seen += step.lines.length;
        await eventually(step.name, async () => ((await world.seen()) === seen ? true : undefined), emulator.log);
        expect(await world.tick('close-windows')).toBeUndefined();
      }
      const objects = await world.objects();
      for (const table of ['archive', 'transactions', 'decisions', 'alerts', 'quarantine', 'payments_1m', 'customer_session', 'ledger']) {
        expect(objects.some((key) => key.startsWith(`lake/${table}/landing/dt=`))).toBe(true);
      }
      const isTold = async (): Promise<true | undefined> => {
        const { fromBus, fromTopic } = await heard();
        return fromBus.length > 0 && fromTopic.length > 0 ? true : undefined;
      };
      await eventually('alerts on bus and topic', isTold, emulator.log);
      for (const call of Object.values(CALLS)) expect(await call()).toBeUndefined();
    },
    STEP_MS,
  );

  test.each([
    ['process-stream', 'State', 'dynamodb'],
    ['close-windows', 'State', 'dynamodb'],
    ['close-windows', 'Delivery', 'firehose'],
    ['close-windows', 'Shards', 'kinesis'],
    ['deliver-alerts', 'State', 'dynamodb'],
    ['register-partitions', 'Catalogue', 'glue'],
    ['compact', 'ListLake', 's3'],
  ] as const)(
    '%s needs its statement %s: without it, one named error says what to do',
    async (service, sid, api) => {
      const role = await RoleUnderTest.read(world.iam, await world.roleOf(service as ServiceName));
      const call = CALLS[service];
      const error = await role.without(sid, async () => call?.());
      expect(error).toMatch(new RegExp(`${api}:\\w+`));
      expect(error).toMatch(/DENIED|AccessDenied|not authorized/i);
      expect(await call?.()).toBeUndefined();
    },
    STEP_MS,
  );

  test(
    'people with the permissions of the guide change rules; without one of them, one named error says which, and nothing changes',
    async () => {
      const actions = [...documented('`rules log`'), ...documented('`rules apply`, `set`, `trial`, `approve`, `refuse`')];
      const pauseBy = async (name: string, allowed: readonly string[]): Promise<string> => {
        const credentials = await makePerson(world.iam, name, grantsOf(allowed));
        const args = [
          'cli/headrace.mjs',
          'rules',
          'set',
          'amount-over-limit',
          'paused',
          '--why',
          'pay day',
          '--by',
          name,
          '--stack',
          STACK,
        ];
        return inEmulator(emulator, process.execPath, args, credentials).catch((error: Error) => error.message);
      };
      // The emulator asks nobody for keys.
      for (const action of actions.filter((one) => !one.startsWith('kms:'))) {
        const said = await pauseBy(
          `without-${action.split(':')[1]}`,
          actions.filter((one) => one !== action),
        );
        expect(said).toMatch(new RegExp(`${action} on .* failed .*is not authorized`));
      }
      expect(await pauseBy('ada', actions)).toMatch(/Rule set .* is in force for events from /);
      const { log } = await rulesLog((...args) => inEmulator(emulator, process.execPath, ['cli/headrace.mjs', ...args, '--stack', STACK]));
      expect(log).toMatchObject([{ by: 'deployment' }, { by: 'ada', why: 'pay day' }]);
    },
    STEP_MS,
  );

  test(
    'a subscriber that refuses stalls nothing and loses nothing: its alerts wait and go out when it is back',
    async () => {
      const role = await RoleUnderTest.read(world.iam, await world.roleOf('deliver-alerts'));
      const seen = await world.seen();
      await heard();
      const dear = {
        key: 'zoe',
        text: JSON.stringify({ ...JSON.parse(SCENARIO[2]?.lines[0]?.text ?? '{}'), event_id: 'dear', amount: '9999.00' }),
      };
      await role.without('Bus', async () => {
        await world.put({ name: 'one dear payment', lines: [dear] });
        await eventually('the payment', async () => ((await world.seen()) === seen + 1 ? true : undefined), emulator.log);
        await eventually('the alert on the topic', async () => ((await heard()).fromTopic.length > 0 ? true : undefined), emulator.log);
        await eventually('the alert waiting', async () => ((await world.items('parked#')).size > 0 ? true : undefined), emulator.log);
      });
      const back = await eventually(
        'the alert on the bus',
        async () => {
          await world.tick('deliver-alerts');
          const { fromBus } = await heard();
          return fromBus.length > 0 ? fromBus : undefined;
        },
        emulator.log,
      );
      expect(JSON.stringify(back)).toContain('dear');
    },
    STEP_MS,
  );
});
