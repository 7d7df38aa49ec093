import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Pinned packages of the emulator, all of them. */
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
const HEALTH_TRIES = 300;
const HEALTH_PAUSE_MS = 100;
const STOP_MS = 10_000;
const INSTALL_MS = 300_000;

/** A running emulator of AWS on 127.0.0.1. */
export interface Emulator {
  /** What the AWS clients and the CDK command need in their environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly endpoint: string;
  /** Whether it checks the permissions of every call. */
  readonly isEnforcing: boolean;
  /** What it has written so far, the last part. */
  readonly log: () => string;
  stop(): Promise<void>;
}

/** The region that everything is deployed in; the emulator knows no others better. */
export const REGION = 'us-east-1';
/** The emulator's account. */
export const ACCOUNT = '000000000000';

/** Installs the emulator into a virtual environment of the project, unless it is there, and starts it on a free port with no data. */
export async function startEmulator({ isEnforcing }: { readonly isEnforcing: boolean }): Promise<Emulator> {
  const python = await installEmulator();
  const data = mkdtempSync(join(tmpdir(), 'headrace-emulator-'));
  writeFileSync(join(data, 'package.json'), '{}\n');
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const bin = resolve('node_modules/.bin');
  const child = spawn(join(python, '..', 'ministack'), [], {
    cwd: data,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Nothing else of the caller's: functions see it all, and refuse variables that they do not know.
    env: {
      HOME: data,
      LANG: 'C.UTF-8',
      // Functions run on the first `node` of the path, whatever runtime they name.
      PATH: [bin, process.env['PATH']].join(delimiter),
      NODE_PATH: resolve('node_modules'),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      AWS_ENDPOINT_URL: endpoint,
      // Functions run in temporary folders: below the data, where no package.json of somebody else is above them.
      TMPDIR: data,
      S3_PERSIST: '1',
      S3_DATA_DIR: join(data, 's3'),
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      LAMBDA_STRICT: '0',
      ...(isEnforcing ? { AUTH: 'true' } : {}),
    },
  });
  const log = tail(child);
  const stop = async (): Promise<void> => {
    await stopped(child);
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await healthy(`${endpoint}/_ministack/health`, child, log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, isEnforcing, log, stop, environment: environmentOf(endpoint) };
}

function environmentOf(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** Installs the emulator into a virtual environment that has exactly the pinned packages, unless it is there; the path of its Python. */
export async function installEmulator(): Promise<string> {
  const pins = readFileSync(REQUIREMENTS);
  const folder = resolve('.headrace', 'emulator', createHash('sha256').update(pins).digest('hex').slice(0, 12));
  const python = join(folder, 'bin', 'python');
  const mark = join(folder, 'installed');
  if (existsSync(mark)) return python;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, '..'), { recursive: true });
  await run('python3', ['-m', 'venv', folder]).catch((error: unknown) => {
    throw new Error('the emulator needs Python 3.11 or newer with venv: got none; install it, or leave `npm run e2e` out', {
      cause: error,
    });
  });
  await run(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', '--requirement', REQUIREMENTS], { timeout: INSTALL_MS });
  // Marked whole or not at all: an install that was cut off is made anew.
  writeFileSync(`${mark}.new`, '');
  renameSync(`${mark}.new`, mark);
  return python;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}

const LOG_LENGTH = 20_000;

function tail(child: ChildProcess): () => string {
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-LOG_LENGTH);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => text;
}

async function healthy(url: string, child: ChildProcess, log: () => string): Promise<void> {
  for (let tries = 0; tries < HEALTH_TRIES; tries += 1) {
    if (child.exitCode !== null) break;
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return;
    await sleep(HEALTH_PAUSE_MS);
  }
  throw new Error(`the emulator did not start:\n${log()}`);
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  const isGone = await Promise.race([gone.then(() => true), sleep(STOP_MS, false, { ref: false })]);
  if (isGone) return;
  child.kill('SIGKILL');
  await gone;
}
