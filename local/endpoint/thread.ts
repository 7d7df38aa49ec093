import type { Server } from 'node:http';
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

/**
 * The server throws whatever goes wrong out of its event handlers. A client that hangs up in the middle of a request must
 * not end the stream; anything else, such as a database that cannot be opened, must be told.
 */
process.on('uncaughtException', (error: Error & { code?: string }) => {
  if (stopping || error.code === 'ECONNRESET') return;
  say({ kind: 'failed', code: error.code ?? '', message: error.message });
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
  if (address !== null && typeof address === 'object') say({ kind: 'listening', port: address.port });
});
