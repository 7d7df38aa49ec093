import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { freePort } from '../../e2e/port.ts';
import { TrinoClient } from './client.ts';
import { guard } from './guard.ts';
import type { TrinoInstall } from './install.ts';

/** A Trino of one node on 127.0.0.1, with a catalogue `hive` whose entries are files. */
export interface TrinoServer {
  readonly client: TrinoClient;
  stop(): Promise<void>;
}

const START_MS = 180_000;
const PAUSE_MS = 250;
const STOP_MS = 15_000;
const LOG_CHARS = 4_000;
/** Enough for some thousand rows in a few hundred files, on a machine with other work to do. */
const HEAP_MB = 1_500;

const NODE = ['node.environment=judge', 'node.id=judge-1', 'node.bind-ip=127.0.0.1'];

const CONFIG = [
  'coordinator=true',
  'node-scheduler.include-coordinator=true',
  'node.internal-address=127.0.0.1',
  'query.max-memory=512MB',
  'query.max-memory-per-node=512MB',
  'memory.heap-headroom-per-node=384MB',
];

const HIVE = [
  'connector.name=hive',
  'hive.metastore=file',
  'hive.metastore.disable-location-checks=true',
  'fs.hadoop.enabled=true',
  'hive.non-managed-table-writes-enabled=true',
  'hive.allow-register-partition-procedure=true',
  // Parquet says milliseconds, and so does the lake.
  'hive.timestamp-precision=MILLISECONDS',
];

const JVM = [
  '-server',
  `-Xmx${HEAP_MB}M`,
  '-Xms512M',
  '-XX:+UseG1GC',
  '-XX:+ExitOnOutOfMemoryError',
  '-XX:ReservedCodeCacheSize=256M',
  '-XX:+EnableDynamicAgentLoading',
  '-Djdk.attach.allowAttachSelf=true',
  '-Djdk.nio.maxCachedBufferSize=2000000',
  '-Dfile.encoding=UTF-8',
  '-Duser.timezone=UTC',
];

/** Starts a server that keeps everything below `folder`, and waits until it answers. It ends with this process, however that ends; then the folder goes too. */
export async function startTrino({ server, java }: TrinoInstall, folder: string): Promise<TrinoServer> {
  const etc = join(folder, 'etc');
  const data = join(folder, 'node');
  const metastore = join(folder, 'metastore');
  for (const path of [join(etc, 'catalog'), data, metastore]) mkdirSync(path, { recursive: true });
  const port = await freePort();
  const config = join(etc, 'config.properties');
  writeFileSync(config, lines([...CONFIG, `http-server.http.port=${port}`, `discovery.uri=http://127.0.0.1:${port}`]));
  writeFileSync(join(etc, 'catalog', 'hive.properties'), lines([...HIVE, `hive.metastore.catalog.dir=${pathToFileURL(metastore).href}`]));
  const folders = [`node.data-dir=${data}`, `plugin.dir=${join(server, 'plugin')}`, `catalog.config-dir=${join(etc, 'catalog')}`];
  const properties = [...NODE, ...folders, `config=${config}`].map((one) => `-D${one}`);
  // Java itself, not the launcher script, so that the process we end is the server.
  const args = [...JVM, ...properties, '-cp', join(server, 'lib', '*'), 'io.trino.server.TrinoServer'];
  const child = spawn(java, args, { cwd: data, stdio: ['ignore', 'pipe', 'pipe'] });
  const release = child.pid === undefined ? () => {} : guard(child.pid, folder);
  const tail = tailOf(child);
  const client = new TrinoClient(`http://127.0.0.1:${port}`);
  const stop = async (): Promise<void> => {
    await stopped(child);
    release();
  };
  try {
    await answering(client, child, tail);
  } catch (error) {
    await stop();
    throw new Error(`Trino did not start:\n${tail()}`, { cause: error });
  }
  return { client, stop };
}

function lines(texts: readonly string[]): string {
  return `${texts.join('\n')}\n`;
}

function tailOf(child: ChildProcess): () => string {
  let text = '';
  child.on('error', (error) => {
    text += String(error);
  });
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-LOG_CHARS);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => text;
}

async function answering(client: TrinoClient, child: ChildProcess, tail: () => string): Promise<void> {
  const endMs = Date.now() + START_MS;
  let last: unknown;
  // A start that failed says so and lingers.
  const isFailed = (): boolean =>
    child.pid === undefined || child.exitCode !== null || child.signalCode !== null || tail().includes('\tERROR\tmain\t');
  while (Date.now() < endMs && !isFailed()) {
    try {
      // It listens long before it has a node to run on.
      if (await client.isReady()) return;
    } catch (error) {
      last = error;
    }
    await sleep(PAUSE_MS);
  }
  throw new Error(`no answer within ${START_MS} ms, or an error`, { cause: last });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  const isGone = await Promise.race([gone.then(() => true), sleep(STOP_MS, false, { ref: false })]);
  if (isGone) return;
  child.kill('SIGKILL');
  await gone;
}
