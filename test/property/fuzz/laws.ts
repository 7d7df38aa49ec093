import { refuseCardNumbers } from '../../../core/cards/guard.ts';
import { KPL_RECORDS_MAX } from '../../../core/decode/kpl.ts';
import { positionOf } from '../../../core/decode/position.ts';
import type { FieldSpec } from '../../../core/definition/fields.ts';
import { CODES } from '../../../core/events/codes.ts';
import { currencyExponent } from '../../../core/events/currency.ts';
import { createParser } from '../../../core/events/parser.ts';
import { TIME_END_MS, TIME_MIN_MS } from '../../../core/events/timestamp.ts';
import type { Event, Rejection } from '../../../core/model.ts';
import { type FuzzInput, PIPELINES, type PipelineName } from './pipelines.ts';
import { isPolluted } from './prototypes.ts';
import { aggregateFault, isOfUnpacking, jsonFault } from './references.ts';
import { ARRIVAL_MS, type Outcome, type Processed, processInput } from './target.ts';

/** 80 characters of the value received, six each when escaped, and some 300 of our own words around them. */
export const MESSAGE_LENGTH_MAX = 800;
const PATH_LENGTH_MAX = 80;
/** A partition key has at most 256 characters of at most four bytes. */
const KEY_BYTES_MAX = 1_024;

/** A law that an input broke, and how. */
export interface Violation {
  readonly law: string;
  readonly what: string;
}

function rejectionFault({ code, path, message }: Rejection): string | undefined {
  if (!Object.hasOwn(CODES, code)) return `code ${code} is not one of CODES`;
  if (message.length > MESSAGE_LENGTH_MAX) return `message of ${message.length} characters`;
  if (path.length > PATH_LENGTH_MAX) return `path of ${path.length} characters`;
  if (!message.isWellFormed() || !path.isWellFormed()) return 'message or path with half of a surrogate pair';
  return /: got .*; allowed: ./s.test(message) ? undefined : `message without its three parts: ${message}`;
}

function isRight(spec: FieldSpec, value: unknown): boolean {
  switch (spec.kind) {
    case 'string': {
      const isText = typeof value === 'string' && value.length > 0 && value.length <= spec.maxLength;
      return isText && value.isWellFormed() && !value.includes('\0');
    }
    case 'time':
      return Number.isSafeInteger(value) && (value as number) >= TIME_MIN_MS && (value as number) < TIME_END_MS;
    case 'currency':
      return typeof value === 'string' && currencyExponent(value) !== undefined;
    case 'boolean':
      return typeof value === 'boolean';
    default:
      return Number.isSafeInteger(value) && !Object.is(value, -0);
  }
}

function eventFault(event: Event, name: PipelineName): string | undefined {
  const pipeline = PIPELINES[name];
  const type = Object.entries(pipeline.eventTypes).find(([one]) => one === event.type)?.[1];
  if (type === undefined) return `event type ${event.type} is not declared`;
  if (Object.getPrototypeOf(event.values) !== Object.prototype) return 'values have another prototype';
  const stray = Reflect.ownKeys(event.values).find((key) => !Object.hasOwn(type.fields, key));
  if (stray !== undefined) return `field ${String(stray)} is not declared`;
  for (const [field, spec] of Object.entries(type.fields)) {
    const value = event.values[field];
    if (value === undefined ? !spec.optional : !isRight(spec, value)) return `${field} is ${JSON.stringify(value)}`;
  }
  if (event.timeMs > ARRIVAL_MS + pipeline.time.futureMs) return `time ${event.timeMs} is too far ahead`;
  const { event_id: id, event_time: time, [type.key]: key } = event.values;
  return event.id === id && event.timeMs === time && event.key === key ? undefined : 'id, time or key is not that of the values';
}

function outcomeFault({ parsed }: Outcome, name: PipelineName): string | undefined {
  return 'event' in parsed ? eventFault(parsed.event, name) : rejectionFault(parsed.rejection);
}

function positionFault({ outcomes }: Processed): string | undefined {
  const wrong = outcomes.findIndex(({ raw }, i) => raw.subSequence !== i || raw.position !== positionOf(raw.sequence, i));
  return wrong < 0 ? undefined : `user record ${wrong} has another position`;
}

function sizeFault({ outcomes }: Processed, { data }: FuzzInput): string | undefined {
  if (outcomes.length > KPL_RECORDS_MAX) return `${outcomes.length} user records`;
  const bytes = outcomes.reduce((sum, { raw }) => sum + raw.bytes.length, 0);
  if (bytes > data.length) return `${bytes} bytes of user records in ${data.length}`;
  const longest = outcomes.reduce((most, { raw }) => Math.max(most, raw.partitionKey.length), 0);
  return longest > KEY_BYTES_MAX ? `partition key of ${longest} characters on each of ${outcomes.length} user records` : undefined;
}

/** What is kept of a record with a card number is masked for good, and others have none. */
function cardFault({ raw, parsed }: Outcome): string | undefined {
  const again = refuseCardNumbers(raw);
  const isRefused = 'rejection' in parsed && parsed.rejection.code === 'CARD_NUMBER';
  if (isRefused !== (again !== undefined)) return isRefused ? 'what was masked is let through' : 'a card number is let through';
  if (again === undefined) return undefined;
  const isSame = again.raw.partitionKey === raw.partitionKey && Buffer.from(again.raw.bytes).equals(raw.bytes);
  return isSame ? undefined : 'what was masked is masked to something else';
}

type Check = (processed: Processed, input: FuzzInput) => string | undefined;

const each =
  (check: (outcome: Outcome, pipeline: PipelineName) => string | undefined): Check =>
  ({ outcomes }, { pipeline }) => {
    for (const outcome of outcomes) {
      const fault = check(outcome, pipeline);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

/** What holds for every input, by name. */
const LAWS: Readonly<Record<string, Check>> = {
  'nothing vanishes': ({ outcomes }) => (outcomes.length > 0 ? undefined : 'no unit'),
  'positions are in order': positionFault,
  'sizes are bounded': sizeFault,
  'outcomes are well-formed': each(outcomeFault),
  'JSON is what JSON.parse reads': each(jsonFault),
  "aggregates are what Amazon's library reads": aggregateFault,
  'card numbers are masked for good': each(cardFault),
  'no prototype changes': () => (isPolluted() ? 'a property on every object' : undefined),
};

/** Takes an input its way; the first law it breaks, if any. */
export function tryInput(input: FuzzInput): { readonly processed?: Processed; readonly violation?: Violation } {
  let processed: Processed;
  try {
    processed = processInput(input);
  } catch (error) {
    return { violation: { law: 'nothing throws', what: String(error).slice(0, 200) } };
  }
  for (const law in LAWS) {
    const what = LAWS[law]?.(processed, input);
    if (what !== undefined) return { processed, violation: { law, what } };
  }
  return { processed };
}

/** Whether readers that saw nothing before make the same of the user records: no trace of earlier input is left in ours. */
export function memoryFault({ outcomes }: Processed, { pipeline }: FuzzInput): Violation | undefined {
  const parse = createParser(PIPELINES[pipeline]);
  for (const { raw, parsed } of outcomes) {
    if ('rejection' in parsed && isOfUnpacking(parsed.rejection)) continue;
    const fresh = JSON.stringify(parse(raw));
    if (fresh !== JSON.stringify(parsed)) return { law: 'readers keep nothing', what: `a new reader says ${fresh.slice(0, 200)}` };
  }
  return undefined;
}
