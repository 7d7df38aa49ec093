import { hash } from 'node:crypto';
import { truthOf } from '../../core/backtest/labels.ts';
import type { KnownFraud } from '../../core/backtest/protocol.ts';
import { HistoryReplay } from '../../core/backtest/replay.ts';
import { FiredSets } from '../../core/backtest/scored.ts';
import { positionOf } from '../../core/decode/position.ts';
import type { LabelSpec, Pipeline } from '../../core/definition/pipeline.ts';
import { usageError } from '../../core/errors.ts';
import type { Event } from '../../core/model.ts';
import { compilePlan, type Plan } from '../../core/plan.ts';
import { parseLoaded } from '../../core/replay/load.ts';
import { compileRules } from '../../core/rules/compile.ts';
import type { Decision } from '../../core/rules/decision.ts';
import { type EventChunk, feedShapeOf } from '../feed/events.ts';
import { fileEvents } from '../feed/read.ts';
import { loadPipeline } from '../pipeline.ts';
import { nameOf } from './event-name.ts';
import type { BacktestShare, BacktestStart, JudgedRow, RowVerdict } from './messages.ts';
import { ShareTraining } from './share-training.ts';

/** No place in a stream: what is judged here was read from files. */
const NO_PLACE = { position: positionOf('0', 0), sequence: '0', subSequence: 0 };

/** Judges the events of one share of the keys. Throws UsageError for what files or rules got wrong. */
export async function judgeShare(start: BacktestStart): Promise<BacktestShare> {
  const { pipeline } = await loadPipeline(start.pipelineDir);
  const judge = new ShareJudge(pipeline, start);
  const { inputs, importSql, spillPath } = start;
  const options = { shape: feedShapeOf(pipeline), importSql, spillPath, wantsAllLabels: true };
  for await (const chunk of fileEvents(inputs, options)) judge.take(chunk);
  return judge.end();
}

/** Which of `shares` threads a key falls to. */
export function shareOf(key: string, shares: number): number {
  return shares === 1 ? 0 : Number.parseInt(hash('sha256', key).slice(0, 8), 16) % shares;
}

type Unlabelled = Omit<JudgedRow, 'fraud'>;

class ShareJudge {
  private readonly start: BacktestStart;
  private readonly plan: Plan;
  private readonly labels: LabelSpec | undefined;
  private readonly training: ShareTraining | undefined;
  private readonly replay: HistoryReplay;
  private readonly amount: { readonly field: string; readonly currency: string } | undefined;
  private readonly rows: Unlabelled[] = [];
  private readonly fired = new FiredSets();
  private readonly truths = new Map<string, boolean>();
  private readonly earlierFrauds: KnownFraud[] = [];
  private readonly shares = new Map<string, boolean>();
  /** Place in the input of each event of the replay. */
  private readonly ordinals: number[] = [];
  private ordinal = 0;
  private quarantined = 0;
  private labelCount = 0;
  private events = 0;
  private judgeCpuMs = 0;

  constructor(pipeline: Pipeline, start: BacktestStart) {
    const { fromMs, toMs, ruleSets, labelDelayMs } = start;
    this.start = start;
    this.plan = compilePlan(pipeline);
    this.labels = pipeline.decision?.labels;
    const compiled = ruleSets.map((source) => compileRules(source, pipeline, source.version, { nearMisses: start.nearMisses === true }));
    if (start.training !== undefined) this.training = new ShareTraining(start.training, pipeline, labelDelayMs);
    const labels = this.labels === undefined ? undefined : { spec: this.labels, delayMs: labelDelayMs };
    this.replay = new HistoryReplay({ plan: this.plan, ruleSets: compiled, fromMs, toMs, labels, watcher: this.training });
    this.amount = amountOf(pipeline);
  }

