import { type UnpackedRecord, unpackRecord } from '../../../core/decode/unpack.ts';
import type { Parsed, RawEvent } from '../../../core/model.ts';
import { type FuzzInput, PARSERS } from './pipelines.ts';

/** Arrival of every input, behind the event times of right events. */
export const ARRIVAL_MS = Date.UTC(2026, 0, 6);
const SEQUENCE = '49590338271490256608559692538361571095921575989136588898';

/** One user record and what became of it. */
export interface Outcome {
  readonly raw: RawEvent;
  readonly parsed: Parsed;
}

/** What the stream processor makes of an input, with the times taken in ms. */
export interface Processed {
  readonly outcomes: readonly Outcome[];
  readonly recordMs: number;
  /** Time to parse each user record; unpacking is in `recordMs` alone. */
  readonly unitMs: readonly number[];
}

/** Takes an input the way of a stream record: base64, unpacking, parsing of each user record. Throws what these throw. */
export function processInput({ pipeline, data }: FuzzInput): Processed {
  const base64 = data.toString('base64');
  const parse = PARSERS[pipeline];
  const unitMs: number[] = [];
  const begun = performance.now();
  const units = unpackRecord({ sequence: SEQUENCE, arrivalMs: ARRIVAL_MS, partitionKey: 'outer', data: base64 });
  let before = performance.now();
  const outcomes = units.map((unit) => {
    const parsed = parsedOf(unit, parse);
    const now = performance.now();
    unitMs.push(now - before);
    before = now;
    return { raw: unit.raw, parsed };
  });
  return { outcomes, recordMs: before - begun, unitMs };
}

function parsedOf({ raw, rejection }: UnpackedRecord, parse: (raw: RawEvent) => Parsed): Parsed {
  return rejection === undefined ? parse(raw) : { rejection };
}
