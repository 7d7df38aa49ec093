import { Worker } from 'node:worker_threads';
import type { Decided } from '../measure/decisions.ts';
import type { FromProducer, ProducerHistograms, ProducerPlan, Sample, ToProducer } from '../send/messages.ts';
import { addTallies, emptyTally, type Tally } from '../send/tally.ts';

/** Where all producers stand together. */
export interface ProducersState {
  readonly tally: Tally;
  /** Records that the stream took and nobody has decided on yet. */
  readonly waiting: number;
  /** Greatest 99th percentile of a producer up to now, ms. */
  readonly p99Ms: number;
}

/** Producer threads, each with an event loop and clients of its own. */
export class Producers {
  /** What went wrong, in the producers' words. */
  readonly failures: string[] = [];
  private readonly workers: Worker[];
  private readonly latest: { tally: Tally; waiting: number; p99Ms: number }[];
  private readonly ready: Promise<void>[] = [];
  private readonly done: Promise<void>[] = [];
  private readonly ends: Promise<ProducerHistograms | undefined>[] = [];
  private samples: Sample[] = [];

  constructor(plans: readonly ProducerPlan[]) {
    this.latest = plans.map(() => ({ tally: emptyTally(), waiting: 0, p99Ms: 0 }));
    this.workers = plans.map((workerData) => new Worker(new URL('../send/worker.ts', import.meta.url), { workerData }));
    for (const [i, worker] of this.workers.entries()) this.listen(worker, i);
  }

  get state(): ProducersState {
    return {
      tally: addTallies(this.latest.map(({ tally }) => tally)),
      waiting: this.latest.reduce((sum, { waiting }) => sum + waiting, 0),
      p99Ms: Math.max(0, ...this.latest.map(({ p99Ms }) => p99Ms)),
    };
  }

  /** Resolves when each can begin or has failed. */
  async whenReady(): Promise<void> {
    await Promise.all(this.ready);
  }

  /** Resolves when each has sent all, was stopped or has failed. */
  async whenDone(): Promise<void> {
    await Promise.all(this.done);
  }

  start(startMs: number): void {
    this.say({ kind: 'start', startMs });
  }

  decided(batches: readonly Decided[]): void {
    if (batches.length > 0) this.say({ kind: 'decided', batches });
  }

  stop(): void {
    this.say({ kind: 'stop' });
  }

  /** Payments to watch that came since the last call. */
  takeSamples(): Sample[] {
    const { samples } = this;
    this.samples = [];
    return samples;
  }

  /** Ends all threads; their histograms. */
  async finish(): Promise<ProducerHistograms[]> {
    this.say({ kind: 'finish' });
    const histograms = await Promise.all(this.ends);
    return histograms.filter((one) => one !== undefined);
  }

  private say(message: ToProducer): void {
    for (const worker of this.workers) worker.postMessage(message);
  }

  private listen(worker: Worker, i: number): void {
    const waits = {
      ready: Promise.withResolvers<void>(),
      done: Promise.withResolvers<void>(),
      end: Promise.withResolvers<ProducerHistograms | undefined>(),
    };
    this.ready.push(waits.ready.promise);
    this.done.push(waits.done.promise);
    this.ends.push(waits.end.promise);
    worker.on('message', (message: FromProducer) => {
      if (message.kind === 'failed') this.fail(message.message);
      if (message.kind === 'tally' || message.kind === 'done') this.note(i, message);
      if (message.kind === 'ready' || message.kind === 'failed') waits.ready.resolve();
      if (message.kind === 'done') waits.done.resolve();
      if (message.kind === 'end') waits.end.resolve(message.histograms);
    });
    worker.on('error', (error) => this.fail(`a producer ended: ${error.message}`));
    worker.on('exit', () => {
      waits.ready.resolve();
      waits.done.resolve();
      waits.end.resolve(undefined);
    });
  }

  private note(i: number, message: FromProducer & { kind: 'tally' | 'done' }): void {
    const p99Ms = message.kind === 'tally' && message.p99Ms > 0 ? message.p99Ms : (this.latest[i]?.p99Ms ?? 0);
    this.latest[i] = { tally: message.tally, waiting: message.waiting, p99Ms };
    this.samples.push(...message.samples);
  }

  /** One that cannot go on stops the others: the load would not be the one that was asked for. */
  private fail(message: string): void {
    if (!this.failures.includes(message)) this.failures.push(message);
    this.stop();
  }
}
