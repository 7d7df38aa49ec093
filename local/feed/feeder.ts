import { Worker } from 'node:worker_threads';
import { RetriableError, UsageError } from '../../core/errors.ts';
import type { FeedProgress } from '../mapping/aligned.ts';
import type { FeedShape } from './events.ts';
import { type FeedState, type OversizeEvent, PACK_BYTES_DEFAULT } from './feed.ts';
import type { Inputs } from './inputs.ts';
import type { FeederCommand, FeederMessage, FeederStart } from './messages.ts';

/** Options of a feeder. */
export interface FeederOptions {
  /** Address of the stream endpoint. */
  readonly endpoint: string;
  readonly stream: string;
  readonly inputs: Inputs;
  /** A SELECT over the view `input`. */
  readonly importSql?: string | undefined;
  readonly shape: FeedShape;
  readonly feedId: string;
  /** What the stream holds of this feed, from `findFeedTail`. */
  readonly tails: ReadonlyMap<string, number>;
  /** Tile width the packs are cut at; undefined for none. */
  readonly tileMs: number | undefined;
  /** Event times past it (epoch ms) do not move the feed's clock. Default: none. */
  readonly futureLimitMs?: number;
  readonly packBytes?: number;
  /** Data bytes that may be put and not yet processed, default 32 MB. */
  readonly aheadBytesMax?: number;
  /** Folder for sorts that do not fit in memory. */
  readonly spillPath?: string | undefined;
  /** Hears of events that no stream record can hold. */
  readonly onOversize?: (event: OversizeEvent) => void;
}

/** A running feeder. */
export interface Feeder extends FeedProgress {
  /** Where it stands. */
  readonly state: FeedState;
  /** Tells that records with these data bytes were processed, so that more may be put. */
  processed(bytes: number): void;
  /** Final state and CPU time of the feeder's thread, DuckDB's own threads left out. Rejects with UsageError when input or SQL cannot be read. */
  readonly finished: Promise<{ readonly state: FeedState; readonly cpuMs: number }>;
  /** Puts nothing more; `finished` resolves. */
  stop(): Promise<void>;
}

const AHEAD_BYTES = 32 * 1024 * 1024;
const NOTHING_YET: FeedState = {
  positionMs: Number.NEGATIVE_INFINITY,
  read: 0,
  sent: 0,
  skipped: 0,
  oversize: 0,
  bytesPut: 0,
  done: false,
};

/** A promise that resolves at the next change, again and again. */
class Changes {
  #resolve: () => void = () => {};
  #next: Promise<void>;

  constructor() {
    this.#next = this.#renew();
  }

  get next(): Promise<void> {
    return this.#next;
  }

  tell(): void {
    const resolve = this.#resolve;
    this.#next = this.#renew();
    resolve();
  }

  #renew(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}

class ThreadFeeder implements Feeder {
  state = NOTHING_YET;
  readonly finished: Promise<{ readonly state: FeedState; readonly cpuMs: number }>;
  readonly #worker: Worker;
  readonly #changes = new Changes();
  readonly #onOversize: (event: OversizeEvent) => void;
  #error: unknown;

  constructor(start: FeederStart, onOversize: (event: OversizeEvent) => void) {
    this.#onOversize = onOversize;
    this.#worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: start });
    this.finished = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FeederMessage) => this.#hear(message, resolve, reject));
      this.#worker.on('error', (error) => reject(new RetriableError(`feeder failed: ${error.message}`, { cause: error })));
      this.#worker.on('exit', () => reject(new RetriableError('feeder ended before it was done')));
    });
    // Whoever awaits it gets the error; a run that fails elsewhere first must not fail twice.
    this.finished.catch((error: unknown) => {
      this.#error = error;
      this.#changes.tell();
    });
  }

  positionMs(): number {
    if (this.#error !== undefined) throw this.#error;
    return this.state.positionMs;
  }

  changed(): Promise<void> {
    return this.#changes.next;
  }

  starving(): void {
    this.#send({ kind: 'starving' });
  }

  processed(bytes: number): void {
    this.#send({ kind: 'processed', bytes });
  }

  async stop(): Promise<void> {
    this.#send({ kind: 'stop' });
    await this.finished.catch(() => undefined);
    await this.#worker.terminate();
  }

  #send(command: FeederCommand): void {
    this.#worker.postMessage(command);
  }

  #hear(message: FeederMessage, resolve: (end: { state: FeedState; cpuMs: number }) => void, reject: (error: Error) => void): void {
    if (message.kind === 'oversize') {
      this.#onOversize(message.event);
      return;
    }
    if (message.kind === 'failed') {
      reject(message.usage ? new UsageError(message.message) : new RetriableError(message.message));
      return;
    }
    this.state = message.state;
    if (message.kind === 'finished') resolve({ state: message.state, cpuMs: message.cpuMs });
    this.#changes.tell();
  }
}

/** Starts feeding files into the stream in a thread of its own, so that reading and packing take nothing from the processing. */
export function startFeeder(options: FeederOptions): Feeder {
  const { endpoint, stream, inputs, importSql, shape, feedId, tails, tileMs, spillPath } = options;
  const start: FeederStart = {
    endpoint,
    stream,
    inputs,
    importSql,
    spillPath,
    shape,
    feedId,
    tails,
    tileMs,
    packBytes: options.packBytes ?? PACK_BYTES_DEFAULT,
    futureLimitMs: options.futureLimitMs ?? Number.POSITIVE_INFINITY,
    aheadBytesMax: options.aheadBytesMax ?? AHEAD_BYTES,
  };
  return new ThreadFeeder(start, options.onOversize ?? (() => {}));
}
