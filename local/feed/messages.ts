import type { FeedShape } from './events.ts';
import type { FeedState, OversizeEvent } from './feed.ts';
import type { Inputs } from './inputs.ts';

/** What the feeder's thread is started with. */
export interface FeederStart {
  readonly endpoint: string;
  readonly stream: string;
  readonly inputs: Inputs;
  readonly importSql: string | undefined;
  readonly spillPath: string | undefined;
  readonly shape: FeedShape;
  readonly feedId: string;
  readonly tails: ReadonlyMap<string, number>;
  readonly tileMs: number | undefined;
  readonly packBytes: number;
  readonly futureLimitMs: number;
  /** Data bytes that may be put and not yet processed. */
  readonly aheadBytesMax: number;
}

/** What the feeder's thread is told: bytes processed since the last message, that the reader starves, or to stop. */
export type FeederCommand =
  | { readonly kind: 'processed'; readonly bytes: number }
  | { readonly kind: 'starving' }
  | { readonly kind: 'stop' };

/** What the feeder's thread says. */
export type FeederMessage =
  | { readonly kind: 'state'; readonly state: FeedState }
  | { readonly kind: 'oversize'; readonly event: OversizeEvent }
  | { readonly kind: 'finished'; readonly state: FeedState; readonly cpuMs: number }
  | { readonly kind: 'failed'; readonly usage: boolean; readonly message: string };
