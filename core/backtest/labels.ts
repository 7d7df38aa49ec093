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
