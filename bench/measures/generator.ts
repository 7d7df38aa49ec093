import { createParser } from '../../core/events/parser.ts';
import type { Parsed } from '../../core/model.ts';
import { TemplateGenerator } from '../../load-test/generate/generator.ts';
import { KINDS } from '../../load-test/generate/kinds.ts';
import { generateEvents } from '../../load-test/generator.ts';
import { rateSegments } from '../../load-test/profile/rate.ts';
import { constantProfile } from '../../load-test/profile/read.ts';
import { pipeline } from '../../pipelines/payments/pipeline.ts';
import { cpuOf, type Measure, type Variant } from '../harness/measure.ts';

const START_MS = Date.UTC(2026, 0, 5, 10);
const RATE = 2_000;
const SEED = 7;
/** The town of the plain generator's defaults; all other dials have the same defaults in both. */
const TOWN = { customers: 500, terminals: 100 };
const FRAUD_SHARE = 0.005;
/** Events compared before anything is measured. */
const COMPARED = 40_000;

type Made = { readonly kind: string; readonly bytes: Uint8Array };

/** Throws unless both generators make the same kind of load: shares and means of what they make. */
export function compareGenerators(): void {
  compare(statistics(take(plain(), COMPARED)), statistics(take(templates(), COMPARED)));
}

/** Makes events from nothing to their bytes; `size` is the bytes of the next one. */
function way(sized: () => () => number): Variant {
  return {
    run: async ({ events, warmUp }) => {
      compareGenerators();
      const next = sized();
      let bytes = 0;
      for (let i = 0; i < warmUp; i += 1) bytes += next();
      const { cpuUs } = await cpuOf(() => {
        for (let i = 0; i < events; i += 1) bytes += next();
      });
      if (bytes === 0) throw new Error('nothing was generated');
      return { events, cpuUs, result: { exact: { compared: COMPARED } } };
    },
  };
}

/** Events of a load test, from nothing to their bytes, beside objects that are drawn and made into JSON. */
export const generator: Measure = {
  name: 'generator',
  title: 'Load generator: events of a town, from nothing to their bytes',
  sizes: {
    // As many before anything is measured: a load runs compiled for hours, and is interpreted for its first moments. Not guarded: in two runs it was 4.3 and 8.2.
    quick: { events: 100_000, warmUp: 100_000, reps: 3 },
    full: { events: 300_000, warmUp: 300_000, reps: 7 },
  },
  variants: {
    product: way(() => {
      const templated = templateGenerator();
      return () => {
        templated.next();
        return templated.end - templated.start;
      };
    }),
    'drawn objects': way(() => {
      const next = plain();
      return () => next().bytes.length;
    }),
  },
  ratios: [{ name: 'generator_vs_plain', ours: 'product', theirs: 'drawn objects', target: 8 }],
};

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
