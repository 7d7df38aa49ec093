import { createParser } from '../core/events/parser.ts';
import type { Parsed } from '../core/model.ts';
import { TemplateGenerator } from '../load-test/generate/generator.ts';
import { KINDS } from '../load-test/generate/kinds.ts';
import { generateEvents } from '../load-test/generator.ts';
import { rateSegments } from '../load-test/profile/rate.ts';
import { constantProfile } from '../load-test/profile/read.ts';
import { pipeline } from '../pipelines/payments/pipeline.ts';

/** CPU µs of an event, ours and of the straightforward way. */
export interface GeneratorFigures {
  readonly peer: number;
  readonly ours: number;
}

const START_MS = Date.UTC(2026, 0, 5, 10);
const RATE = 2_000;
const SEED = 7;
/** The town of the plain generator's defaults; all other dials have the same defaults in both. */
const TOWN = { customers: 500, terminals: 100 };
const FRAUD_SHARE = 0.005;
/** Events compared before anything is measured. */
const COMPARED = 40_000;

type Made = { readonly kind: string; readonly bytes: Uint8Array };

/** Measures both generators, from nothing to the bytes of an event, in one process; `events` for each. They must make the same kind of load first. */
export function generatorFigures(events = 300_000): GeneratorFigures {
  compare(statistics(take(plain(), COMPARED)), statistics(take(templates(), COMPARED)));
  const next = plain();
  const generator = templateGenerator();
  const peer = cpuOf(() => next().bytes.length, events);
  const ours = cpuOf(() => {
    generator.next();
    return generator.end - generator.start;
  }, events);
  return { peer, ours };
}

/** Objects drawn, made into JSON and into bytes. */
function plain(): () => Made {
  const made = generateEvents({ seed: SEED, startMs: START_MS, eventsPerSecond: RATE, fraudShare: FRAUD_SHARE, ...TOWN });
  return () => {
    const { kind, json } = made.next().value;
    return { kind, bytes: Buffer.from(json) };
  };
}

function templateGenerator(): TemplateGenerator {
  const settings = [
    ...Object.entries(TOWN).map(([dial, value]) => `events.${dial}=${value}`),
    `events.frauds.large_amounts=${FRAUD_SHARE}`,
  ];
  const profile = constantProfile(RATE, 86_400, settings);
  return new TemplateGenerator({
    ...{ dials: profile.events, arrivals: profile.arrivals, segments: rateSegments(profile), seed: SEED },
    ...{ run: 'bench0', startMs: START_MS, producer: 0, producers: 1 },
  });
}

function templates(): () => Made {
  const generator = templateGenerator();
  return () => {
    generator.next();
    const { kind, chunk, start, end } = generator;
    return { kind: KINDS[kind] ?? '', bytes: chunk.bytes.subarray(start, end) };
  };
}

function take(next: () => Made, count: number): Made[] {
  return Array.from({ length: count }, next);
}

function cpuOf(next: () => number, events: number): number {
  let bytes = 0;
  // As many before anything is measured: a load runs compiled for hours, and is interpreted for its first moments.
  for (let i = 0; i < events; i++) bytes += next();
  const before = process.cpuUsage();
  for (let i = 0; i < events; i++) bytes += next();
  const { user, system } = process.cpuUsage(before);
  if (bytes === 0) throw new Error('nothing was generated');
  return (user + system) / events;
}

/** What two loads of one kind have in common; shares and means, with the greatest difference allowed. */
type Statistics = Readonly<Record<string, { readonly value: number; readonly within: number }>>;

/** Judges events as the pipeline would, and sums them up; throws if the pipeline comes to another verdict than the generator. */
function statistics(events: readonly Made[]): Statistics {
  const parse = createParser(pipeline);
  const parsed = events.map(({ bytes }) =>
    parse({ position: '', sequence: '1', subSequence: 0, arrivalMs: START_MS, partitionKey: 'k', bytes }),
  );
  const isBad = (one: Parsed): boolean => 'rejection' in one && one.rejection !== undefined;
  const wrong = events.findIndex(({ kind }, i) => (kind === 'malformed') !== isBad(parsed[i] as Parsed));
  if (wrong >= 0) throw new Error(`event ${wrong} is ${events[wrong]?.kind}, but the parser says ${JSON.stringify(parsed[wrong])}`);
  const payments = parsed.flatMap((one) => ('event' in one && one.event?.type === 'transaction' ? [one.event.values] : []));
  const share = (count: number): number => count / events.length;
  const euro = payments.filter(({ currency }) => currency === 'EUR').map(({ amount }) => Math.log(Number(amount)));
  const mean = euro.reduce((sum, value) => sum + value, 0) / euro.length;
  return {
    ...Object.fromEntries(KINDS.map((kind) => [kind, { value: share(events.filter((one) => one.kind === kind).length), within: 0.02 }])),
    customers: { value: new Set(payments.map(({ customer_id }) => customer_id)).size, within: 0 },
    'without country': { value: share(payments.filter(({ country }) => country === undefined).length), within: 0.01 },
    'without channel': { value: share(payments.filter(({ channel }) => channel === undefined).length), within: 0.01 },
    euro: { value: euro.length / payments.length, within: 0.08 },
    'mean logarithm of amounts': { value: mean, within: 0.15 },
    'deviation of it': { value: Math.sqrt(euro.reduce((sum, value) => sum + (value - mean) ** 2, 0) / euro.length), within: 0.1 },
  };
}

function compare(peer: Statistics, ours: Statistics): void {
  for (const [name, { value, within }] of Object.entries(peer)) {
    const other = ours[name]?.value ?? Number.NaN;
    if (!(Math.abs(value - other) <= within)) throw new Error(`the two generators differ in ${name}: ${value} and ${other}`);
  }
}

if (import.meta.main) {
  const runs = Array.from({ length: 5 }, () => generatorFigures()).sort((a, b) => a.peer / a.ours - b.peer / b.ours);
  for (const { peer, ours } of runs)
    process.stdout.write(`${peer.toFixed(2)} µs ${ours.toFixed(2)} µs ${(peer / ours).toFixed(1)} times\n`);
}
