import { knownMsOf, type LabelOptions, type Truth } from '../../core/backtest/labels.ts';
import type { FeatureWatcher } from '../../core/backtest/replay.ts';
import type { Pipeline } from '../../core/definition/pipeline.ts';
import { usageError } from '../../core/errors.ts';
import type { Event } from '../../core/model.ts';
import type { FeatureValues } from '../../core/rules/decision.ts';
import { type BinReader, compileBins } from '../../core/scorecard/bins.ts';
import type { PatternCount } from '../../core/scorecard/grouping.ts';
import { TrainingRows } from '../../core/scorecard/training.ts';
import { nameOf } from './event-name.ts';
import type { TrainingStart } from './messages.ts';

const DAY_MS = 86_400_000;

/** What one thread sees of the events that a scorecard is learnt from. */
export class ShareTraining implements FeatureWatcher {
  readonly fromMs: number;
  /** Bins of the event seen last. */
  places = '';
  private readonly start: TrainingStart;
  private readonly labels: LabelOptions;
  private readonly rows: TrainingRows;
  private readonly placesOf: BinReader;
  private readonly toMs: number;

  /** Throws UsageError for a pipeline without labels, and for a scorecard that does not fit it. */
  constructor(start: TrainingStart, pipeline: Pipeline, delayMs: number) {
    const spec = pipeline.decision?.labels;
    if (spec === undefined) throw usageError('decision.labels', undefined, 'the events that are labels, in pipeline.ts');
    this.start = start;
    this.fromMs = Math.min(...start.cuts.map((cut) => cut.fromMs));
    this.toMs = Math.max(...start.cuts.map((cut) => cut.toMs));
    this.labels = { spec, delayMs };
    this.rows = new TrainingRows(Math.ceil(delayMs / DAY_MS));
    this.placesOf = compileBins(start.card, pipeline);
  }

  see(event: Event, features: FeatureValues): void {
    this.places = this.placesOf(event, features);
    if (event.timeMs < this.toMs) this.rows.see(nameOf(event.key, event.id), event, this.places);
  }

  learn(label: Event, { eventId, eventMs, isFraud }: Truth): void {
    const isOfRows = eventMs >= this.fromMs && eventMs < this.toMs;
    // Of events before the rows frauds only matter, since they block their card.
    if (!isOfRows && (!isFraud || eventMs >= this.toMs)) return;
    this.rows.learn({ name: nameOf(label.key, eventId), key: label.key, eventMs, isFraud, knownMs: knownMsOf(label, this.labels) });
  }

  counts(): PatternCount[][] {
    return this.start.cuts.map((cut) => this.rows.counts(cut));
  }
}
