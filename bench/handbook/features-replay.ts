import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { HistoryReplay } from '../../core/backtest/replay.ts';
import type { FeatureSpec } from '../../core/definition/features.ts';
import type { Pipeline } from '../../core/definition/pipeline.ts';
import type { Event } from '../../core/model.ts';
import { compilePlan } from '../../core/plan.ts';
import { NOTHING } from '../../core/rules/decision.ts';
import { pipeline } from '../../pipelines/payments/pipeline.ts';
import type { EventColumns } from './features-data.ts';

/** Fields that the events of the handbook have. */
const FIELDS = ['customer_id', 'terminal_id', 'amount', 'currency', 'transaction_id', 'transaction_time', 'fraud', 'explained'];

/** Names of the shipped features that these events can feed; all others have one value for all. */
export function fedFeatures(): string[] {
  return Object.keys(pipeline.features).filter((name) => isFed(pipeline.features[name] as FeatureSpec));
}

function isFed(spec: FeatureSpec): boolean {
  const named = [spec.field, spec.since, ...(spec.place ?? []), ...Object.keys(spec.where ?? {}), ...Object.keys(spec.of ?? {})];
  const all = [...named, ...(spec.kind === 'tile' ? [spec.by] : spec.per)];
  return all.every((field) => field === undefined || field.startsWith('features.') || FIELDS.includes(field));
}

/** What a thread of a replay does. */
interface ReplayWork {
  readonly columns: EventColumns;
  readonly features: readonly string[];
  /** Values by feature, then judged event; NaN where there is none. */
  readonly into: readonly Float64Array[];
  readonly share: number;
  readonly shares: number;
}

/** Replays the events on so many threads, each of which judges its share of the customers, and gives the values of the features. */
export async function replayFeatures(columns: EventColumns, judged: number, threads: number): Promise<Map<string, Float64Array>> {
  const features = fedFeatures();
  const into = features.map(() => new Float64Array(new SharedArrayBuffer(8 * judged)));
  const shares = Array.from({ length: threads }, (_, share): ReplayWork => ({ columns, features, into, share, shares: threads }));
  await Promise.all(
    shares.map(async (work) => {
      const [code] = await once(new Worker(new URL(import.meta.url), { workerData: work }), 'exit');
      if (code !== 0) throw new Error(`thread ${work.share} of the replay ended with ${code}`);
    }),
  );
  return new Map(features.map((name, i) => [name, into[i] as Float64Array]));
}

function replayShare({ columns, features, into, share, shares }: ReplayWork): void {
  const wanted = Object.fromEntries(features.map((name) => [name, pipeline.features[name] as FeatureSpec]));
  const fed: Pipeline = { ...pipeline, features: wanted };
  let values: Readonly<Record<string, number | null>> = {};
  const rules = {
    ...{ version: '', rules: [], lists: [], explain: () => ({}) as never },
    judge: (_event: Event, read: Readonly<Record<string, number | null>>) => {
      values = read;
      return NOTHING;
    },
  };
  const replay = new HistoryReplay({ plan: compilePlan(fed), ruleSets: [rules], fromMs: 0, toMs: Number.MAX_SAFE_INTEGER });
  for (let i = 0; i < columns.length; i += 1) replay.add(eventAt(columns, i), (columns.customer[i] ?? 0) % shares === share);
  replay.finish((_event, place) => {
    const at = columns.judgedAt[place] ?? -1;
    for (let i = 0; i < features.length; i += 1) (into[i] as Float64Array)[at] = values[features[i] ?? ''] ?? Number.NaN;
  });
}

function eventAt(columns: EventColumns, i: number): Event {
  const [timeMs, key, terminal_id] = [Number(columns.seconds[i]) * 1_000, `${columns.customer[i]}`, `${columns.terminal[i]}`];
  const number = `${columns.id[i]}`;
  if (columns.isLabel[i] === 0) {
    const amount = Number(columns.amountMinor[i]);
    const values = { event_id: number, event_time: timeMs, customer_id: key, terminal_id, amount, currency: 'EUR' };
    return { type: 'transaction', id: number, timeMs, key, values };
  }
  const id = `label-${number}`;
  const subject = { transaction_id: number, transaction_time: Number(columns.subjectSeconds[i]) * 1_000 };
  const values = { event_id: id, event_time: timeMs, customer_id: key, terminal_id, ...subject, fraud: columns.fraud[i] === 1 };
  return { type: 'label', id, timeMs, key, values };
}

if (!isMainThread && parentPort !== null) replayShare(workerData as ReplayWork);
