import { refuseCardNumbers } from '../../core/cards/guard.ts';
import type { RawEvent } from '../../core/model.ts';
import type { Plan } from '../../core/plan.ts';
import type { ProducedEvent } from '../../core/ports.ts';
import { idOf, type Quarantined } from '../quarantine.ts';
import type { Source } from '../source/source.ts';
import type { Fix } from './fix.ts';

/** One event that was not sent again, and why. */
export interface NotSent {
  readonly id: string;
  /** Code of the refusal, COMMAND_FAILED, or ID_CHANGED. */
  readonly code: string;
  readonly message: string;
}

/** Where the chosen events went: `selected = sent + left_out + not_sent`. */
export interface RedriveReport {
  readonly selected: number;
  readonly sent: number;
  /** Events that the fix left where they are. */
  readonly left_out: number;
  readonly not_sent: readonly NotSent[];
}

/** What is done with the chosen events. */
export interface RedriveOptions {
  readonly plan: Plan;
  readonly fix: Fix;
  readonly nowMs: number;
  /** Checks and counts, and puts nothing. */
  readonly isDry: boolean;
}

/** Events handed to the producer at once: bounds what a lost connection repeats. */
const SEND_EVENTS_MAX = 500;

/**
 * Fixes quarantined events and puts the good ones on the stream again, under their old partition keys (an event's own where
 * that is masked) and in stream order. What would be refused again is not sent. Doing it twice does no harm: the second time they are duplicates.
 */
export async function redrive(source: Source, events: readonly Quarantined[], options: RedriveOptions): Promise<RedriveReport> {
  const good: ProducedEvent[] = [];
  const notSent: NotSent[] = [];
  let leftOut = 0;
  for (const event of events) {
    const fixed = await fixedOf(event, options);
    if (fixed === undefined) leftOut += 1;
    else if ('code' in fixed) notSent.push(fixed);
    else good.push(fixed);
  }
  if (!options.isDry && good.length > 0) {
    await source.produce(async (producer) => {
      for (let at = 0; at < good.length; at += SEND_EVENTS_MAX) await producer.send(good.slice(at, at + SEND_EVENTS_MAX));
    });
  }
  return { selected: events.length, sent: good.length, left_out: leftOut, not_sent: notSent };
}

async function fixedOf(event: Quarantined, { plan, fix, nowMs }: RedriveOptions): Promise<ProducedEvent | NotSent | undefined> {
  const id = idOf(event);
  let data: Uint8Array | undefined;
  try {
    data = await fix(id, Buffer.from(event.data_base64 ?? '', 'base64'));
  } catch (error) {
    return { id, code: 'COMMAND_FAILED', message: error instanceof Error ? error.message : String(error) };
  }
  if (data === undefined) return undefined;
  const raw: RawEvent = {
    position: '',
    sequence: event.sequence,
    subSequence: event.sub_sequence,
    arrivalMs: nowMs,
    partitionKey: event.partition_key,
    bytes: data,
  };
  const parsed = refuseCardNumbers({ ...raw, partitionKey: '' }) ?? plan.parse(raw);
  if ('rejection' in parsed) return { id, code: parsed.rejection.code, message: parsed.rejection.message };
  const eventId = originalIdOf(event);
  if (eventId !== undefined && eventId !== parsed.event.id)
    return {
      id,
      code: 'ID_CHANGED',
      message: `event_id was ${JSON.stringify(eventId)} and is ${JSON.stringify(parsed.event.id)}; a mended event keeps its id`,
    };
  // A masked key would be refused again, and what it was is gone: the mended event goes by its own.
  const isMasked = refuseCardNumbers({ ...raw, bytes: new Uint8Array() }) !== undefined;
  return { partitionKey: isMasked ? parsed.event.key : event.partition_key, data };
}

/** Id that the producer gave the bad event; undefined where it cannot be read, or is itself what was wrong. */
function originalIdOf({ data_base64 = '', path }: Quarantined): string | undefined {
  if (path === 'event_id') return undefined;
  try {
    const json: unknown = JSON.parse(Buffer.from(data_base64, 'base64').toString());
    const eventId: unknown = typeof json === 'object' && json !== null && 'event_id' in json ? json.event_id : undefined;
    return typeof eventId === 'string' ? eventId : undefined;
  } catch {
    return undefined;
  }
}
