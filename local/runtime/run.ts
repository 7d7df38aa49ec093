import { usageError } from '../../core/errors.ts';
import { shardLedgers } from '../../lake/ledger.ts';
import { feedShapeOf } from '../feed/events.ts';
import { type Feeder, startFeeder } from '../feed/feeder.ts';
import { feedIdOf, resolveInputs } from '../feed/inputs.ts';
import { readImport } from '../feed/read.ts';
import { findFeedTail } from '../feed/tail.ts';
import { runAligned } from '../mapping/aligned.ts';
import type { LoadedPipeline } from '../pipeline.ts';
import { type Machine, openMachine, spillPath } from './machine.ts';
import { Meter } from './meter.ts';
import { OversizeEvents } from './oversize.ts';
import { type RunReport, reportOf } from './report.ts';
import { type Warmed, warmMachine } from './warm.ts';

/** What `headrace run` is told. */
export interface RunOptions {
  readonly dataDir: string;
  readonly loaded: LoadedPipeline;
  readonly inputs: readonly string[];
  /** File with a SELECT over the view `input`. */
  readonly importFile?: string;
  /** Shards of the stream, 1 for a new one by default; with a number, a stream that has another one is refused. */
  readonly shardCount?: number;
  readonly batchSize: number;
  /** Event type of rows that name none; default: the pipeline's first. */
  readonly defaultType?: string;
  readonly keepOpen: boolean;
  readonly append: boolean;
  readonly onProgress?: (progress: RunProgress) => void;
  readonly onRetry?: (message: string) => void;
  /** New features are taken as they are where history is missing. */
  readonly acceptCold?: boolean;
  /** Told what was done for features before anything is processed. */
  readonly onWarm?: (warmed: Warmed) => void;
  /** Told the result before the folder is marked done, so that a crash in between has it told again rather than never. */
  readonly onResult?: (result: RunResult) => void;
  /** Fires on Ctrl-C: the run stops at a point from which a second one goes on. */
  readonly signal?: AbortSignal;
}

/** Where a run stands. */
export interface RunProgress {
  readonly events: number;
  readonly eventsPerSecond: number;
  /** Newest event time processed, epoch ms; null before the first. */
  readonly maxEventMs: number | null;
  readonly windowsClosed: number;
  readonly alerts: number;
  readonly cpuSeconds: number;
}

/** How a run ended. */
export interface RunResult {
  readonly report: RunReport;
  /** Lines about numbers that do not balance; empty when all is well. */
  readonly differences: readonly string[];
  /** False when the signal stopped it; the same command goes on from there. */
  readonly isComplete: boolean;
  readonly lateNote: string | undefined;
}

/** Barriers of a pipeline without tiles: windows are closed at each hour of event time, which bounds the state. */
const DEFAULT_TILE_MS = 3_600_000;

/** Time between two progress calls, ms. */
const PROGRESS_MS = 200;

/** Feeds files through the stream, drains it, closes all windows, lands the lake and balances the ledger. */
export async function runPipeline(options: RunOptions): Promise<RunResult> {
  const inputs = await resolveInputs(options.inputs);
  const importSql = options.importFile === undefined ? undefined : await readImport(options.importFile);
  const feedId = await feedIdOf(inputs, `${importSql ?? ''}\n${options.defaultType ?? ''}`);
  const meter = new Meter(Date.now());
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  const machine = await openMachine({
    ...options,
    shardCount: options.shardCount ?? 1,
    port: 0,
    clock: Date.now,
    observe: meter.observe,
    onRetry: options.onRetry ?? (() => {}),
    onFatal: (error) => fail(error),
  });
  try {
    await checkFolder(machine, options, { feedId, files: inputs.files });
    await warmMachine(machine, options);
    machine.setMeta({ ...machine.meta, run: { input: feedId, isDone: false } });
    const isComplete = await Promise.race([feedThrough(machine, options, { feedId, inputs, importSql, meter }), failed]);
    if (isComplete && !options.keepOpen) await machine.handlers.close({ kind: 'end' });
    await machine.handlers.flush();
    const result: RunResult = { ...(await reportOf(machine, options.loaded.pipeline, meter)), isComplete };
    options.onResult?.(result);
    const done = machine.meta.inputs ?? [];
    if (isComplete) machine.setMeta({ ...machine.meta, run: { input: feedId, isDone: true }, inputs: [...done, feedId] });
    return result;
  } finally {
    await machine.close();
  }
}

