import { mkdir, realpath } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { RetriableError, UsageError, usageError } from '../../core/errors.ts';
import type { EndpointMessage, EndpointStart } from './messages.ts';

/** Options of the local Kinesis endpoint. */
export interface EndpointOptions {
  /** Folder of the stream's data; created when missing. One endpoint at a time may have it. */
  readonly path: string;
  /** TCP port on 127.0.0.1; 0 takes any free one. */
  readonly port: number;
  /** Told once when the endpoint dies after it had started. */
  readonly onFailure?: (error: Error) => void;
  /** Told whenever a request could not be served, such as on a full disk; its client finds its connection cut, and may try again. */
  readonly onUnserved?: (message: string) => void;
}

/** A running Kinesis endpoint. */
export interface Endpoint {
  /** Such as `http://127.0.0.1:4567`. */
  readonly endpoint: string;
  readonly port: number;
  /** Finishes requests in flight, closes the data and frees the port. Calling it again does no harm. */
  stop(): Promise<void>;
}

/** The endpoint sees a fixed account and region, whatever the user's own AWS settings are. */
const ENVIRONMENT = { AWS_REGION: 'us-east-1', AWS_ACCOUNT_ID: '000000000000' };

/** Folders open in this process: the lock that LevelDB takes on a folder holds between processes only. */
const claimed = new Set<string>();

function inUse(path: string): UsageError {
  return new UsageError(`stream data in ${JSON.stringify(path)} is in use by another run; stop that one first or take another data folder`);
}

function startError(start: EndpointStart, code: string, message: string): Error {
  if (code === 'EADDRINUSE')
    return usageError('port of the stream endpoint is taken by another program', start.port, 'a free port, or 0 for any');
  if (code === 'EACCES')
    return usageError('port of the stream endpoint is not allowed', start.port, 'a port from 1024 to 65535, or 0 for any');
  if (/lock/i.test(message)) return inUse(start.path);
  return new RetriableError(`stream endpoint could not start on ${start.path}: ${message}`);
}

function listening(worker: Worker, start: EndpointStart): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once('message', (message: EndpointMessage) => {
      if (message.kind === 'listening') resolve(message.port);
      else
        reject(startError(start, message.kind === 'failed' ? message.code : '', message.kind === 'failed' ? message.message : 'stopped'));
    });
    worker.once('error', (error) => reject(startError(start, '', error.message)));
    worker.once('exit', () => reject(startError(start, '', 'its thread ended')));
  });
}

function stopped(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.on('message', (message: EndpointMessage) => {
      if (message.kind === 'stopped') resolve();
    });
    worker.once('exit', () => resolve());
    worker.postMessage('stop');
  });
}

/**
 * Starts a real Kinesis API on 127.0.0.1 (this machine only) in a thread of its own, with its data on disk.
 * Throws UsageError when the port is taken or another run has the folder.
 */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  if (!Number.isInteger(options.port) || options.port < 0 || options.port > 65_535) {
    throw usageError('port of the stream endpoint', options.port, 'an integer from 0 to 65535');
  }
  await mkdir(options.path, { recursive: true });
  const claim = await realpath(options.path);
  if (claimed.has(claim)) throw inUse(options.path);
  claimed.add(claim);
  const start: EndpointStart = { path: options.path, port: options.port };
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: start, env: ENVIRONMENT });
  let port: number;
  try {
    port = await listening(worker, start);
  } catch (error) {
    await worker.terminate();
    claimed.delete(claim);
    throw error;
  }
  let ended = false;
  const fail = (message: string): void => {
    if (ended) return;
    ended = true;
    options.onFailure?.(new RetriableError(`stream endpoint failed: ${message}`));
  };
  worker.on('message', (message: EndpointMessage) => {
    if (message.kind === 'failed') fail(message.message);
    if (message.kind === 'unserved') options.onUnserved?.(message.message);
  });
  worker.on('error', (error) => fail(error.message));
  worker.on('exit', () => fail('its thread ended'));
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    ended = true;
    await stopped(worker);
    await worker.terminate();
    claimed.delete(claim);
  };
  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}