  take({ count, bytes, ends, timesMs }: EventChunk): void {
    const events: { readonly event: Event; readonly ordinal: number }[] = [];
    for (let i = 0; i < count; i += 1) {
      const payload = bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i]);
      this.ordinal += 1;
      const event = this.eventOf(payload, timesMs[i] ?? Number.NaN);
      if (event !== undefined) events.push({ event, ordinal: this.ordinal });
    }
    const before = process.threadCpuUsage();
    for (const { event, ordinal } of events) this.add(event, ordinal);
    this.count(before);
  }

  end(): BacktestShare {
    const before = process.threadCpuUsage();
    this.events = this.replay.finish((event, place, decisions) => {
      this.rows.push(this.rowOf(event, this.ordinals[place] ?? 0, decisions));
    });
    this.rows.sort((a, b) => a.ordinal - b.ordinal);
    this.count(before);
    const { earlierFrauds, quarantined, judgeCpuMs, events } = this;
    const rows = this.rows.map((row) => ({ ...row, fraud: this.truths.get(nameOf(row.key, row.eventId)) ?? null }));
    const counts = this.training?.counts() ?? [];
    return { rows, firedNames: this.fired.values, earlierFrauds, quarantined, labels: this.labelCount, judgeCpuMs, events, counts };
  }

  private eventOf(bytes: Uint8Array, timeMs: number): Event | undefined {
    const arrivalMs = Number.isNaN(timeMs) ? 0 : timeMs;
    const { parsed } = parseLoaded(this.plan, { ...NO_PLACE, arrivalMs, partitionKey: '', bytes });
    if ('event' in parsed) return parsed.event;
    // Who it belongs to nobody knows: the first thread counts it.
    if (this.start.share === 0) this.quarantined += 1;
    return undefined;
  }

  private add(event: Event, ordinal: number): void {
    const isOwn = this.isOwn(event.key);
    if (isOwn) this.learn(event);
    // Behind the range there is nothing to judge; labels were taken as the truth.
    if (event.timeMs >= this.start.toMs) return;
    this.replay.add(event, isOwn);
    this.ordinals.push(ordinal);
  }

  private count(before: NodeJS.CpuUsage): void {
    const { user, system } = process.threadCpuUsage(before);
    this.judgeCpuMs += (user + system) / 1_000;
  }

  private isOwn(key: string): boolean {
    const { share, shares } = this.start;
    if (shares === 1) return true;
    const known = this.shares.get(key);
    if (known !== undefined) return known;
    const isOwn = shareOf(key, shares) === share;
    this.shares.set(key, isOwn);
    return isOwn;
  }

  /** Keeps the truth for the measures: what is judged is told of it by `delay` only, when it is known. */
  private learn(event: Event): void {
    const truth = this.labels === undefined ? undefined : truthOf(event, this.labels);
    if (truth === undefined) return;
    this.labelCount += 1;
    this.training?.learn(event, truth);
    if (truth.eventMs >= this.start.fromMs) {
      if (truth.eventMs < this.start.toMs) this.truths.set(nameOf(event.key, truth.eventId), truth.isFraud);
    } else if (truth.isFraud) this.earlierFrauds.push({ key: event.key, eventMs: truth.eventMs });
  }

  private rowOf({ id, timeMs, key, values }: Event, ordinal: number, decisions: readonly Decision[]): Unlabelled {
    return {
      ...{ ordinal, eventId: id, eventMs: timeMs, key },
      ...(this.training === undefined ? {} : { places: this.training.places }),
      amountMinor: this.amount === undefined ? 0 : Number(values[this.amount.field] ?? 0),
      currency: this.amount === undefined ? '' : String(values[this.amount.currency] ?? ''),
      verdicts: decisions.map(({ score, outcome, fired, nearMisses }): RowVerdict => {
        const near = nearMisses === undefined ? null : this.fired.of(nearMisses);
        return { score, outcome, fired: this.fired.of(fired.map(({ ruleId }) => ruleId)), near };
      }),
    };
  }
}

/** The money of judged events. Throws UsageError for a pipeline that judges nothing. */
function amountOf({ decision, alerts, eventTypes }: Pipeline): { readonly field: string; readonly currency: string } | undefined {
  if (decision === undefined) throw usageError('pipeline', 'no decision', 'one that judges events');
  const fields = eventTypes[decision.over]?.fields ?? {};
  const named = alerts?.amount ?? Object.keys(fields).find((name) => fields[name]?.kind === 'money');
  const spec = named === undefined ? undefined : fields[named];
  return named === undefined || spec?.kind !== 'money' ? undefined : { field: named, currency: spec.currencyField };
}
