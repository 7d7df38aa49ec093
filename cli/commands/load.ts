import { usageError } from '../../core/errors.ts';
import { constantProfile, readProfile } from '../../load-test/profile/read.ts';
import type { Profile } from '../../load-test/profile/schema.ts';
import { loadPage } from '../../load-test/report/page.ts';
import { summaryOf } from '../../load-test/report/summary.ts';
import { atShares, findLimit, type LimitOptions } from '../../load-test/run/limit.ts';
import { type LoadOptions, runLoad } from '../../load-test/run/load.ts';
import { isValid, type LoadResult, type Moment } from '../../load-test/run/result.ts';
import { SHARD_LIMITS } from '../../load-test/send/shard-queue.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { type Command, DATA_FLAG, helpText, JSON_FLAG, PIPELINE_FLAG, STACK_FLAG } from '../command.ts';
import { type Flags, noPositionals, readFlags } from '../flags.ts';
import { limitJson, limitText, pointsOf, stepText } from '../load/limit-text.ts';
import { type OpenTarget, openTarget } from '../load/target.ts';
import { momentText, resultText } from '../load/text.ts';
import { writeErr, writeFileWhole, writeOut } from '../output.ts';
import { terminalLine } from '../progress.ts';
import { stopSignal } from '../stop.ts';

