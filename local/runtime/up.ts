import type { BatchStats } from '../../functions/process-stream/handler.ts';
import { USUAL_POLICY } from '../../lake/compaction/plan.ts';
import { tablesOf } from '../../lake/tables.ts';
import { compactFolder } from '../compaction/compactor.ts';
import { startMapping } from '../mapping/live.ts';
import type { LoadedPipeline } from '../pipeline.ts';
import { DecidedFeed } from '../status/feed.ts';
import { startStatus } from '../status/server.ts';
import { removeLive, writeLive } from './live.ts';
import { type Machine, openMachine } from './machine.ts';
import { Meter } from './meter.ts';
import type { RunProgress } from './run.ts';
import { type Warmed, warmMachine } from './warm.ts';

/** What `headrace up` is told. */
export interface UpOptions {
  readonly dataDir: string;
  readonly loaded: LoadedPipeline;
  /** TCP port of the Kinesis endpoint; 0 takes any free one. */
  readonly port: number;
  /** Shards of a new stream. */
  readonly shardCount: number;
  readonly batchSize: number;
  /** Time between two landings of what was delivered, ms. */
  readonly flushMs: number;
  /** Time between two looks for hours that are over and worth compacting, ms; default five minutes. */
  readonly compactMs?: number;
  readonly onRetry?: (message: string) => void;
  /** New features are taken as they are where history is missing. */
  readonly acceptCold?: boolean;
  /** Told what was done for features before anything is processed. */
  readonly onWarm?: (warmed: Warmed) => void;
}

/** The pipeline while it runs. */
export interface RunningPipeline {
  /** Address of the Kinesis API, such as `http://127.0.0.1:4567`. */
  readonly endpoint: string;
  readonly streamName: string;
  readonly dataDir: string;
  progress(): RunProgress;
  /** Lands what was delivered so far, so that queries see it. */
  flush(): Promise<void>;
  /** Resolves if the pipeline cannot go on, such as when another one took its checkpoints over; then stop it. */
  readonly failed: Promise<Error>;
  /** Drains the stream, lands the lake and releases the folder; open windows stay open and go on at the next start. */
  stop(): Promise<void>;
}

/** Time between two rounds of the closer, ms: windows are emitted within about a second of becoming final. */
const CLOSE_MS = 1_000;

/** Time between two looks for new alerts, ms, and between two looks for what waits or is over, as on AWS. */
const TELL_MS = 1_000;
const LOOK_MS = 60_000;

/** How long a batch may gather, ms: far below what anyone notices, and long enough to fill batches under load. */
const BATCHING_WINDOW_MS = 50;

/** Time between two compactions, ms: an hour that is over is compacted within a few minutes of being settled. */
const COMPACT_MS = 300_000;
const DAY_MS = 86_400_000;

/** Starts the whole pipeline on this machine: endpoint, processor, closer, lake. */
export async function startPipeline(options: UpOptions): Promise<RunningPipeline> {
  const meter = new Meter(Date.now());
  const onRetry = options.onRetry ?? (() => {});
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  const feed = new DecidedFeed();
  const observe = (stats: BatchStats): void => {
    meter.observe(stats);
    feed.observe(stats);
  };
  const machine = await openMachine({
    ...options,
    ...{ clock: Date.now, observe, onRetry, onFatal: (error) => fail(error), isAlerting: true },
  });
  const status = await orClose(machine, async () => {
    await warmMachine(machine, options);
    return startStatus(feed, options.flushMs);
  });
  writeLive(options.dataDir, { endpoint: machine.endpoint.endpoint, stream: machine.stream.name, status: status.url });
  const mapping = startMapping({
    source: machine.source,
    stream: machine.stream,
    checkpoints: machine.checkpoints,
    handler: machine.handler,
    random: Math.random,
    batchSize: options.batchSize,
    batchingWindowMs: BATCHING_WINDOW_MS,
    onFatal: (error) => fail(error),
  });
  let windowsClosed = 0;
  const closer = new Repeater(CLOSE_MS, onRetry, async () => {
    windowsClosed = (await machine.handlers.close({ kind: 'live' })).windowsClosed;
  });
  const flusher = new Repeater(options.flushMs, onRetry, () => machine.handlers.flush());
  const teller = new Repeater(TELL_MS, onRetry, async () => machine.alerts?.pump());
  const looker = new Repeater(LOOK_MS, onRetry, async () => machine.alerts?.tick());
  const stopCompacting = new AbortController();
  const compactor = new Repeater(options.compactMs ?? COMPACT_MS, onRetry, () =>
    compact(machine, options.loaded, onRetry, stopCompacting.signal),
  );
  return {
    endpoint: machine.endpoint.endpoint,
    streamName: machine.stream.name,
    dataDir: options.dataDir,
    progress: () => progressOf(meter, windowsClosed),
    flush: () => flusher.now(),
    failed,
    stop: async () => {
      // A mapping that cannot go on must not keep what was delivered from landing.
      const mapped = await mapping.stop({ drain: true }).then(
        () => undefined,
        (error: unknown) => error,
      );
      stopCompacting.abort();
      await compactor.stop();
      await closer.stop();
      await looker.stop();
      // What is not told now is told by the next start.
      await teller.now().catch((error: unknown) => onRetry(error instanceof Error ? error.message : String(error)));
      await teller.stop();
      await flusher.stop();
      removeLive(options.dataDir);
      await status.close();
      await finish(machine);
      if (mapped !== undefined) throw mapped;
    },
  };
}

/** Does what must be done before anything is processed, and closes the machine if it fails. */
async function orClose<T>(machine: Machine, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await machine.close();
    throw error;
  }
}

/** Compacts what is settled; an hour that cannot be is reported, and looked at again the next time. */
async function compact(
  machine: Machine,
  { pipeline }: LoadedPipeline,
  onRetry: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { failed } = await compactFolder({
    lakeDir: machine.folder.lake,
    tables: tablesOf(pipeline),
    policy: USUAL_POLICY,
    keptMs: pipeline.lake.generationsDays * DAY_MS,
    signal,
  });
  for (const { message } of failed) onRetry(message);
}

function progressOf(meter: Meter, windowsClosed: number): RunProgress {
  const { events, alerts, maxEventMs } = meter.live();
  return {
    events,
    alerts,
    maxEventMs,
    eventsPerSecond: meter.eventsPerSecond(Date.now()),
    windowsClosed,
    cpuSeconds: meter.cpuSeconds(),
  };
}

async function finish(machine: Machine): Promise<void> {
  try {
    await machine.handlers.close({ kind: 'live' });
    await machine.handlers.flush();
  } finally {
    await machine.close();
  }
}

/** Runs a task again and again, one at a time; a failure is reported and the task tried again at the next turn. */
class Repeater {
  private readonly timer: NodeJS.Timeout;
  private readonly task: () => Promise<void>;
  private readonly onFailure: (message: string) => void;
  private running: Promise<void> = Promise.resolve();
  private isBusy = false;

  constructor(everyMs: number, onFailure: (message: string) => void, task: () => Promise<void>) {
    this.task = task;
    this.onFailure = onFailure;
    this.timer = setInterval(() => {
      if (!this.isBusy) void this.now().catch((error: unknown) => this.onFailure(error instanceof Error ? error.message : String(error)));
    }, everyMs);
  }

  /** Runs the task now, after the one in progress. */
  now(): Promise<void> {
    this.isBusy = true;
    const next = this.running.then(this.task).finally(() => {
      this.isBusy = false;
    });
    this.running = next.catch(() => {});
    return next;
  }

  /** Runs no more, and waits for the one in progress. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }
}
