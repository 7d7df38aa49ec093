import { usageError } from '../errors.ts';
import type { Event } from '../model.ts';
import type { Plan } from '../plan.ts';
import { compileRecord, type RecordMaker } from '../profiles/record.ts';
import type { RuleSet } from '../rules/compile.ts';
import type { Decision, FeatureValues } from '../rules/decision.ts';
import { KeyHistory } from './key-history.ts';
import { knownMsOf, type LabelOptions } from './labels.ts';
import { GatheredRows } from './replay-rows.ts';
import { readTiles } from './tile-history.ts';

/** What a replay judges by. */
export interface ReplayOptions {
  readonly plan: Plan;
  /** One rule set, or several that are compared over the same features. */
  readonly ruleSets: readonly RuleSet[];
  /** Events from this time on are judged; those before are their history. Epoch ms. */
  readonly fromMs: number;
  /** Events before this time are judged. Epoch ms. */
  readonly toMs: number;
  /** What is known of the truth, and when; absent where labels are known when they come. */
  readonly labels?: LabelOptions | undefined;
  /** Who wants the features of events, of those too that are not judged. */
  readonly watcher?: FeatureWatcher | undefined;
}

/** Somebody who is told the features of events as they were when each came. */
export interface FeatureWatcher {
  /** Of events from this time on, up to `toMs`. Epoch ms. */
  readonly fromMs: number;
  see(event: Event, features: FeatureValues): void;
}

/** Takes the decisions of the rule sets about one event; `place` is its place among all that were added, from 0. */
export type Judged = (event: Event, place: number, decisions: readonly Decision[]) => void;

/**
 * Judges events as a stream judges them that has them in order of time on time: with the features of the pipeline and its compiled rules. Events
 * are gathered first, and then gone through key by key, since what is known of one key fits a processor's cache and that of all keys does not.
 * Tiles of other keys are read as the stream reads them, when they are closed; so no label is seen before it was known.
 */
export class HistoryReplay {
  private readonly options: ReplayOptions;
  private readonly gathered: GatheredRows;
  private readonly names: readonly string[];
  private readonly recordOf: RecordMaker;
  private lastMs = Number.NEGATIVE_INFINITY;

  constructor(options: ReplayOptions) {
    this.options = options;
    this.gathered = new GatheredRows(options.plan.pipeline);
    this.names = Object.keys(options.plan.ofNothing);
    this.recordOf = compileRecord(this.names);
  }

  /**
   * Takes the next event. `isOwn` says whether its key is this replay's: others are not judged. Throws UsageError for events that
   * are not in order of time, and for labels that were known before what they are about.
   */
  add(event: Event, isOwn: boolean): void {
    if (event.timeMs < this.lastMs)
      throw usageError(
        `event_time of ${event.type} ${event.id}`,
        new Date(event.timeMs).toISOString(),
        `${new Date(this.lastMs).toISOString()} or later: a back-test takes events in order of time; put them into it with ORDER BY in --import`,
      );
    this.lastMs = event.timeMs;
    const { labels } = this.options;
    const knownMs = labels?.spec.over === event.type ? knownMsOf(event, labels) : event.timeMs;
    this.gathered.add(event, { knownMs, isFeatured: isOwn && this.isFeatured(event), isOwn });
  }

  /** Judges everything that was taken, key by key. Returns how many of the events were this replay's, and in time. */
  finish(judged: Judged): number {
    const { plan, toMs } = this.options;
    const rows = this.gathered.take(this.names.length);
    const keys = new KeyHistory(plan, rows, toMs);
    let own = 0;
    for (const span of rows.spans) {
      const count = keys.replay(span);
      if (span.isOwn) own += count;
    }
    readTiles(plan, rows, toMs);
    for (let row = 0; row < rows.columns.count; row += 1) {
      const at = rows.featuresAt(row);
      if (at !== undefined) this.judge(rows.originOf(row), rows.eventAt(row), { features: this.recordOf(rows.values, at), judged });
    }
    return own;
  }

  private judge(place: number, event: Event, { features, judged }: { readonly features: FeatureValues; readonly judged: Judged }): void {
    const { watcher, fromMs, ruleSets } = this.options;
    if (watcher !== undefined && event.timeMs >= watcher.fromMs) watcher.see(event, features);
    if (event.timeMs < fromMs) return;
    judged(
      event,
      place,
      ruleSets.map((rules) => rules.judge(event, features)),
    );
  }

  /** Whether an event is judged or watched. */
  private isFeatured({ type, timeMs }: Event): boolean {
    const { plan, fromMs, toMs, watcher } = this.options;
    return type === plan.pipeline.decision?.over && timeMs >= Math.min(fromMs, watcher?.fromMs ?? fromMs) && timeMs < toMs;
  }
}
