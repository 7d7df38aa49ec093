/** What the endpoint's thread is started with. */
export interface EndpointStart {
  /** LevelDB folder. */
  readonly path: string;
  /** TCP port on 127.0.0.1; 0 for any free one. */
  readonly port: number;
}

/** What the endpoint's thread says. `code` is the system's error code, such as EADDRINUSE, or ''. */
export type EndpointMessage =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  /** A request could not be served, such as on a full disk; others may be. */
  | { readonly kind: 'unserved'; readonly message: string }
  | { readonly kind: 'stopped' };
