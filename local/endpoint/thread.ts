import { request, type Server } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import kinesalite from 'kinesalite';
import type { EndpointMessage, EndpointStart } from './messages.ts';

/** A local stream becomes active, splits and merges at once: nothing waits for hardware. */
const STATE_CHANGE_MS = 1;

/** No account limit stands in the way of a local stream. */
const SHARDS_MAX = 4096;

/** How long requests in flight may take to finish before their connections are cut. */
const CLOSE_GRACE_MS = 2_000;

const { path, port } = workerData as EndpointStart;
let started = false;
let stopping = false;

function say(message: EndpointMessage): void {
  parentPort?.postMessage(message);
}

/** Stops taking requests, lets those in flight finish, then closes the database. */
function stop(server: Server): void {
  stopping = true;
  const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  const closeSockets = Object.getPrototypeOf(server).close as (this: Server, done: () => void) => void;
  closeSockets.call(server, () => {
    clearTimeout(cut);
    server.close(() => say({ kind: 'stopped' }));
  });
  server.closeIdleConnections();
}

/** Asks the server for its streams; `done` is called with the first answer, which it gives only when the database is open. */
function probe(port: number, done: () => void): void {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'Kinesis_20131202.ListStreams',
    'x-amz-date': '20200101T000000Z',
    authorization: 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=local, Signature=local',
    connection: 'close',
  };
  const call = request({ host: '127.0.0.1', port, method: 'POST', headers }, (answer) => {
    answer.resume();
    answer.on('end', done);
  });
  call.on('error', (error) => say({ kind: 'failed', code: '', message: error.message }));
  call.end('{}');
}

/**
 * The server throws whatever goes wrong out of its event handlers. A client that hangs up in the middle of a request must not end the
 * stream. A request that the database could not serve gets no answer, and a client without a time limit would wait for ever: nobody
 * can tell which it was, so all connections are cut, and clients try again. What goes wrong before the start, such as a
 * database that cannot be opened, must be told.
 */
process.on('uncaughtException', (error: Error & { code?: string }) => {
  if (stopping || error.code === 'ECONNRESET') return;
  if (!started) return say({ kind: 'failed', code: error.code ?? '', message: error.message });
  say({ kind: 'unserved', message: error.message });
  server.closeAllConnections();
});

const server = kinesalite({
  path,
  createStreamMs: STATE_CHANGE_MS,
  deleteStreamMs: STATE_CHANGE_MS,
  updateStreamMs: STATE_CHANGE_MS,
  shardLimit: SHARDS_MAX,
});
parentPort?.on('message', () => stop(server));
server.on('error', (error: Error & { code?: string }) => say({ kind: 'failed', code: error.code ?? '', message: error.message }));
server.listen(port, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') return;
  probe(address.port, () => {
    started = true;
    say({ kind: 'listening', port: address.port });
  });
});