/** A folder takes one input; a finished one takes more only with `--append`, since its watermark is past most of it. */
async function checkFolder(
  machine: Machine,
  options: RunOptions,
  { feedId, files }: { readonly feedId: string; readonly files: readonly string[] },
): Promise<void> {
  const { run, inputs = [] } = machine.meta;
  const hasLiveEvents =
    run === undefined && (await shardLedgers(machine.store, machine.handlers.plan, machine.meta.streamEpoch)).some(({ hi }) => hi !== null);
  if (run !== undefined && !run.isDone && run.input !== feedId) {
    throw usageError(
      `data folder ${options.dataDir} holds an unfinished run of another input`,
      files.join(', '),
      'the same input, unchanged, to finish it, or another folder with --data',
    );
  }
  if ((run?.isDone === true || hasLiveEvents) && !options.append) {
    throw usageError(
      `data folder ${options.dataDir} holds events already`,
      'a run without --append',
      '--append to add to it (events behind its watermark will be late), or another folder with --data',
    );
  }
  if (inputs.includes(feedId) && run?.isDone === true) {
    throw usageError(
      `data folder ${options.dataDir} holds this input already`,
      files.join(', '),
      'files that it has not; changed ones count as others',
    );
  }
  if (options.shardCount !== undefined && machine.stream.openShards !== options.shardCount) {
    throw usageError('--shards', options.shardCount, `${machine.stream.openShards}, the shards that the stream in ${options.dataDir} has`);
  }
}

interface Feed {
  readonly feedId: string;
  readonly inputs: Awaited<ReturnType<typeof resolveInputs>>;
  readonly importSql: string | undefined;
  readonly meter: Meter;
}

/** Feeds and processes in step; true when everything was processed, false when the signal stopped it. */
async function feedThrough(machine: Machine, options: RunOptions, feed: Feed): Promise<boolean> {
  const { plan } = machine.handlers;
  const tileMs = plan.tileMs ?? DEFAULT_TILE_MS;
  const futureLimitMs = Date.now() + plan.pipeline.time.futureMs;
  const oversize = new OversizeEvents(machine);
  const shape = feedShapeOf(plan.pipeline);
  const feeder = startFeeder({
    endpoint: machine.endpoint.endpoint,
    stream: machine.stream.name,
    inputs: feed.inputs,
    importSql: feed.importSql,
    shape: options.defaultType === undefined ? shape : { ...shape, defaultType: options.defaultType },
    feedId: feed.feedId,
    tails: await findFeedTail(machine.source, machine.checkpoints.sequences(), feed.feedId),
    tileMs,
    futureLimitMs,
    spillPath: spillPath(machine.folder),
    onOversize: (event) => oversize.add(event),
  });
  const stop = linkSignals(options.signal, feeder);
  const progress = new Progress(machine, options, feed.meter);
  try {
    const isComplete = await runAligned({
      source: machine.source,
      stream: machine.stream,
      checkpoints: machine.checkpoints,
      handler: machine.handler,
      random: Math.random,
      feed: feeder,
      tileMs,
      futureLimitMs,
      batchSize: options.batchSize,
      barrier: (tileStartMs) => progress.barrier(tileStartMs - plan.pipeline.time.outOfOrdernessMs),
      onProgress: (_shard, done) => feeder.processed(done.reduce((bytes, { data }) => bytes + data.byteLength, 0)),
      signal: stop.signal,
    });
    if (stop.signal.aborted && options.signal?.aborted !== true) await feeder.finished;
    await oversize.settle();
    return isComplete;
  } finally {
    progress.stop();
    stop.unlink();
    await feeder.stop();
  }
}

/** One signal that fires on Ctrl-C and when the feeder fails. */
function linkSignals(signal: AbortSignal | undefined, feeder: Feeder): { readonly signal: AbortSignal; unlink(): void } {
  const abort = new AbortController();
  const fire = (): void => abort.abort();
  if (signal?.aborted === true) fire();
  signal?.addEventListener('abort', fire);
  feeder.finished.catch(fire);
  return { signal: abort.signal, unlink: () => signal?.removeEventListener('abort', fire) };
}

/** Runs barriers and tells the caller where the run stands. */
class Progress {
  private windowsClosed = 0;
  private readonly machine: Machine;
  private readonly options: RunOptions;
  private readonly meter: Meter;
  private readonly timer: NodeJS.Timeout;

  constructor(machine: Machine, options: RunOptions, meter: Meter) {
    this.machine = machine;
    this.options = options;
    this.meter = meter;
    this.timer = setInterval(() => this.tell(), PROGRESS_MS);
  }

  async barrier(floorMs: number): Promise<void> {
    const { windowsClosed } = await this.machine.handlers.close({ kind: 'barrier', floorMs });
    this.windowsClosed = windowsClosed;
  }

  stop(): void {
    clearInterval(this.timer);
    this.tell();
  }

  private tell(): void {
    const { events, alerts, maxEventMs } = this.meter.live();
    this.options.onProgress?.({
      events,
      alerts,
      maxEventMs,
      eventsPerSecond: this.meter.eventsPerSecond(Date.now()),
      windowsClosed: this.windowsClosed,
      cpuSeconds: this.meter.cpuSeconds(),
    });
  }
}
