import { NodeHttpHandler } from '@smithy/node-http-handler';

/** Settings that every client handed to an adapter should have. */
export interface ClientOptions {
  readonly maxAttempts: number;
  readonly requestHandler: NodeHttpHandler;
}

const CONNECTION_TIMEOUT_MS = 2_000;
/** Sockets of one client: more than the writes an adapter has under way. */
const SOCKETS_MAX = 64;

/**
 * Client settings: one attempt, because adapters retry themselves and must know of every call; HTTP/1.1, because plain endpoints
 * speak no other; an error, not a warning, after `requestTimeoutMs`. Region, credentials and endpoint come from the AWS environment.
 */
export function clientOptions(requestTimeoutMs: number): ClientOptions {
  return {
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets: SOCKETS_MAX },
      httpsAgent: { maxSockets: SOCKETS_MAX },
    }),
  };
}
