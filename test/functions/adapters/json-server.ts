import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { clientOptions } from '../../../functions/adapters/client-options.ts';
import type { RetryOptions } from '../../../functions/adapters/retry.ts';

/** One call as it came: the operation's name and its JSON input. */
export interface ServiceRequest {
  readonly operation: string;
  readonly input: Record<string, unknown>;
  /** Calls of this operation so far, this one included. */
  readonly count: number;
}

/** What the server says: output, an error by name, a connection cut, or nothing for ever. */
export type ServiceReply =
  | { readonly output: unknown }
  | { readonly error: string; readonly message?: string; readonly status?: number; readonly more?: object }
  | 'drop'
  | 'silence';

/** A service that speaks AWS JSON on a port of its own until the test ends, and settings for a client of it. */
export async function jsonService(answer: (request: ServiceRequest) => ServiceReply, requestTimeoutMs = 2_000) {
  const calls: ServiceRequest[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((text) => {
      const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
      const count = calls.filter((call) => call.operation === operation).length + 1;
      const call = { operation, input: JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>, count };
      calls.push(call);
      reply(response, answer(call));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const settings = {
    ...clientOptions(requestTimeoutMs),
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  return { settings, calls, counts: () => countsOf(calls) };
}

/** Retries without waiting; `waits` holds what would have been waited, ms. */
export function patientRetry(attemptsMax = 8): RetryOptions & { readonly waits: number[] } {
  const waits: number[] = [];
  return {
    waits,
    random: () => 0.5,
    attemptsMax,
    sleep: async (ms) => {
      waits.push(ms);
    },
  };
}

function reply(response: ServerResponse, said: ServiceReply): void {
  if (said === 'silence') return;
  if (said === 'drop') {
    response.socket?.destroy();
    return;
  }
  response.setHeader('content-type', 'application/x-amz-json-1.0');
  if ('output' in said) {
    response.end(JSON.stringify(said.output));
    return;
  }
  response.statusCode = said.status ?? 400;
  response.end(JSON.stringify({ __type: `com.amazonaws#${said.error}`, message: said.message ?? 'no', ...said.more }));
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => resolve(Buffer.concat(parts).toString()));
  });
}

function countsOf(calls: readonly ServiceRequest[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operation } of calls) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}
