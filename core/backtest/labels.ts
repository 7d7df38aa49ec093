import type { LabelSpec } from '../definition/pipeline.ts';
import { usageError } from '../errors.ts';
import type { Event } from '../model.ts';

/** What is known of the truth about judged events, and when. */
export interface LabelOptions {
  readonly spec: LabelSpec;
  /** A label is known so long after its transaction at the earliest, ms; 0 takes labels when they come. */
  readonly delayMs: number;
}

/** A label as the truth about one event. */
export interface Truth {
  readonly eventId: string;
  readonly eventMs: number;
  readonly isFraud: boolean;
}

/** Labels that came before they may be known wait here. */
export class LabelDelay {
  private readonly options: LabelOptions;
  /** In order of the times they are known at; of equal ones in the order they came in. */
  private readonly waiting: Event[] = [];

  constructor(options: LabelOptions) {
    this.options = options;
  }

  /** What is known by the time of an event, in order, and then the event itself, unless it is a label to be known later. */
  *pass(event: Event): Generator<Event> {
    while (this.waiting[0] !== undefined && this.waiting[0].timeMs <= event.timeMs) yield this.waiting.shift() as Event;
    const knownMs = event.type === this.options.spec.over ? knownMsOf(event, this.options) : event.timeMs;
    if (knownMs <= event.timeMs) yield event;
    else this.wait({ ...event, timeMs: knownMs, values: { ...event.values, event_time: knownMs } });
  }

  private wait(event: Event): void {
    const at = this.waiting.findLastIndex(({ timeMs }) => timeMs <= event.timeMs);
    this.waiting.splice(at + 1, 0, event);
  }
}

/** When a label may be known, epoch ms: when it came, and no sooner than the delay after its transaction. Throws UsageError for one that came before it. */
export function knownMsOf(label: Event, { spec, delayMs }: LabelOptions): number {
  const subjectMs = Number(label.values[spec.subjectTime]);
  if (subjectMs > label.timeMs) throw knownTooSoon(label, subjectMs);
  return Math.max(label.timeMs, subjectMs + delayMs);
}

/** The truth in a label; undefined for other events. */
export function truthOf(event: Event, spec: LabelSpec): Truth | undefined {
  if (event.type !== spec.over) return undefined;
  return {
    eventId: String(event.values[spec.subject]),
    eventMs: Number(event.values[spec.subjectTime]),
    isFraud: event.values[spec.fraud] === true,
  };
}

function knownTooSoon({ type, id, timeMs }: Event, subjectMs: number): Error {
  return usageError(
    `event_time of ${type} ${id}`,
    new Date(timeMs).toISOString(),
    `a time at or after its transaction, ${new Date(subjectMs).toISOString()}: nothing is known before it happens`,
  );
}
