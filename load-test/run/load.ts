import { setTimeout as sleep } from 'node:timers/promises';
import { merged, msAt } from '../measure/histogram.ts';
import { QueryableWatch } from '../measure/queryable.ts';
import { endMsOf, rateSegments } from '../profile/rate.ts';
import type { Profile } from '../profile/schema.ts';
import type { ShardLimits } from '../send/shard-queue.ts';
import { totalOf } from '../send/tally.ts';
import { lanesOf, type Reconciliation, reconcile } from '../truth/reconcile.ts';
import { Producers } from './producers.ts';
import type { LoadResult, Moment } from './result.ts';
import type { LoadTarget } from './target.ts';

/** What a load test is told. */
export interface LoadOptions {
  readonly target: LoadTarget;
  readonly profile: Profile;
  readonly seed: number;
  /** Short name of the run, letters and digits: part of every id that it makes. */
  readonly run: string;
  readonly producers: number;
  readonly aggregate: boolean;
  /** What each shard may get of all producers together; undefined for no limit. */
  readonly limits: ShardLimits | undefined;
  /** A shard that takes nothing for so long ends the load, ms. */
  readonly giveUpMs: number;
  /** Longest wait for decisions and rows behind the last event, ms. */
  readonly settleMs: number;
  /** Ends the load before its time: what was sent is still accounted for. */
  readonly signal: AbortSignal;
  readonly onMoment?: (moment: Moment) => void;
  readonly clock: () => number;
}

/** Producers begin together, so soon after all are ready, ms. */
const START_DELAY_MS = 200;
const STEP_MS = 200;
const SLICES = 120;
/** Of a hundred events one may be ready so long after its time, ms: more, and the load is not the one that was asked for. */
const LAG_MAX_MS = 100;
/** Latency of a decision is read off in steps of this length, so that a slow reader does not delay it, ms. */
const MOMENT_MS = 1_000;

