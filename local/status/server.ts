import { createServer, type IncomingMessage } from 'node:http';
import type { DecidedFeed, DecidedPage } from './feed.ts';

/** What the status of a running pipeline says. */
export interface PipelineStatus extends DecidedPage {
  /** Time between two landings in the lake, ms. */
  readonly flushMs: number;
  /** Resident memory of the process, MiB, and its CPU time so far, s. */
  readonly rssMb: number;
  readonly cpuS: number;
}

/** A small HTTP server on 127.0.0.1 that tells other processes of this machine how far the pipeline has come. */
export interface StatusServer {
  /** Such as `http://127.0.0.1:40123`; `GET /status?after=N` answers with a PipelineStatus. */
  readonly url: string;
  close(): Promise<void>;
}

/** Names under which only programs of this machine reach it: a web page that resolves to it has another. */
const HOSTS = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

/** Starts the server on any free port. */
export async function startStatus(feed: DecidedFeed, flushMs: number): Promise<StatusServer> {
  const server = createServer((request, response) => {
    const after = afterOf(request);
    if (after === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(statusOf(feed, after, flushMs)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Number to begin with; undefined for anything but a request for the status. */
function afterOf({ method, url = '', headers }: IncomingMessage): number | undefined {
  if (method !== 'GET' || !HOSTS.test(headers.host ?? '')) return undefined;
  const after = /^\/status(?:\?after=(\d{1,15}))?$/.exec(url);
  return after === null ? undefined : Number(after[1] ?? 0);
}

function statusOf(feed: DecidedFeed, after: number, flushMs: number): PipelineStatus {
  const { user, system } = process.cpuUsage();
  return { ...feed.page(after), flushMs, rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20), cpuS: (user + system) / 1e6 };
}
