import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { RetriableError, UsageError } from '../../core/errors.ts';

/** A pipeline in a process of its own, so that the load does not take the processor's time. */
export interface OwnPipeline {
  /** Drains the stream, lands the lake and ends the process. */
  stop(): Promise<void>;
}

/** What it is started with. */
export interface OwnPipelineOptions {
  readonly data: string;
  readonly pipeline: string;
  readonly shards: number;
  readonly flushSeconds: number;
}

const START = fileURLToPath(new URL('../headrace.mjs', import.meta.url));
/** V8 may abort where threads end while it guards code pages with memory keys: nodejs/node issue 64500. */
const NODE_FLAGS = ['--no-memory-protection-keys'];
/** Exit code of bad usage. */
const USAGE = 2;

/** Starts `headrace up` over a folder and waits until it takes events. Throws what it said if it ended first. */
export async function startOwnPipeline({ data, pipeline, shards, flushSeconds }: OwnPipelineOptions): Promise<OwnPipeline> {
  const flags = [
    '--json',
    '--port',
    '0',
    '--data',
    data,
    '--pipeline',
    pipeline,
    '--shards',
    String(shards),
    '--flush-seconds',
    String(flushSeconds),
  ];
  // A group of its own: Ctrl-C ends the load first, whose last events must still be decided.
  const child = spawn(process.execPath, [...NODE_FLAGS, START, 'up', ...flags], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const onExit = (): void => {
    child.kill('SIGTERM');
  };
  process.once('exit', onExit);
  let said = '';
  child.stderr.on('data', (part: Buffer) => {
    said = `${said}${part.toString()}`.slice(-2_000);
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on('exit', (code) => {
      process.off('exit', onExit);
      resolve(code);
    });
    child.on('error', () => resolve(1));
  });
  const started = new Promise<boolean>((resolve) => child.stdout.once('data', () => resolve(true)));
  const isUp = await Promise.race([started, ended.then(() => false)]);
  if (!isUp) {
    const message = said.replace(/^headrace up: /, '').trim();
    throw (await ended) === USAGE ? new UsageError(message) : new RetriableError(`the pipeline could not start: ${message}`);
  }
  return {
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