/** Runs a load from its first event to its last row in the lake. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const load = new Load(options);
  return load.run();
}

class Load {
  private readonly options: LoadOptions;
  private readonly producers: Producers;
  private readonly watch: QueryableWatch | undefined;
  private readonly sliceMs: number;
  private readonly moments: Moment[] = [];
  private readonly stopped = new AbortController();
  private startMs = 0;
  private rssMb: number | null = null;
  private progressError: string | undefined;

  constructor(options: LoadOptions) {
    const { target, profile, seed, run, producers, aggregate, limits, giveUpMs, clock } = options;
    this.options = options;
    this.sliceMs = Math.max(1_000, Math.ceil(endMsOf(rateSegments(profile)) / SLICES / 1_000) * 1_000);
    const share = limits && { recordsPerSecond: limits.recordsPerSecond / producers, bytesPerSecond: limits.bytesPerSecond / producers };
    this.producers = new Producers(
      Array.from({ length: producers }, (_, producer) => ({
        ...{ target: target.stream, profile, seed, run, producer, producers, aggregate, giveUpMs, limits: share, sliceMs: this.sliceMs },
      })),
    );
    this.watch = target.lake && new QueryableWatch(target.lake, { clock, pollMs: target.lakePollMs });
  }

  async run(): Promise<LoadResult> {
    const { signal, clock, target } = this.options;
    const onStop = (): void => this.producers.stop();
    signal.addEventListener('abort', onStop, { once: true });
    await this.producers.whenReady();
    // Whatever the processor did before is none of this run's.
    await this.readProgress();
    this.startMs = clock() + START_DELAY_MS;
    if (signal.aborted) this.producers.stop();
    if (this.producers.failures.length === 0) this.producers.start(this.startMs);
    const watching = this.watchAll();
    await this.producers.whenDone();
    const sendS = Math.max(0, clock() - this.startMs) / 1000;
    const wasSettled = await this.settle();
    this.stopped.abort();
    await watching;
    const reconciliation = target.lake && (await this.reconciled(wasSettled));
    const result = await this.resultOf(sendS, reconciliation);
    signal.removeEventListener('abort', onStop);
    return result;
  }

  /** Looks at everything again and again until the load is settled. */
  private async watchAll(): Promise<void> {
    let momentMs = 0;
    while (!this.stopped.signal.aborted) {
      await this.readProgress();
      this.watch?.add(this.producers.takeSamples());
      this.watch?.look();
      const now = this.options.clock();
      if (now - momentMs >= MOMENT_MS) {
        momentMs = now;
        this.note(now);
      }
      await sleep(STEP_MS, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
    await this.watch?.settle();
  }

  private async readProgress(): Promise<void> {
    try {
      const progress = await this.options.target.progress?.();
      if (progress === undefined) return;
      this.rssMb = progress.rssMb;
      this.producers.decided(progress.batches);
      this.progressError = undefined;
    } catch (error) {
      this.progressError = error instanceof Error ? error.message : String(error);
    }
  }

  private note(now: number): void {
    const { tally, waiting, p99Ms } = this.producers.state;
    const { throttled, backlog } = tally;
    const counts = { offered: totalOf(tally.offered), sent: totalOf(tally.sent), throttled, backlog, waiting };
    const ownRssMb = Math.round(process.memoryUsage.rss() / 2 ** 20);
    const moment = { atS: Math.max(0, now - this.startMs) / 1000, ...counts, rssMb: this.rssMb, ownRssMb, p99Ms };
    this.moments.push(moment);
    this.options.onMoment?.(moment);
  }

  /** Waits for the decisions and rows of all that was sent; false if some did not come. */
  private async settle(): Promise<boolean> {
    const { target, clock, settleMs } = this.options;
    const untilMs = clock() + settleMs;
    const hasDecisions = (): boolean => target.progress === undefined || this.producers.state.waiting === 0;
    while (clock() < untilMs) {
      if (hasDecisions() && (await this.hasRows())) return true;
      await sleep(Math.min(target.lakePollMs, 1_000));
    }
    return hasDecisions() && (await this.hasRows());
  }

  private async hasRows(): Promise<boolean> {
    const { target, run } = this.options;
    if (target.lake === undefined) return true;
    const lanes = await lanesOf(target.lake, { run, startMs: this.startMs }).catch(() => undefined);
    return lanes !== undefined && Object.values(lanes).reduce((sum, n) => sum + n, 0) >= totalOf(this.producers.state.tally.sent);
  }

  private async reconciled(wasSettled: boolean): Promise<Reconciliation | undefined> {
    const { target, run, profile } = this.options;
    const truth = { run, startMs: this.startMs, tally: this.producers.state.tally };
    if (target.lake === undefined) return undefined;
    try {
      return await reconcile(target.lake, { ...truth, isReplay: profile.replay !== undefined, lateByMs: profile.events.late.by_s * 1000 });
    } catch (error) {
      // A lake that had all the rows a moment ago must answer.
      if (wasSettled) throw error;
      this.progressError = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  private async resultOf(sendS: number, reconciliation: Reconciliation | undefined): Promise<LoadResult> {
    const { target, profile, seed, run, producers } = this.options;
    const { tally, waiting } = this.producers.state;
    const histograms = await this.producers.finish();
    const lag = merged(histograms.map((one) => one.lag));
    const slices = Math.max(0, ...histograms.map((one) => one.slices.length));
    const hasDecisions = target.progress !== undefined;
    return {
      ...{ run, target: target.name, decisionNote: target.decisionNote, profile, seed, producers, startMs: this.startMs, sendS },
      ...{ tally, waiting: hasDecisions ? waiting : 0, moments: this.moments, sliceS: this.sliceMs / 1000, lag },
      put: merged(histograms.map((one) => one.put)),
      decision: hasDecisions ? merged(histograms.map((one) => one.decision)) : null,
      slices: Array.from({ length: slices }, (_, i) => merged(histograms.flatMap((one) => one.slices[i] ?? []))),
      queryable: this.watch?.histogram ?? null,
      bufferMs: target.bufferMs,
      reconciliation,
      reasons: this.reasons(msAt(lag, 99), reconciliation),
    };
  }

  private reasons(lagMs: number, reconciliation: Reconciliation | undefined): string[] {
    const { signal, target, settleMs } = this.options;
    const { tally, waiting } = this.producers.state;
    const { failures } = this.producers;
    const undecided = target.progress === undefined ? 0 : waiting;
    const settleS = Math.round(settleMs / 1000);
    return [
      ...(signal.aborted ? ['it was interrupted'] : []),
      ...failures.map((message) => `the target failed: ${message}`),
      ...(lagMs > LAG_MAX_MS
        ? [
            `the generator was too slow for its own schedule: 1 % of the events were ready ${Math.round(lagMs)} ms after their time or later (allowed ${LAG_MAX_MS} ms); lower the rate, or raise --producers or the machine`,
          ]
        : []),
      ...(tally.backlog > 0 && failures.length === 0 && !signal.aborted ? [`${tally.backlog} events were never taken by the stream`] : []),
      ...(undecided > 0 ? [`${undecided} records were not decided within ${settleS} s of the last one${this.because()}`] : []),
      ...(target.lake !== undefined && reconciliation === undefined ? [`the lake cannot be read${this.because()}`] : []),
      ...(reconciliation?.differences ?? []),
    ];
  }

  private because(): string {
    return this.progressError === undefined ? '' : ` (${this.progressError})`;
  }
}
