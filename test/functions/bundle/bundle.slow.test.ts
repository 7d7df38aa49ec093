import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BuiltFunction, buildFunctions } from '../../../functions/bundle/build.ts';
import { SERVICES } from '../../../lake/metrics.ts';
import { loadPipeline } from '../../../local/pipeline.ts';

const run = promisify(execFile);
const START_BYTES_MAX = 1_600_000;
/** Events and alerts wait for these to start. */
const FAST_STARTS: readonly string[] = ['process-stream', 'close-windows', 'deliver-alerts'];
const FAST_START_BYTES_MAX = 700_000;
/** SDK clients by function; in brackets those that only rare work loads. */
const CLIENTS = {
  'process-stream': ['client-dynamodb', 'client-firehose', 'client-kinesis', '(client-s3)'],
  'close-windows': ['client-dynamodb', 'client-firehose', 'client-kinesis', '(client-s3)'],
  'deliver-alerts': ['client-dynamodb', 'client-eventbridge', 'client-firehose', 'client-s3', 'client-sns'],
  'register-partitions': ['client-glue'],
  compact: ['client-glue', 'client-s3'],
  backfill: ['client-athena', 'client-glue', 'client-s3', 'client-sfn', 'client-sns'],
  forget: ['client-dynamodb', 'client-glue', 'client-kinesis', 'client-s3'],
} as const;

const root = resolve('.');
let home = '';
let built: BuiltFunction[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'headrace-bundle-'));
  built = await buildFunctions({ root, pipeline: 'payments', outDir: join(home, 'one') });
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function contentsOf(dir: string): Promise<Record<string, string>> {
  const names = (await readdir(dir, { recursive: true })).filter((name) => /\.(mjs|map)$/.test(name)).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(dir, name), 'base64')] as const)));
}

/** Runs a script in a fresh process that has imported a function as `lambda`; its output, logs left out. */
async function inFunction(service: string, script: string, env: Record<string, string> = {}): Promise<string> {
  const entry = pathToFileURL(join(home, 'one', service, 'index.mjs')).href;
  const context = "const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 300000 };";
  const source = `const lambda = await import(${JSON.stringify(entry)}); ${context} ${script}`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', source], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  return stdout;
}

const FAILURE =
  'const error = await lambda.handler(event, context).catch((e) => e); console.log(JSON.stringify([error.name, error.message]));';
const recordOf = (shard: string): object => ({ eventID: `${shard}:1`, kinesis: { sequenceNumber: '1', data: '', partitionKey: 'k' } });

describe.each(SERVICES)('%s', (service) => {
  test('is small, and has no client that it does not use', () => {
    const one = built.find((candidate) => candidate.service === service);
    expect(one?.startBytes).toBeLessThan(FAST_STARTS.includes(service) ? FAST_START_BYTES_MAX : START_BYTES_MAX);
    expect([...(one?.startClients ?? []), ...(one?.laterClients ?? []).map((name) => `(${name})`)]).toEqual(CLIENTS[service]);
  });

  test('starts with nothing around it, and a call says which variable is missing', async () => {
    const out = await inFunction(
      service,
      `const event = { Records: [${JSON.stringify(recordOf('s'))}] }; ${FAILURE.replace('event, context', service === 'deliver-alerts' ? '{}, context' : 'event, context')}`,
    );
    const [name, message] = JSON.parse(out.trim().split('\n').at(-1) ?? '') as [string, string];
    expect(name).toBe('ConfigError');
    expect(message).toMatch(/^variable HEADRACE_\w+: got nothing; allowed: /);
  });
});

test('only compaction, backfill and erasure have the engine beside them, and with it stay below what Lambda takes', async () => {
  const native = new Map(built.map(({ service, nativeBytes }) => [service, nativeBytes]));
  expect([...native].filter(([, bytes]) => bytes > 0).map(([service]) => service)).toEqual(['compact', 'backfill', 'forget']);
  for (const service of ['compact', 'backfill', 'forget'] as const) expect(native.get(service)).toBeLessThan(200_000_000);
});

test('the same sources give the same bytes', async () => {
  await buildFunctions({ root, pipeline: 'payments', outDir: join(home, 'two') });
  for (const service of SERVICES)
    expect(await contentsOf(join(home, 'two', service))).toEqual(await contentsOf(join(home, 'one', service)));
});

test('rules are inside with the version that the one-machine mode gives them', async () => {
  const { rules } = await loadPipeline('pipelines/payments');
  const code = await readFile(join(home, 'one', 'process-stream', 'index.mjs'), 'utf8');
  expect(code).toContain(rules.version);
  for (const { id } of rules.rules) expect(code).toContain(id);
});

test('a function asked for another pipeline than its own refuses', async () => {
  const env = { HEADRACE_PIPELINE: 'cards', HEADRACE_LAKE_BUCKET: 'bucket', HEADRACE_DATABASE: 'db', HEADRACE_NAMESPACE: 'n' };
  const out = await inFunction('register-partitions', `const event = {}; ${FAILURE}`, env);
  expect(out).toContain('variable HEADRACE_PIPELINE: got \\"cards\\"; allowed: payments, which this function was built with');
});

test('a batch with records of two shards is refused', async () => {
  const event = { Records: [recordOf('shard-1'), recordOf('shard-2')] };
  expect(await inFunction('process-stream', `const event = ${JSON.stringify(event)}; ${FAILURE}`)).toContain('records of one shard');
});

test('a sampled call sends a subsegment with its ids to the X-Ray daemon, another one nothing', async () => {
  const segments: string[] = [];
  const daemon = createSocket('udp4', (packet) => segments.push(String(packet)));
  await new Promise<void>((done) => daemon.bind(0, '127.0.0.1', done));
  try {
    for (const sampled of [0, 1]) {
      const env = {
        HEADRACE_PIPELINE: 'payments',
        HEADRACE_LAKE_BUCKET: 'bucket',
        HEADRACE_DATABASE: 'db',
        HEADRACE_NAMESPACE: 'n',
        AWS_REGION: 'us-east-1',
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        LAMBDA_TASK_ROOT: '/var/task',
        AWS_LAMBDA_FUNCTION_NAME: 'register-partitions',
        AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${daemon.address().port}`,
        _X_AMZN_TRACE_ID: `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=${sampled}`,
      };
      await inFunction('register-partitions', "await lambda.handler({ detail: { object: { key: 'else' } } }, context);", env);
    }
    await expect.poll(() => segments).toHaveLength(1);
    expect(segments[0]).toContain('"name":"## register-partitions"');
    expect(segments[0]).toContain('"request":"r"');
  } finally {
    daemon.close();
  }
});

test('a pipeline that is not there cannot be built', async () => {
  await expect(buildFunctions({ root, pipeline: 'nope', outDir: join(home, 'three') })).rejects.toThrow('--pipeline: got "nope"');
});
