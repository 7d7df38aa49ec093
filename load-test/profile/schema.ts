import { z } from 'zod';
import type { Allowed } from '../../core/rules/form.ts';

const share = z.number().min(0).max(1);
const seconds = z.number().min(0).max(31_536_000);
const rate = z.number().min(0).max(1_000_000);
const count = z.number().int().min(1).max(10_000_000);
/** Episodes of compromise: how often some begin, how many, and how long each lasts. */
const episodes = z.strictObject({ every_s: seconds.positive(), count, for_s: seconds.positive() });

const phase = z.strictObject({
  start_s: seconds,
  end_s: seconds,
  /** Events a second: one number, or a straight line between two. */
  rate: z.union([rate, z.strictObject({ from: rate, to: rate })]),
});

const events = z.strictObject({
  customers: count.default(5_000),
  terminals: count.default(1_000),
  /** Exponent of Zipf's law over customers; 0 makes all alike. */
  skew: z.number().min(0).max(3).default(0),
  out_of_order: z.strictObject({ share: share.default(0.05), up_to_s: seconds.default(30) }).prefault({}),
  late: z.strictObject({ share: share.default(0.002), by_s: seconds.default(900) }).prefault({}),
  duplicates: share.default(0.01),
  poison: share.default(0.005),
  missing: share.default(0.1),
  labels: z.strictObject({ share: share.default(0.05), delay_s: seconds.default(120) }).prefault({}),
  frauds: z
    .strictObject({ large_amounts: share.default(0.001), terminals: episodes.optional(), customers: episodes.optional() })
    .prefault({}),
});

/** Form of a profile file: when events arrive, and what they are. */
export const PROFILE_SCHEMA = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  description: z.string().max(400).optional(),
  /** Independent arrivals, or one every so often. */
  arrivals: z.enum(['poisson', 'even']).default('poisson'),
  phases: z.array(phase).min(1).max(1_000).optional(),
  /** Arrivals as in a file of events, so many times as fast. */
  replay: z.strictObject({ input: z.string().min(1), speed: z.number().positive().max(1_000_000) }).optional(),
  /** Times in which the rate is that many times as high. */
  bursts: z.strictObject({ every_s: seconds.positive(), for_s: seconds.positive(), factor: z.number().min(0).max(1_000) }).optional(),
  events: events.prefault({}),
});

/** A checked profile, as its file has it. */
export type Profile = z.infer<typeof PROFILE_SCHEMA>;

/** What the events of a profile are. */
export type EventDials = Profile['events'];

const SHARE = 'a share in 0..1';
const SECONDS = 'seconds in 0..31536000';
const RATE = 'events a second in 0..1000000, as one number or as from and to';
const EPISODES = 'a mapping with every_s and for_s (seconds above 0) and count (a whole number, at least 1)';
const COUNT = 'a whole number in 1..10000000';

/** What each key of a profile takes, in the words of an error line. */
export const PROFILE_ALLOWED: Allowed = {
  '': 'a mapping with name, phases or replay, and maybe description, arrivals, bursts, events',
  name: 'letters a to z, digits and dashes, at most 40',
  description: 'text of at most 400 characters',
  arrivals: 'poisson, even',
  phases: 'a list of phases, each with start_s, end_s and rate',
  'phases.start_s': SECONDS,
  'phases.end_s': SECONDS,
  'phases.rate': RATE,
  replay: 'a mapping with input and speed',
  'replay.input': 'a file of events, one JSON object a line',
  'replay.speed': 'a number above 0, at most 1000000',
  bursts: 'a mapping with every_s and for_s (seconds above 0) and factor',
  'bursts.every_s': 'seconds above 0',
  'bursts.for_s': 'seconds above 0',
  'bursts.factor': 'a number in 0..1000',
  events: `a mapping with any of ${Object.keys(events.shape).join(', ')}`,
  'events.customers': COUNT,
  'events.terminals': COUNT,
  'events.skew': 'an exponent in 0..3',
  'events.out_of_order': 'a mapping with share and up_to_s',
  'events.out_of_order.share': SHARE,
  'events.out_of_order.up_to_s': SECONDS,
  'events.late': 'a mapping with share and by_s',
  'events.late.share': SHARE,
  'events.late.by_s': SECONDS,
  'events.duplicates': SHARE,
  'events.poison': SHARE,
  'events.missing': SHARE,
  'events.labels': 'a mapping with share and delay_s',
  'events.labels.share': SHARE,
  'events.labels.delay_s': SECONDS,
  'events.frauds': 'a mapping with any of large_amounts, terminals, customers',
  'events.frauds.large_amounts': SHARE,
  ...Object.fromEntries(
    ['terminals', 'customers'].flatMap((kind) =>
      ['', '.every_s', '.count', '.for_s'].map((key) => [`events.frauds.${kind}${key}`, EPISODES] as const),
    ),
  ),
};
