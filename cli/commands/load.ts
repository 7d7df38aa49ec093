import { usageError } from '../../core/errors.ts';
import { constantProfile, readProfile } from '../../load-test/profile/read.ts';
import type { Profile } from '../../load-test/profile/schema.ts';
import { summaryOf } from '../../load-test/report/summary.ts';
import { type LoadOptions, runLoad } from '../../load-test/run/load.ts';
import { isValid, type Moment } from '../../load-test/run/result.ts';
import { SHARD_LIMITS } from '../../load-test/send/shard-queue.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { type Command, DATA_FLAG, helpText, JSON_FLAG, PIPELINE_FLAG, STACK_FLAG } from '../command.ts';
import { type Flags, noPositionals, readFlags } from '../flags.ts';
import { type OpenTarget, openTarget } from '../load/target.ts';
import { momentText, resultText } from '../load/text.ts';
import { writeOut } from '../output.ts';
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
      return await load({ ...optionsOf(flags, open), profile, signal }, flags);
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

function optionsOf(flags: LoadFlags, { target, hasLimits }: OpenTarget): Omit<LoadOptions, 'profile' | 'signal'> {
  const limits = flags['shard-limits'];
  return {
    ...{ target, seed: flags.seed, producers: flags.producers, aggregate: flags.aggregate, clock: Date.now },
    run: `l${Date.now().toString(36)}`,
    limits: limits === 'on' || (limits === 'auto' && hasLimits) ? SHARD_LIMITS : undefined,
    giveUpMs: flags['give-up-seconds'] * 1000,
    settleMs: flags['settle-seconds'] * 1000,
  };
}

async function load(options: LoadOptions, { json }: LoadFlags): Promise<number> {
  const line = terminalLine<Moment>(process.stderr, Date.now, momentText);
  const result = await runLoad({ ...options, onMoment: (moment) => line.show(moment) });
  line.end();
  writeOut(json ? `${JSON.stringify(summaryOf(result))}\n` : resultText(result));
  return isValid(result) ? 0 : 1;
}
