import type { RecordableHistogram } from 'node:perf_hooks';
import { TemplateGenerator } from '../generate/generator.ts';
import { customerId, paymentId } from '../generate/render.ts';
import { DecisionTracker } from '../measure/decisions.ts';
import { latencyHistogram, msAt, recordMs } from '../measure/histogram.ts';
import { rateSegments } from '../profile/rate.ts';
import { openReplay, type ReplaySource } from '../profile/replay.ts';
import type { FromProducer, ProducerHistograms, ProducerPlan, Sample, ToProducer } from './messages.ts';
import { Sender, type TakenRecord } from './sender.ts';
import type { OfferedEvent } from './shard-queue.ts';
import { loadClient } from './stream.ts';

/** Time between two looks at the schedule, ms: what is due goes out together. */
const TICK_MS = 5;
const TALLY_MS = 250;
/** One payment in this time is watched on its way into the lake, ms. */
const SAMPLE_MS = 200;
/** Events made before the calls get a turn. */
const EVENTS_PER_TICK_MAX = 10_000;
/** Events that may wait for a target: beyond that memory would be what is tested. */
const BACKLOG_MAX = 500_000;

/** Events in the order of their schedule. */
export interface EventSource {
  /** When the next one is due, epoch ms; Infinity when there are no more. */
  readonly dueMs: number;
  next(): OfferedEvent;
}

/** One producer: keeps the schedule whatever the target does, and measures from intended times on. */
export class Producer {
  private readonly plan: ProducerPlan;
  private readonly say: (message: FromProducer) => void;
  private readonly client;
  private readonly sender: Sender;
  private readonly tracker = new DecisionTracker((record, decidedMs) => this.decided(record, decidedMs));
  private readonly lag = latencyHistogram();
  private readonly put = latencyHistogram();
  private readonly decision = latencyHistogram();
  private readonly slices: (RecordableHistogram | undefined)[] = [];
  private samples: Sample[] = [];
  private sampledMs = 0;
  private startMs = 0;
  private source: EventSource | undefined;
  private isStopping = false;
  private talliedMs = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(plan: ProducerPlan, say: (message: FromProducer) => void) {
    this.plan = plan;
    this.say = say;
    this.client = loadClient(plan.target);
    this.sender = new Sender({
      ...{ client: this.client, stream: plan.target.stream, aggregate: plan.aggregate, limits: plan.limits, giveUpMs: plan.giveUpMs },
      ...{ clock: Date.now, random: Math.random, onTaken: (record) => this.taken(record), onFatal: (message) => this.fail(message) },
    });
  }

  async open(): Promise<void> {
    try {
      await this.sender.open();
      this.say({ kind: 'ready' });
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  async hear(message: ToProducer): Promise<void> {
    if (message.kind === 'start') await this.start(message.startMs);
    else if (message.kind === 'decided') this.tracker.decided(message.batches);
    else if (message.kind === 'stop') this.isStopping = true;
    else this.finish();
  }

  private async start(startMs: number): Promise<void> {
    this.startMs = startMs;
    try {
      this.source = await sourceOf(this.plan, startMs);
      this.tick();
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  private tick(): void {
    const now = Date.now();
    if (!this.isStopping) this.offerDue(now);
    this.sender.pump();
    const isOver = this.isStopping || (this.source?.dueMs === Number.POSITIVE_INFINITY && this.sender.isIdle);
    if (isOver) {
      void this.done();
      return;
    }
    if (now - this.talliedMs >= TALLY_MS) {
      this.talliedMs = now;
      this.say({ kind: 'tally', ...this.report(), p99Ms: this.decision.count > 0 ? msAt(this.decision, 99) : 0 });
    }
    this.timer = setTimeout(() => this.tick(), TICK_MS);
  }

  private offerDue(now: number): void {
    const { source } = this;
    if (source === undefined) return;
    for (let made = 0; source.dueMs <= now && made < EVENTS_PER_TICK_MAX; made++) {
      recordMs(this.lag, now - source.dueMs);
      this.sender.offer(source.next());
    }
    if (this.sender.tally.backlog > BACKLOG_MAX) this.fail(`${BACKLOG_MAX} events of producer ${this.plan.producer} wait for the stream`);
  }

  private taken(record: TakenRecord): void {
    for (const event of record.events) {
      recordMs(this.put, record.atMs - event.intendedMs);
      if (event.ordinal >= 0 && event.kind === 0 && event.intendedMs - this.sampledMs >= SAMPLE_MS) this.sample(event);
    }
    this.tracker.taken(record);
  }

  private sample({ ordinal, intendedMs }: OfferedEvent): void {
    this.sampledMs = intendedMs;
    this.samples.push({ id: paymentId(this.plan.run, this.plan.producer, ordinal), intendedMs });
  }

  private decided({ events }: TakenRecord, decidedMs: number): void {
    for (const { intendedMs } of events) {
      const slice = Math.max(0, Math.floor((intendedMs - this.startMs) / this.plan.sliceMs));
      // One for each slice stays to the end: few figures keep memory flat in a long run.
      this.slices[slice] ??= latencyHistogram(2);
      recordMs(this.decision, decidedMs - intendedMs);
      recordMs(this.slices[slice], decidedMs - intendedMs);
    }
  }

  private report(): { tally: Sender['tally']; waiting: number; samples: readonly Sample[] } {
    const { samples } = this;
    this.samples = [];
    return { tally: structuredClone(this.sender.tally), waiting: this.tracker.waiting, samples };
  }

  private fail(message: string): void {
    this.isStopping = true;
    this.say({ kind: 'failed', message });
    // Before the start nothing else would notice.
    if (this.source === undefined) void this.done();
  }

  private async done(): Promise<void> {
    await this.sender.stop();
    this.say({ kind: 'done', ...this.report() });
    // Decisions go on arriving; the count of those that are missing must too.
    this.timer = setInterval(() => this.say({ kind: 'tally', ...this.report(), p99Ms: 0 }), TALLY_MS);
  }

  private finish(): void {
    clearTimeout(this.timer);
    const { lag, put, decision, slices } = this;
    const histograms: ProducerHistograms = { lag, put, decision, slices };
    this.say({ kind: 'end', histograms });
    this.client.destroy();
  }
}

async function sourceOf(plan: ProducerPlan, startMs: number): Promise<EventSource> {
  const { profile, run, seed, producer, producers } = plan;
  if (profile.replay !== undefined) {
    const source: ReplaySource = await openReplay({ ...profile.replay, run, startMs, producer, producers });
    return source;
  }
  const generator = new TemplateGenerator({
    ...{ dials: profile.events, arrivals: profile.arrivals, segments: rateSegments(profile), seed, run, startMs, producer, producers },
  });
  return new TemplateSource(generator, run);
}

/** The template generator's events as the sender takes them. */
class TemplateSource implements EventSource {
  private readonly generator: TemplateGenerator;
  private readonly run: string;
  private readonly keys = new Map<number, string>();

  constructor(generator: TemplateGenerator, run: string) {
    this.generator = generator;
    this.run = run;
  }

  get dueMs(): number {
    return this.generator.dueMs;
  }

  next(): OfferedEvent {
    const { generator } = this;
    generator.next();
    const { kind, customer, intendedMs, ordinal, euroMinor, chunk, start, end } = generator;
    return { kind, partitionKey: this.keyOf(customer), intendedMs, ordinal, euroMinor, data: chunk.bytes.subarray(start, end) };
  }

  private keyOf(customer: number): string {
    const known = this.keys.get(customer);
    if (known !== undefined) return known;
    const key = customerId(this.run, customer);
    this.keys.set(customer, key);
    return key;
  }
}