const FLAGS = {
  rate: { kind: 'whole', value: 'N', min: 1, max: 1_000_000, help: 'events a second, all the time' },
  duration: { kind: 'whole', value: 'S', min: 1, max: 604_800, help: 'seconds of it' },
  profile: { kind: 'text', value: 'FILE', help: 'a profile instead: a YAML file, or constant, ramp, spike, soak' },
  set: { kind: 'texts', value: 'PATH=VALUE', help: 'dials on top of the profile, such as events.skew=1.1' },
  data: DATA_FLAG,
  stack: STACK_FLAG,
  stream: { kind: 'text', value: 'NAME', help: 'a stream alone instead: nobody is asked what becomes of the events' },
  endpoint: { kind: 'text', value: 'URL', help: 'Kinesis endpoint of that stream; default: AWS' },
  producers: { kind: 'whole', value: 'N', min: 1, max: 64, fallback: 1, help: 'producer threads' },
  aggregate: { kind: 'switch', help: 'pack events as the KPL does' },
  'shard-limits': {
    kind: 'choice',
    choices: ['auto', 'on', 'off'],
    fallback: 'auto',
    help: 'send each shard at most 1,000 records and 1 MB a second; auto: on AWS only',
  },
  report: { kind: 'text', value: 'FILE', help: 'write a report with charts, one HTML file' },
  'find-limit': { kind: 'switch', help: 'find the highest rate that is sustained, from --rate on, by loads of --duration each' },
  'max-p99-ms': { kind: 'whole', value: 'MS', min: 1, max: 3_600_000, fallback: 1_000, help: 'put → decision that counts as sustained' },
  'max-rate': { kind: 'whole', value: 'N', min: 1, max: 1_000_000, fallback: 100_000, help: 'where the search ends' },
  seed: { kind: 'whole', value: 'N', min: 0, max: 1_000_000_000, fallback: 1, help: 'of all chance in the load' },
  'give-up-seconds': {
    kind: 'whole',
    value: 'N',
    min: 1,
    max: 86_400,
    fallback: 30,
    help: 'a shard that takes nothing for so long ends the load',
  },
  'settle-seconds': { kind: 'whole', value: 'N', min: 1, max: 86_400, fallback: 120, help: 'longest wait for the rows of the last event' },
  shards: { kind: 'whole', value: 'N', min: 1, max: 64, fallback: 2, help: 'of a pipeline started here with a new stream' },
  'flush-seconds': {
    kind: 'whole',
    value: 'N',
    min: 1,
    max: 3_600,
    fallback: 15,
    help: 'time between two landings of a pipeline started here',
  },
  pipeline: PIPELINE_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

const SUMMARY = 'Sends an open-model load, measures it end to end, and accounts for every event.';
/** The generator writes events of this pipeline. */
const LOAD_PIPELINE = 'payments';

/** `headrace load`: a load test. */
export const command: Command = {
  name: 'load',
  summary: SUMMARY,
  help: helpText({
    usage: 'load --rate N --duration S [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    notes: [
      'Over a data folder that headrace up has, the running pipeline is loaded; over any other, one is started for the time of the load.',
      'Ctrl-C ends the load early, with an account of what was sent. Exit code 1: the run is not valid, and the text says why.',
    ],
    examples: [
      ['load --rate 500 --duration 30 --data L', 'a steady load'],
      ['load --profile spike --data L --set events.skew=1.1 events.late.share=0.05', 'a shipped profile with other dials'],
      ['load --rate 500 --duration 20 --data L --find-limit --report limit.html', 'the highest rate that is sustained'],
      ['load --rate 2000 --duration 60 --stack headrace-dev --producers 2 --aggregate', 'a deployed stack'],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    noPositionals(positionals, FLAGS);
    const profile = await profileOf(flags);
    const loaded = await loadPipeline(flags.pipeline);
    const { name } = loaded.pipeline;
    if (name !== LOAD_PIPELINE)
      throw usageError('--pipeline', `pipeline ${name}`, `pipeline ${LOAD_PIPELINE}, whose events the load is made of`);
    const signal = stopSignal();
    const open = await openTarget(flags, loaded);
    try {
      const options: Setup = { flags, signal, base: optionsOf(flags, open) };
      return flags['find-limit'] ? await search(options) : await single(options, profile);
    } finally {
      await open.close();
    }
  },
};

type LoadFlags = ReturnType<typeof readFlags<typeof FLAGS>>['flags'];

async function profileOf({ rate, duration, profile, set }: LoadFlags): Promise<Profile> {
  if (profile !== undefined) {
    if (rate !== undefined || duration !== undefined)
      throw usageError('--profile', profile, 'no --rate and no --duration beside it: the profile has both');
    return readProfile(profile, set);
  }
  if (rate === undefined) throw usageError('--rate', 'nothing', 'events a second, or --profile FILE');
  if (duration === undefined) throw usageError('--duration', 'nothing', 'seconds, beside --rate');
  return constantProfile(rate, duration, set);
}

function optionsOf(flags: LoadFlags, { target, hasLimits }: OpenTarget): Omit<LoadOptions, 'profile' | 'signal' | 'run'> {
  const limits = flags['shard-limits'];
  return {
    ...{ target, seed: flags.seed, producers: flags.producers, aggregate: flags.aggregate, clock: Date.now },
    limits: limits === 'on' || (limits === 'auto' && hasLimits) ? SHARD_LIMITS : undefined,
    giveUpMs: flags['give-up-seconds'] * 1000,
    settleMs: flags['settle-seconds'] * 1000,
  };
}

interface Setup {
  readonly flags: LoadFlags;
  readonly signal: AbortSignal;
  readonly base: ReturnType<typeof optionsOf>;
}

async function single(setup: Setup, profile: Profile): Promise<number> {
  const { json, report } = setup.flags;
  const result = await loadOnce(setup, profile);
  if (report !== undefined) await writeFileWhole(report, textParts(loadPage(result)), { flag: '--report' });
  writeOut(json ? `${JSON.stringify(summaryOf(result))}\n` : resultText(result));
  return isValid(result) ? 0 : 1;
}

async function loadOnce({ base, signal }: Setup, profile: Profile): Promise<LoadResult> {
  const line = terminalLine<Moment>(process.stderr, Date.now, momentText);
  const result = await runLoad({ ...base, run: runName(), profile, signal, onMoment: (moment) => line.show(moment) });
  line.end();
  return result;
}

/** Shares of the limit at which latency is shown, percent: what lies between an idle target and one at its end. */
const SHARES = [25, 50, 75, 90];

async function search(setup: Setup): Promise<number> {
  const { flags, signal } = setup;
  const { rate, duration } = flags;
  if (rate === undefined || duration === undefined)
    throw usageError('--find-limit', '--profile', '--rate to begin with and --duration of each load');
  const options: LimitOptions = {
    ...{ rate, durationS: duration, settings: flags.set, p99MaxMs: flags['max-p99-ms'], rateMax: flags['max-rate'], signal },
    load: (profile) => loadOnce(setup, profile),
    onStep: (step) => writeErr(stepText(step)),
  };
  const limit = await findLimit(options);
  const shares = await atShares(options, limit, SHARES);
  const last = shares.at(-1) ?? limit.steps.at(-1);
  if (flags.report !== undefined && last !== undefined)
    await writeFileWhole(flags.report, textParts(loadPage(last.result, pointsOf(limit, shares))), { flag: '--report' });
  writeOut(flags.json ? `${JSON.stringify(limitJson(limit, shares))}\n` : limitText(limit, shares));
  return limit.rate > 0 && !signal.aborted ? 0 : 1;
}

function runName(): string {
  return `l${Date.now().toString(36)}`;
}

async function* textParts(text: string): AsyncGenerator<string> {
  yield text;
}
